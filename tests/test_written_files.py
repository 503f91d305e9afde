"""Files written by each released version are read, and mean what they meant."""

import csv
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens import callbacks, models
from prevalens.augmentation import AugmentationPolicy
from prevalens.cohorts import Cohort, read_table
from prevalens.exceptions import InvalidInputError, PrevalensWarning
from prevalens.predictions import Predictions
from prevalens.reports import AcceptanceCriteria, ClinicalReport, accept_model
from prevalens.reports.acceptance_record import AcceptanceRecord
from prevalens.reports.lineage import LineageRecord
from prevalens.splits import Partition

FILES = Path(__file__).parent / "files"

pytestmark = pytest.mark.parametrize(
    "written", sorted(FILES.glob("[0-9]*")), ids=lambda path: path.name
)


def record(path: Path) -> dict[str, Any]:
    """Return a JSON file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def cohort(written: Path) -> Cohort:
    """Return the cohort of the 60 images that the files are about."""
    columns = {"image": "file", "label": "diagnosis", "patient": "person", "positive": "sick"}
    return read_table(written / "images.csv", **columns, check_files=False)  # type: ignore[arg-type]


def test_a_partition_is_read(written: Path) -> None:
    """Its rows are those of the file, and no patient is in two parts."""
    made = cohort(written)
    parts = Partition.load(written / "partition.json", cohort=made).parts()
    patients = [set(made.patients[rows].tolist()) for rows in parts.values()]

    assert {name: rows.tolist() for name, rows in parts.items()} == {
        name: record(written / "partition.json")[name] for name in parts
    }
    assert sorted(len(rows) for rows in parts.values()) == [12, 18, 30]
    assert len(set.union(*patients)) == sum(map(len, patients)) == 20


def test_predictions_are_read(written: Path) -> None:
    """Labels, scores, patients, covariate, provenance and prevalence come back."""
    said = Predictions.load(written / "predictions.csv")

    assert said.labels.tolist() == [int(row // 3 % 4 == 0) for row in range(60)]
    assert said.scores.ravel().tolist() == pytest.approx(
        [(17 * row % 41 + 40 * (row // 3 % 4 == 0)) / 100 for row in range(60)]
    )
    assert said.patients is not None
    assert said.patients.tolist() == [f"k{row // 3}" for row in range(60)]
    assert said.covariates["site"].tolist() == ["s0", "s1"] * 30
    assert said.provenance.startswith("Synthetic")
    assert said.train_prevalence == 0.5


def test_a_report_is_read(written: Path, tmp_path: Path) -> None:
    """It is shown again, with the estimates it had: 15 of 15 positives and 44 of 45 negatives."""
    report = ClinicalReport.from_dict(record(written / "report.json"))
    report.save(tmp_path / "again.html")
    matrix = report["confusion_matrix"]

    assert (matrix["true_positive"], matrix["false_negative"]) == (15, 0)
    assert (matrix["true_negative"], matrix["false_positive"]) == (44, 1)
    assert report["estimates"]["sensitivity"]["value"] == 1
    assert "Synthetic" in (tmp_path / "again.html").read_text(encoding="utf-8")


def test_a_policy_is_read(written: Path) -> None:
    """Its operations come back with their strengths; writing it again gives the same record."""
    saved = record(written / "policy.json")
    policy = AugmentationPolicy.from_dict(saved)

    assert [operation.name for operation in policy.operations] == [
        each["operation"] for each in saved["operations"]
    ]
    again = json.loads(json.dumps(policy.to_dict()))
    assert again["operations"] == saved["operations"]


def test_a_model_card_says_what_its_report_says(written: Path) -> None:
    """Its estimates are the report's, and the four questions nobody answered are listed."""
    card, report = record(written / "model-card.json"), record(written / "report.json")

    assert (card["format"], card["version"]) == ("prevalens model card", 1)
    assert card["report"]["estimates"] == report["estimates"]
    assert card["unanswered"] == ["base_model", "dataset", "training_data", "out_of_scope"]


