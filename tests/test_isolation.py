"""What the suite promises of itself: no network, no fixed order, no warning."""

import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_no_test_reaches_the_network(address: str) -> None:
    """Neither a connection nor a name that would have to be asked for; this machine is allowed."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outward:
        for reach in (outward.connect, outward.connect_ex):
            with pytest.raises(OSError, match="Tests use no network"):
                reach((address, 80))
    with pytest.raises(OSError, match=r"Tests use no network.*'example\.org'"):
        socket.getaddrinfo("example.org", 80)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_tests_come_in_any_order(request: pytest.FixtureRequest) -> None:
    """The plugin that shuffles them is there, unless it was switched off by hand."""
    plugins = request.config.pluginmanager
    assert plugins.has_plugin("randomly") or plugins.is_blocked("randomly")


def test_a_warning_is_an_error() -> None:
    """Whatever its category."""
    with pytest.raises(UserWarning, match="told"):
        warnings.warn("told", stacklevel=1)


def test_what_a_test_registers_is_all_that_is_taken_back() -> None:
    """Every operation is registered before the first test, or it would be lost after one."""
    code = (
        "import conftest\n"
        "before = set(conftest.OPERATIONS)\n"
        "import prevalens.augmentation.operations\n"
        "assert 'flip' in before and before == set(conftest.OPERATIONS), before\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True)
