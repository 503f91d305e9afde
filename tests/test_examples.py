"""The reference study runs as a user would run it, small."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.metrics import f1_score

from prevalens.cohorts import make_cells
from prevalens.predictions import Predictions

keras = pytest.importorskip("keras", exc_type=ImportError)

# A network of two epochs may rank so poorly that a threshold for 95 % predicts all rows positive.
pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings(
        "ignore:The threshold .* of these rows positive:prevalens.exceptions.DataWarning"
    ),
]

SCRIPT = Path(__file__).parents[1] / "examples" / "cnmc_all.py"
QUICK = ["--image-size", "32", "--epochs", "2", "--batch-size", "16", "--folds", "2"]
RUN = {
    "by-patient.json",
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
def test_both_protocols_run_and_the_leak_is_said_aloud(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drawn cohort goes all the way to two reports; a finished run is not overwritten."""
    output = tmp_path / "run"
    drawn = ["--patients", "20", "--images-per-patient", "4", "--protocol", "both", *QUICK]

    assert study.main([*drawn, "--output", str(output)]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("\nAUROC", "\nSensitivity", "report.html"))
    assert "majority class: all; positive class: all" in told
    assert "0 of 20 patients stand in more than one part" in told
    assert "each scored by a network" in (output / "patient" / "model-card.md").read_text("utf-8")
    assert "LEAK: " in told.split("as in the notebooks")[1]
    assert all(row[0] in told for row in study.PUBLISHED)
    for protocol in ("patient", "image"):
        assert {path.name for path in (output / protocol).iterdir()} >= RUN - {"config.json"} - (
            {"history.csv"} if protocol == "patient" else set()
        )
        assert not list((output / protocol).rglob("backup.npz"))
        report = json.loads((output / protocol / "report.json").read_text(encoding="utf-8"))
        assert report["synthetic"]
    assert report["settings"]["threshold"] == 0.5
    # 23 `hem` of 80 cells: nine tenths of them are 20, so 40 cells, of which 5 % are tested.
    rows = Predictions.load(output / "image" / "predictions.csv", patient="patient")
    assert rows.class_counts.tolist() == [1, 1]
    folds = Predictions.load(output / "patient" / "out-of-fold.csv", patient="patient")
    tested = Predictions.load(output / "patient" / "predictions.csv", patient="patient")
    assert len(folds) + len(tested) == 80
    assert not set(folds.patients.tolist()) & set(tested.patients.tolist())

    assert study.main([*drawn, "--output", str(output), "--resume"]) == 2
    assert "holds a finished run" in capsys.readouterr().err


def test_the_average_has_the_mean_log_odds(study: ModuleType) -> None:
    """Of networks that answer 0.5 and 0.9, log-odds 0 and log 9, the mean answers 3/4."""

    def constant(score: float) -> keras.Model:
        pixels = keras.Input((2, 2, 3))
        flat = keras.layers.Flatten()(pixels)
        bias = keras.initializers.Constant([0.0, float(np.log(score / (1 - score)))])
        answer = keras.layers.Dense(
            2, activation="softmax", kernel_initializer="zeros", bias_initializer=bias
        )(flat)
        return keras.Model(pixels, answer)

    both = study.average([constant(0.5), constant(0.9)], turns=True)
    assert both.predict(np.ones((1, 2, 2, 3)), verbose=0)[0] == pytest.approx([0.25, 0.75])


def test_patients_and_weighted_f1_are_counted_by_hand(study: ModuleType) -> None:
    """Patient a has one of two cells found, b both; c one of two false alarms."""
    said = Predictions(
        labels=[1, 1, 1, 1, 0, 0],
        scores=[0.9, 0.1, 0.8, 0.7, 0.6, 0.2],
        patients=["a", "a", "b", "b", "c", "c"],
    )
    assert study.by_patient(said, 0.5) == {
        "sensitivity": {"a": 0.5, "b": 1.0},
        "specificity": {"c": 0.5},
    }
    expected = f1_score(said.labels, said.scores >= 0.5, average="weighted")
    assert study.weighted_f1(said, 0.5) == pytest.approx(expected)


def test_a_folder_of_images_is_read_as_real_data(
    study: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--data` reads C-NMC's names from disk; the preliminary set is an external test."""
    for part, seed in (("fold_0", 3), ("prelim", 4)):
        make_cells(
            tmp_path / "data" / part, n_patients=20, images_per_patient=4, image_size=48, seed=seed
        )
    output = tmp_path / "run"
    real = ["--data", str(tmp_path / "data"), "--backbone", "small", "--weights", "none", *QUICK]

    assert study.main([*real, "--output", str(output)]) == 0
    assert {path.name for path in output.iterdir()} >= RUN - {"history.csv"}
    told = capsys.readouterr().out
    # The drawn patients of both seeds bear the same names, so they look like the same people.
    assert "training beside preliminary set" in told
    assert "in cohort and against" in told or "(cohort, against)" in told
    outside = Predictions.load(output / "preliminary" / "predictions.csv", patient="patient")
    assert len(outside) == 80
    said = Predictions.load(output / "predictions.csv", patient="patient")
    estimates = json.loads((output / "report.json").read_text(encoding="utf-8"))["estimates"]
    assert estimates["auroc"]["n"] == len(said)

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
        (
            [
                "--patients",
                "20",
                "--images-per-patient",
                "2",
                "--folds",
                "2",
                "--backbone",
                "MobilNet",
            ],
            "'MobileNet'",
        ),
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


def test_one_fold_is_refused(study: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """With one fold there would be no scores to choose the threshold on."""
    with pytest.raises(SystemExit):
        study.main(["--folds", "1"])
    assert "needs at least 2, got 1" in capsys.readouterr().err


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
