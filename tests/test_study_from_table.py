"""examples/study_from_table.py on images whose classes differ, with a small network."""

import re
import runpy
import sys
from pathlib import Path

import pytest
from studies.small_network import save_network

from prevalens._tables import write_columns
from prevalens.cohorts import Cohort
from prevalens.features import cross_fit_head, extract_features
from prevalens.metrics import auroc

pytestmark = pytest.mark.keras
SCRIPT = Path(__file__).parents[1] / "examples" / "study_from_table.py"


def pairs(cohort: Cohort) -> list[str]:
    """Return ids of two images at most, so that five folds can be made."""
    numbers = [int(Path(name).stem.rsplit("_", 1)[1]) // 2 for name in cohort.images.tolist()]
    return [f"{who}-{n}" for who, n in zip(cohort.patients.tolist(), numbers, strict=True)]


@pytest.fixture
def words(image_cohort: Cohort, tmp_path: Path) -> list[str]:
    """The words of its command line: a table beside the images, a class, a network."""
    columns = {
        "image": image_cohort.images.tolist(),
        "label": image_cohort.label_names.tolist(),
        "patient": pairs(image_cohort),
    }
    write_columns(image_cohort.root / "images.csv", columns)
    network = save_network(tmp_path / "net.keras")
    return [str(image_cohort.root / "images.csv"), "sick", str(network)]


def test_every_arm_is_estimated_on_images_that_it_never_saw(
    words: list[str],
    image_cohort: Cohort,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Four estimates of three arms; with nothing done it is `cross_fit_head`."""
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *words])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())

    arms = ("nothing", "class weights", "undersampling")
    measures = ("auroc", "brier", "calibration_intercept", "calibration_slope")
    assert list(told) == [f"{measure}, {arm}" for measure in measures for arm in arms]
    patients = pairs(image_cohort)
    ill = image_cohort.is_positive
    features = extract_features(image_cohort, words[2])
    scores = cross_fit_head(features, ill, patients, seed=0).scores
    assert told["auroc, nothing"] == str(auroc(ill, scores, patients=patients))
    assert all(float(re.findall(r"[\d.]+", told[f"auroc, {arm}"])[0]) > 0.8 for arm in arms)
