"""examples/study_from_table.py on drawn cells and weights that fit, and on ones that do not."""

import csv
import runpy
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prevalens.cohorts import make_cells
from prevalens.models import LogitAdjustedLoss
from prevalens.predictions import Predictions

pytestmark = pytest.mark.keras


@pytest.fixture
def study(tmp_path: Path) -> list[str]:
    """Arguments for 48 drawn cells of 16 patients, listed in a CSV, with random weights."""
    cohort = make_cells(
        tmp_path / "cells",
        n_patients=16,
        n_positive=8,
        images_per_patient=3,
        image_size=32,
        effect=3.0,
    )
    with (tmp_path / "cells" / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label", "patient"])
        writer.writerows(zip(cohort.images, cohort.label_names, cohort.patients, strict=True))
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(224, 224, 3)
    )
    short = keras.Model(network.input, network.get_layer("conv_pw_1_relu").output)
    rng = np.random.default_rng(3)  # the same features on every backend
    short.set_weights([np.abs(rng.normal(0, 0.3, w.shape)) for w in short.get_weights()])
    short.save_weights(tmp_path / "short.weights.h5")
    return [
        *("--table", str(tmp_path / "cells" / "table.csv"), "--positive", "all"),
        *("--weights", str(tmp_path / "short.weights.h5"), "--last-layer", "conv_pw_1_relu"),
        *("--folds", "2", "--partitions", "1", "--output", str(tmp_path / "run")),
    ]


SCRIPT = Path(__file__).parents[1] / "examples" / "study_from_table.py"


@pytest.fixture
def run() -> Callable[[list[str]], int]:
    """Return the script's `main`."""
    main: Callable[[list[str]], int] = runpy.run_path(str(SCRIPT))["main"]
    return main


def test_the_losses_are_those_of_keras_and_of_this_library() -> None:
    """The focal loss at 2 is Keras'; at 0 and shifted it is `LogitAdjustedLoss`."""
    focal = runpy.run_path(str(SCRIPT))["focal"]
    logits = np.linspace(-6, 6, 13)
    for label, sign in ((1, 1), (0, -1)):
        labels = np.full((13, 1), label, "float32")
        scores = (1 / (1 + np.exp(-logits)))[:, None]
        theirs = keras.losses.BinaryFocalCrossentropy(gamma=2.0, reduction=None)
        np.testing.assert_allclose(
            focal(sign * logits, 2.0)[0],
            keras.ops.convert_to_numpy(theirs(labels, scores)),
            rtol=1e-3,
            atol=1e-6,
        )
        ours = LogitAdjustedLoss(0.2, reduction=None)
        np.testing.assert_allclose(
            focal(sign * (logits + np.log(0.2 / 0.8)), 0.0)[0],
            keras.ops.convert_to_numpy(ours(labels, scores)),
            rtol=1e-3,
        )


@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_the_slope_of_the_loss_is_its_difference_quotient(focus: float) -> None:
    """Central differences of the loss, at a step of 1e-6."""
    focal = runpy.run_path(str(SCRIPT))["focal"]
    margins = np.linspace(-5, 5, 21)
    quotient = (focal(margins + 1e-6, focus)[0] - focal(margins - 1e-6, focus)[0]) / 2e-6
    np.testing.assert_allclose(focal(margins, focus)[1], quotient, atol=1e-8)


@pytest.mark.parametrize(("arm", "weight"), [("nothing", None), ("class weights", "balanced")])
def test_the_head_is_scikit_learns(arm: str, weight: str | None, tmp_path: Path) -> None:
    """With the plain loss the scores are those of LogisticRegression on the same features."""
    module = runpy.run_path(str(SCRIPT))
    cohort = make_cells(tmp_path, n_patients=8, n_positive=3, images_per_patient=4, image_size=32)
    features = np.random.default_rng(0).normal(size=(len(cohort), 60))
    study = module["Study"](cohort, features, 2)
    rows = np.arange(len(cohort))
    theirs = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, class_weight=weight, tol=1e-8, max_iter=5000)
    ).fit(features, cohort.labels)

    (head,) = module["fitted"](study, arm, rows, 0, [0.1])
    np.testing.assert_allclose(
        head.scores(features), theirs.predict_proba(features)[:, 1], atol=1e-3
    )


def test_every_arm_scores_every_image_once(
    study: list[str], run: Callable[[list[str]], int], tmp_path: Path
) -> None:
    """Five files of 48 held-out predictions each, with their patients."""
    assert run(study) == 0

    files = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert files == [
        "predictions_class_weights.csv",
        "predictions_focal_loss.csv",
        "predictions_logit-adjusted_loss.csv",
        "predictions_nothing.csv",
        "predictions_undersampling.csv",
    ]
    for name in files:
        made = Predictions.load(tmp_path / "run" / name)
        assert (len(made), made.n_patients) == (48, 16)
        assert made.classes == ("hem", "all")


def test_a_misnamed_positive_is_an_error_with_a_remedy(
    study: list[str], run: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The script ends with 1 and says which classes there are."""
    study[study.index("--positive") + 1] = "al"

    assert run(study) == 1
    assert "Did you mean 'all'?" in capsys.readouterr().err
