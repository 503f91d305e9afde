"""examples/study_from_table.py on drawn cells and weights that fit, and on ones that do not."""

import csv
import runpy
from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from prevalens.cohorts import make_cells
from prevalens.predictions import Predictions

pytestmark = pytest.mark.keras


@pytest.fixture
def study(tmp_path: Path) -> list[str]:
    """Arguments for 48 drawn cells of 16 patients, listed in a CSV, with random weights."""
    cohort = make_cells(
        tmp_path / "cells", n_patients=16, n_positive=8, images_per_patient=3, image_size=32
    )
    with (tmp_path / "cells" / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "label", "patient"])
        writer.writerows(zip(cohort.images, cohort.label_names, cohort.patients, strict=True))
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(224, 224, 3)
    )
    short = keras.Model(network.input, network.get_layer("conv_pw_1_relu").output)
    short.save_weights(tmp_path / "short.weights.h5")
    return [
        *("--table", str(tmp_path / "cells" / "table.csv"), "--positive", "all"),
        *("--weights", str(tmp_path / "short.weights.h5"), "--last-layer", "conv_pw_1_relu"),
        *("--folds", "2", "--partitions", "1", "--output", str(tmp_path / "run")),
    ]


@pytest.fixture
def run() -> Callable[[list[str]], int]:
    """Return the script's `main`."""
    path = Path(__file__).parents[1] / "examples" / "study_from_table.py"
    main: Callable[[list[str]], int] = runpy.run_path(str(path))["main"]
    return main


def test_every_arm_scores_every_image_once(
    study: list[str], run: Callable[[list[str]], int], tmp_path: Path
) -> None:
    """Three files of 48 held-out predictions each, with their patients."""
    assert run(study) == 0

    files = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert files == [
        "predictions_class_weights.csv",
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
