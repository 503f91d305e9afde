"""What every test may ask for."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from PIL import Image

# Registers every operation, so that none is registered within a test, and lost with it.
import prevalens.augmentation.operations  # noqa: F401
from prevalens.augmentation.operation import OPERATIONS
from prevalens.cohorts import Cohort
from prevalens.metrics import class_measures, registry

# Timing decides no test: a busy machine is no fault.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
# `nox -s mutants` wants one failure and the same each time; the smallest would cost seconds.
settings.register_profile(
    "mutants", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Know the seed of the tests' order also where mutmut keeps pytest-randomly out."""
    if not pluginmanager.hasplugin("randomly"):
        parser.addoption("--randomly-seed", help="ignored: pytest-randomly is not loaded")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import files whose tests are all deselected.

    With `-m "not keras"` those of [K] files need a backend; with `-m keras`, alone or beside other
    marks, it saves time alone.
    """
    chosen = config.option.markexpr
    if not chosen.startswith(("keras", "not keras")) or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    if chosen.startswith("keras"):
        return True if "mark.keras" not in text else None
    return True if "pytestmark = pytest.mark.keras" in text else None


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine, and every name that is not its own."""
    here = {"127.0.0.1", "::1", "localhost", socket.gethostname(), "", "None"}

    def refuse(host: Any) -> None:
        if str(host) not in here:
            raise OSError(f"Tests use no network, but one asked for {host!r}.")

    def guarded(name: str) -> Callable[[socket.socket, Any], Any]:
        reach = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in {socket.AF_INET, socket.AF_INET6}:
                refuse(address[0])
            return reach(self, address)

        return connect

    look_up = socket.getaddrinfo

    def known(host: Any, *settings: Any, **more: Any) -> Any:
        refuse(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *settings, **more)

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(name))
    monkeypatch.setattr(socket, "getaddrinfo", known)


@pytest.fixture(autouse=True)
def _tables() -> Iterator[None]:
    """Leave the tables that users add to as they were: a page of the docs adds to them too."""
    tables: list[dict[str, Any]] = [OPERATIONS, registry._MEASURES, class_measures._BY_KEY]
    before = [dict(table) for table in tables]
    yield
    for table, rows in zip(tables, before, strict=True):
        table.clear()
        table.update(rows)


@pytest.fixture
def cohort() -> Cohort:
    """Twelve patients (four positive) with 2 to 7 images each; the files do not exist."""
    return columns_cohort(n_patients=12, n_positive=4)


@pytest.fixture
def image_cohort(tmp_path: Path) -> Cohort:
    """The rows of `cohort` with real 24x20 PNG files; positive images are brighter."""
    made = columns_cohort(n_patients=12, n_positive=4, root=tmp_path / "images")
    rng = np.random.default_rng(5)
    made.root.mkdir()
    for row, positive in enumerate(made.is_positive.tolist()):
        pixels = rng.integers(0, 160, (20, 24, 3)) + 80 * positive
        Image.fromarray(pixels.astype(np.uint8)).save(made.path(row))
    return made


def columns_cohort(*, n_patients: int, n_positive: int, root: Path = Path()) -> Cohort:
    """Make a cohort whose first patients are positive; patient k has 2 + k % 6 images."""
    sizes = [2 + k % 6 for k in range(n_patients)]
    patients = [f"p{k}" for k, size in enumerate(sizes) for _ in range(size)]
    labels = ["sick" if int(patient[1:]) < n_positive else "well" for patient in patients]
    return Cohort(
        images=[f"{patient}_{number}.png" for number, patient in enumerate(patients)],
        labels=labels,
        patients=patients,
        positive="sick",
        covariates={"site": [f"s{int(patient[1:]) % 3}" for patient in patients]},
        root=root,
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of predictions as a clinic might export it: marks, semicolons, decimal commas."""
    rng = np.random.default_rng(0)
    rows = ["y;p;id;site"]
    for row in range(120):
        label = int(row % 24 < 6)
        score = min(0.99, max(0.01, 0.3 + 0.4 * label + 0.2 * rng.normal()))
        rows.append(f"{label};{score:.4f};k{row // 4};{'ab'[row // 8 % 2]}".replace(".", ","))
    path = tmp_path / "clinic.csv"
    path.write_text("\n".join(rows), encoding="utf-8-sig")
    return path


@pytest.fixture
def cohort_table(tmp_path: Path) -> Path:
    """A table of images, without the images."""
    rows = ["file,diagnosis,person,site"]
    for row in range(200):
        kind = "sick" if row // 5 % 4 == 0 else "well"
        rows.append(f"{row}.png,{kind},k{row // 5},s{row // 50}")
    path = tmp_path / "images.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path