def test_the_rates_are_read(written: Path) -> None:
    """Two epochs, the loss falling, each the kept one; the columns are those of the docs."""
    with (written / "rates.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)

    assert float(second["loss"]) < float(first["loss"])
    assert [(row["epoch"], row["action"], row["kept_epoch"]) for row in (first, second)] == [
        ("1", "kept", "1"),
        ("2", "kept", "2"),
    ]
    assert {"value", "rate", "next_rate", "followed", "improvement", "duration"} < set(first)


def test_a_report_of_several_classes_is_read(written: Path, tmp_path: Path) -> None:
    """Its matrix counts the 60 images, 21 of the first class and of the second, and it is shown."""
    report = ClinicalReport.from_dict(record(written / "report-classes.json"))
    report.save(tmp_path / "again.html")
    matrix = np.array(report["confusion_matrix"])

    assert matrix.sum(axis=1).tolist() == [21, 21, 18]
    assert report["estimates"]["accuracy"]["value"] == pytest.approx(np.trace(matrix) / 60)
    assert [each["name"] for each in report["each_class"]["classes"]] == ["nv", "bkl", "mel"]
    assert "bkl against the rest" in (tmp_path / "again.html").read_text(encoding="utf-8")


def test_a_report_of_several_labels_is_read(written: Path, tmp_path: Path) -> None:
    """One image does not know the second label; each has its threshold and its matrix."""
    report = ClinicalReport.from_dict(record(written / "report-labels.json"))
    report.save(tmp_path / "again.md")
    labels = report["each_label"]["labels"]

    assert report["settings"]["thresholds"] == [0.5, 0.5, 0.5]
    assert [each["unknown"] for each in labels] == [0, 1, 0]
    assert [sum(each["matrix"].values()) for each in labels] == [60, 59, 60]
    assert "Calibration of each label" in (tmp_path / "again.md").read_text(encoding="utf-8")


def test_an_acceptance_is_read_and_made_again(written: Path) -> None:
    """The same criteria, on the same rows, are met and failed as they were."""
    criteria = AcceptanceCriteria.load(written / "criteria.json")
    was = AcceptanceRecord.load(written / "acceptance.json")
    held = Predictions.load(written / "predictions.csv")
    again = accept_model(held, held, criteria)

    assert was.accepted == again.accepted
    assert {each.met for each in was.results} == {True, False}
    assert [each.met for each in was.results] == [each.met for each in again.record.results]
    assert was.locked_set_sha256 == again.record.locked_set_sha256


def test_a_lineage_is_read(written: Path) -> None:
    """It holds the hash of the predictions that the report of the study names."""
    lineage = LineageRecord.load(written / "lineage.json")
    report = record(written / "report.json")

    assert lineage.predictions_sha256 == report["provenance"]["input_sha256"]
    assert lineage.images == 60
    assert {file.path for file in lineage.run} == {"report.json", "predictions.csv"}


@pytest.mark.keras
def test_a_classifier_is_read(written: Path) -> None:
    """Odds of 1 at half positive are odds of 1/4 at a fifth: a score of 0.2, called from 0.15."""
    pytest.importorskip("keras", exc_type=ImportError)
    try:
        classifier = models.load_classifier(written / "model.keras")
    except InvalidInputError as error:
        if " wrote it, and this is " not in str(error):
            raise
        pytest.skip("this Keras is older than the one that wrote the file")
    answer = classifier(np.full((2, 4, 4, 3), 99, dtype=np.uint8))

    assert classifier.card.classes == ("well", "sick")
    assert classifier.card.threshold_origin == "validation rows"
    assert answer.scores.tolist() == pytest.approx([0.2, 0.2], abs=1e-6)
    assert answer.names.tolist() == ["sick", "sick"]


@pytest.mark.keras
def test_a_training_backup_is_read(written: Path, tmp_path: Path) -> None:
    """Weights, velocity, the adjuster's memory and the history of two epochs come back."""
    keras = pytest.importorskip("keras", exc_type=ImportError)
    program = pytest.importorskip("files.write_files", exc_type=ImportError)
    adjuster = callbacks.LearningRateAdjuster(monitor="loss", verbose=0)
    shutil.copy(written / "backup.npz", tmp_path)  # a run that goes on locks its file
    backup = callbacks.TrainingBackup(tmp_path / "backup.npz", adjuster)
    model = program.tiny_model()
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(InvalidInputError, match="was written on tensorflow, and this is"):
            backup.restore(model, epochs=5)
        return
    with warnings.catch_warnings():
        # Other versions are said, and go on.
        warnings.simplefilter("ignore", PrevalensWarning)
        began = backup.restore(model, epochs=5)
    with np.load(written / "backup.npz") as stored:
        kernel = stored["model/00000"]

    assert began == 2
    assert [len(values) for values in backup.history.values()] == [2] * len(backup.history)
    assert backup.history["loss"][1] < backup.history["loss"][0]
    assert adjuster.get_state()[0]["epoch"] == 2
    assert np.array_equal(keras.ops.convert_to_numpy(model.layers[0].kernel), kernel)
