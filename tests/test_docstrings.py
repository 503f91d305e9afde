"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest
from test_architecture import FILES, SOURCE, WITH_KERAS, address
from test_public_api import stage_parameters

# Examples that need an optional package.
NEEDS = {
    "images/dicom_file.py": "pydicom",
    "images/readers/dicom.py": "pydicom",
    "reports/plots.py": "matplotlib",
}

WITHOUT = {
    "models.export_classifier": "it needs a converter for the active backend",
    "studies.run_study": "it trains for minutes; the how-to 'run a whole study' shows it",
    "studies.validate_study": "it needs a study that was run; the same how-to shows it",
    "studies.Study": "it is what `run_study` returns",
}


def modules() -> list[object]:
    """Return each file with an example, marked where it or its example needs Keras."""
    return [
        pytest.param(
            path,
            marks=pytest.mark.keras
            if address(path) in WITH_KERAS or ">>> import keras" in text
            else (),
            id=address(path),
        )
        for path in FILES
        if ">>>" in (text := path.read_text(encoding="utf-8"))
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


@pytest.mark.parametrize("stage", stage_parameters())
def test_every_public_class_and_function_shows_an_example(stage: str) -> None:
    """What is exported is shown being used, but for the few that say why not."""
    module = importlib.import_module(f"prevalens.{stage}")
    names = [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    bare = {
        f"{stage}.{name}"
        for name in names
        if ">>>" not in str(inspect.getdoc(getattr(module, name)))
    }

    assert bare == {name for name in WITHOUT if name.startswith(f"{stage}.")}
