"""examples/small_device.py keeps what costs nothing, and refuses what costs too much."""

import json
import runpy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from prevalens.cohorts import Cohort, make_cells
from prevalens.models import ClassifierCard, all_classifier, load_classifier, save_classifier
from prevalens.predictions import Predictions

pytestmark = pytest.mark.keras
SCRIPT = Path(__file__).parents[1] / "examples" / "small_device.py"


@pytest.fixture
def script() -> dict[str, Any]:
    """The script's names."""
    return runpy.run_path(str(SCRIPT))


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Drawn cells where a run of the reference study has them."""
    return make_cells(
        tmp_path / "cells", n_patients=12, n_positive=6, images_per_patient=4, image_size=32
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="LiteRT needs TensorFlow")
def test_three_files_are_written_and_judged(
    script: dict[str, Any], cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each precision answers nearly as Keras does, and int8 takes less than half of float32."""
    model = all_classifier(
        image_size=32, backbone=keras.layers.Conv2D(64, 3), preprocessing="tf", weights=None
    )
    final = model.layers[-1]
    final.kernel.assign(np.random.default_rng(1).normal(size=final.kernel.shape) * 0.01)
    card = ClassifierCard(classes=("hem", "all"), threshold=0.5, train_prevalence=0.5)
    save_classifier(model, tmp_path / "model.keras", card)
    classifier = load_classifier(tmp_path / "model.keras")
    rows = np.arange(len(cohort))
    scores = classifier([cohort.path(row) for row in rows]).scores
    Predictions.of(cohort, rows, scores).save(tmp_path / "predictions.csv")
    (tmp_path / "config.json").write_text(json.dumps({"settings": {"data": None}}), "utf-8")

    assert script["main"]([str(tmp_path), "--margin", "0.9"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in table[2:]] == ["| float32", "| float16", "| int8"]
    assert all(float(row.split(" | ")[3]) < 0.02 for row in table[2:])
    sizes = [
        (tmp_path / "small" / f"model-{precision}.tflite").stat().st_size
        for precision in script["PRECISIONS"]
    ]
    assert sizes[2] < sizes[1] < sizes[0]
    assert sizes[2] < sizes[0] / 2


def test_a_loss_past_the_margin_is_refused(script: dict[str, Any]) -> None:
    """Scores moved by 1e-4 lose nothing; one cell in twenty of each patient lost is 0.05."""
    random = np.random.default_rng(0)
    patients = np.repeat(np.arange(30), 20)
    ill = patients < 20
    scores = np.clip(random.normal(np.where(ill, 0.65, 0.35), 0.2), 0.01, 0.99)
    scores[::20] = np.where(ill, 0.8, scores)[::20]
    saved = Predictions(labels=ill.astype(int), scores=scores, patients=patients.astype(str))
    lost = scores.copy()
    lost[::20] = np.where(ill, 0.4, lost)[::20]

    moved = np.clip(scores + random.normal(0, 1e-4, 600), 0, 1)
    assert script["judge"](saved, moved, threshold=0.5, margin=0.02)[0]
    assert script["judge"](saved, saved.scores, threshold=0.5, margin=0.02)[0]
    kept, told = script["judge"](saved, lost, threshold=0.5, margin=0.02)
    assert not kept
    assert told.startswith("sensitivity -0.050")


def test_a_folder_that_is_no_run_is_a_sentence(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback."""
    assert script["main"]([str(tmp_path / "none")]) == 2
    assert "config.json" in capsys.readouterr().err
