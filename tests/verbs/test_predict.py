"""`prevalens predict`: the classifier's own answers, in a table."""

from pathlib import Path

import numpy as np
import pytest
from studies.small_network import save_network

from prevalens import models
from prevalens._tables import read_all_columns
from prevalens.cohorts import Cohort
from prevalens.command import main

pytestmark = pytest.mark.keras


@pytest.fixture
def model(tmp_path: Path) -> str:
    """An untrained classifier of well and sick."""
    from prevalens.models.classifier_file import load_network  # noqa: PLC0415 - needs Keras

    network = models.create_classifier(
        load_network(save_network(tmp_path / "net.keras")), image_size=16, preprocessing="inside"
    )
    card = models.ClassifierCard(classes=("well", "sick"), threshold=0.5, train_prevalence=0.3)
    models.save_classifier(network, tmp_path / "model.keras", card)
    return str(tmp_path / "model.keras")


@pytest.mark.parametrize("kind", ["folder", "table", "files"])
def test_every_image_has_the_classifiers_score(
    image_cohort: Cohort, model: str, tmp_path: Path, kind: str
) -> None:
    """From a folder, a table beside the images, or names: the score of `load_classifier`."""
    table = image_cohort.root / "images.csv"
    table.write_text("\n".join(["scan", *image_cohort.images]) + "\n", encoding="utf-8")
    words = {
        "folder": [str(image_cohort.root)],
        "table": [str(table), "--image", "scan"],
        "files": [str(image_cohort.path(row)) for row in range(3)],
    }[kind]
    out = tmp_path / "predictions.csv"
    assert main(["predict", model, *words, "-o", str(out)]) == 0

    found = read_all_columns(out)
    expected = models.load_classifier(model)(found["image"])
    assert len(found["image"]) == (3 if kind == "files" else len(image_cohort))
    np.testing.assert_allclose([float(x) for x in found["score"]], expected.scores, rtol=1e-6)
    assert found["predicted"] == expected.names.tolist()


def test_what_is_not_there_is_named_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing image, an empty folder, a table without the column."""
    (tmp_path / "empty").mkdir()
    table = tmp_path / "images.csv"
    table.write_text("scan\na.png\n", encoding="utf-8")
    out = ["-o", str(tmp_path / "out.csv")]
    for source, told in (
        (str(tmp_path / "a.png"), "a.png does not exist. Name an image file"),
        (str(tmp_path / "empty"), "No image is below"),
        (str(table), "no column 'image'"),
    ):
        assert main(["predict", "model.keras", source, *out]) == 2
        assert told in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
