"""The reference study runs as a user would run it, small."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from prevalens.cohorts import make_cells
from prevalens.predictions import Predictions

# A network of two epochs may rank so poorly that a threshold for 95 % predicts all rows positive.
pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings(
        "ignore:The threshold .* of these rows positive:prevalens.exceptions.DataWarning"
    ),
]

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
    assert all(name in told for name in ("\nAUROC", "\nSensitivity", "report.html"))
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
    estimates = json.loads((output / "report.json").read_text(encoding="utf-8"))["estimates"]
    assert estimates["auroc"]["n"] == len(said)
    capsys.readouterr()

    (output / "report.json").unlink()
    assert study.main([*real, "--output", str(output)]) == 2
    assert "Add --resume" in capsys.readouterr().err
    assert study.main([*real, "--output", str(output), "--resume", "--seed", "8"]) == 2
    assert "'seed': (7, 8)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "gone"], "gone does not exist"),
        (["--patients", "1"], "`n_patients` must be a whole number >= 2"),
        (["--patients", "8", "--images-per-patient", "4", "--backbone", "MobilNet"], "'MobileNet'"),
    ],
)
def test_a_start_that_failed_binds_nobody(
    words: list[str],
    said: str,
    study: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The corrected command works in the same folder: nothing was trained in it yet."""
    output = tmp_path / "run"
    assert study.main([*words, "--output", str(output)]) == 2
    assert said in capsys.readouterr().err
    study.start(output, study.parse(QUICK)[0], resume=False)
    record = json.loads((output / "config.json").read_text(encoding="utf-8"))
    assert record["settings"]["epochs"] == 2


def test_an_output_that_is_a_file_is_a_sentence(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and the file stays."""
    (tmp_path / "run").write_text("notes", encoding="utf-8")
    assert study.main([*QUICK, "--output", str(tmp_path / "run")]) == 2
    assert str(tmp_path / "run") in capsys.readouterr().err
    assert (tmp_path / "run").read_text(encoding="utf-8") == "notes"


def test_ctrl_c_says_how_to_go_on(
    study: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that is stopped ends with code 130 and the option that resumes it."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "read_cohort", stopped)
    assert study.main([*QUICK, "--output", str(tmp_path / "run")]) == 130
    assert "--resume goes on" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--epochs", "--image-size", "--patience"])
def test_nought_is_refused_and_not_taken_for_the_default(
    option: str, study: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--epochs 0` is a mistake, not a wish for 30."""
    with pytest.raises(SystemExit):
        study.main([option, "0"])
    assert "must be a whole number >= 1, got 0" in capsys.readouterr().err


def test_settings_depend_on_whether_the_data_is_real(study: ModuleType) -> None:
    """What is given wins, 0 as a seed too; the rest follows the data."""
    drawn, real = (study.parse([*words, "--seed", "0"])[0] for words in ([], ["--data", "x"]))

    assert (drawn.backbone, drawn.weights, drawn.image_size) == ("small", None, 96)
    assert (real.backbone, real.weights, real.image_size) == ("EfficientNetB3", "imagenet", 300)
    assert (drawn.augmentation, real.augmentation) == ("blood_smear", "flip_rotate_shift")
    assert (drawn.rate, real.rate) == (2e-3, 1e-3)
    assert (drawn.seed, real.seed, drawn.data, real.data) == (0, 0, None, "x")
