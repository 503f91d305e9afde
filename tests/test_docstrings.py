"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
from pathlib import Path

import pytest
from test_architecture import FILES, SOURCE, WITH_KERAS, address

# Examples that need an optional package.
NEEDS = {
    "images/dicom_file.py": "pydicom",
    "images/readers/dicom.py": "pydicom",
    "reports/plots.py": "matplotlib",
}


def modules() -> list[object]:
    """Return each file with an example, marked where importing it needs Keras."""
    return [
        pytest.param(
            path, marks=pytest.mark.keras if address(path) in WITH_KERAS else (), id=address(path)
        )
        for path in FILES
        if ">>>" in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("path", modules())
def test_the_examples_of_a_file_print_what_they_say(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctest finds examples, and none fails."""
    if address(path) in NEEDS:
        pytest.importorskip(NEEDS[address(path)], reason="its extra is not installed")
    monkeypatch.chdir(tmp_path)
    name = ".".join(["prevalens", *path.relative_to(SOURCE).with_suffix("").parts])
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)

    assert result.attempted
    assert not result.failed
