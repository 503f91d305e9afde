"""The dot plot of coverage shows the numbers of the table beside it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "picture_coverage.py"


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("picture_coverage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_drawing_in_the_documentation_is_that_of_the_table(picture: ModuleType) -> None:
    """Whoever changes the table draws it again: `python docs/picture_coverage.py`."""
    assert picture.OUTPUT.read_text(encoding="utf-8") == picture.drawing()


def test_every_cell_is_a_dot_at_its_place(picture: ModuleType) -> None:
    """As many dots as cells; 95 % lies seven twelfths along an axis from 88 to 100."""
    processes, table = picture.coverage()
    assert picture.drawing().count("<circle") == len(processes) * len(table) > 100
    assert picture.place(95) == pytest.approx(picture.LEFT + 410 * 7 / 12)
    assert picture.place(70) == picture.LEFT
