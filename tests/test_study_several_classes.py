"""examples/study_several_classes.py on squares of three colours, and on a table that lacks."""

import csv
import runpy
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from prevalens.predictions import Predictions

pytestmark = pytest.mark.keras

SCRIPT = Path(__file__).parents[1] / "examples" / "study_several_classes.py"
COLOURS = {"nv": (90, 60, 40), "bkl": (70, 70, 70), "mel": (50, 40, 90)}


@pytest.fixture
def run() -> Callable[[list[str]], int]:
    """The script's main."""
    main: Callable[[list[str]], int] = runpy.run_path(str(SCRIPT))["main"]
    return main


@pytest.fixture
def study(tmp_path: Path) -> list[str]:
    """Arguments for 72 squares of 36 lesions, 36, 24 and 12 of a class; `how` tells melanoma."""
    rng = np.random.default_rng(5)
    rows = []
    for number, label in enumerate(["nv"] * 36 + ["bkl"] * 24 + ["mel"] * 12):
        pixels = rng.normal(COLOURS[label], 12, (16, 16, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        how = "histology" if label == "mel" or number % 5 == 0 else "follow-up"
        rows.append((f"{number}.png", f"lesion {number // 2}", label, how))
    with (tmp_path / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "lesion", "label", "how"])
        writer.writerows(rows)
    pixels = keras.Input((16, 16, 3))
    maps = keras.layers.Rescaling(1 / 255)(pixels)
    keras.Model(pixels, keras.layers.AveragePooling2D(4)(maps)).save(tmp_path / "network.keras")
    return [
        *("--table", str(tmp_path / "table.csv"), "--patient", "lesion", "--positive", "mel"),
        *("--covariates", "how", "--weights", str(tmp_path / "network.keras")),
        *("--output", str(tmp_path / "run"), "--folds", "3"),
    ]


def test_every_image_is_scored_by_a_head_that_never_saw_its_lesion(
    study: list[str],
    run: Callable[[list[str]], int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The shortcut is named; colours tell the classes; columns of scores are the right classes'."""
    code = run(study)
    said = capsys.readouterr().out
    held = Predictions.load(tmp_path / "run" / "predictions.csv")
    table = {line.split(" | ")[0].strip("| "): line for line in said.splitlines() if " | " in line}

    assert code == 0
    assert "covariate how: 0." in said
    assert "<- suspicious" in said
    assert held.class_counts.tolist() == [24, 36, 12]
    assert held.classes == ("bkl", "nv", "mel")
    assert (held.scores.argmax(axis=1) == held.labels).mean() > 0.8
    assert held.train_prevalence == pytest.approx((1 / 3, 1 / 2, 1 / 6))
    assert table["mel"].startswith("| mel | 12 | 6 | ")
    for answer in ("nothing", "class weights", "nothing, turned to equal classes"):
        assert float(table[answer].split(" | ")[1].split()[0]) > 0.7
    assert {"all classes corrected together", "it alone, as if of two classes"} < table.keys()


def test_a_column_that_is_not_there_ends_with_what_to_do(
    study: list[str], run: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1 and the nearest column."""
    study[study.index("lesion")] = "lesions"

    assert run(study) == 1
    assert "Did you mean 'lesion'?" in capsys.readouterr().err
