"""What is installed is said without importing it."""

import importlib.metadata

import pytest

import prevalens


def test_versions_come_from_the_metadata() -> None:
    """Installed packages have their version, absent ones None."""
    found = prevalens.versions()

    assert found["numpy"] == importlib.metadata.version("numpy")
    assert "cores" in str(found["system"])


def test_show_versions_prints_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """The public function prints a line for every entry, what is absent among them."""
    prevalens.show_versions()
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == len(prevalens.versions())
    assert lines[0].split()[0] == "python"
