"""The reference study runs as a user would run it, small."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from prevalens.cohorts import make_cells
from prevalens.predictions import Predictions

pytestmark = pytest.mark.keras

SCRIPT = Path(__file__).parents[1] / "examples" / "cnmc_all.py"
QUICK = ["--image-size", "32", "--epochs", "2", "--batch-size", "16"]
RUN = {
    "config.json",
    "history.csv",
    "model-card.md",
    "model.keras",
    "partition.json",
    "predictions.csv",
    "report.html",
    "report.json",
}


@pytest.fixture(scope="module")
def study() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("cnmc_all", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:.*ImageHoldout put images:prevalens.exceptions.LeakageWarning")
def test_both_protocols_run_and_print_the_optimism(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drawn cohort goes all the way to two reports; a finished run is not overwritten."""
    output = tmp_path / "run"
    drawn = ["--patients", "16", "--images-per-patient", "4", "--protocol", "both", *QUICK]

    assert study.main([*drawn, "--output", str(output)]) == 0
    told = capsys.readouterr().out
    assert "majority class: all; positive class: all" in told
    assert "0 of 16 patients stand in more than one part" in told
    for protocol in ("patient", "image"):
        assert {path.name for path in (output / protocol).iterdir()} >= RUN - {"config.json"}
        report = json.loads((output / protocol / "report.json").read_text(encoding="utf-8"))
        assert report["synthetic"]
    optimism = json.loads((output / "optimism.json").read_text(encoding="utf-8"))
    assert all(
        row["optimism"] == pytest.approx(row["image"] - row["patient"]) for row in optimism.values()
    )

    assert study.main([*drawn, "--output", str(output), "--resume"]) == 2
    assert "holds a finished run" in capsys.readouterr().err


def test_a_folder_of_images_is_read_as_real_data(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--data` reads C-NMC's names from disk, and every file of the run is there and readable."""
    make_cells(tmp_path / "cells", n_patients=20, images_per_patient=4, image_size=48, seed=3)
    output = tmp_path / "run"
    real = ["--data", str(tmp_path / "cells"), "--backbone", "small", "--weights", "none", *QUICK]

    assert study.main([*real, "--output", str(output)]) == 0
    assert {path.name for path in output.iterdir()} >= RUN
    said = Predictions.load(output / "predictions.csv", patient="patient")
    figures = json.loads((output / "report.json").read_text(encoding="utf-8"))["figures"]
    assert figures["auroc"]["n"] == len(said)
    capsys.readouterr()

    (output / "report.json").unlink()
    assert study.main([*real, "--output", str(output)]) == 2
    assert "Add --resume" in capsys.readouterr().err
    assert study.main([*real, "--output", str(output), "--resume", "--seed", "8"]) == 2
    assert "'seed': (7, 8)" in capsys.readouterr().err
