"""What the report was made from: a hash of the values, versions, seed."""

from dataclasses import replace

import numpy as np

from prevalens.cohorts import Cohort
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Table
from prevalens.reports.sections.provenance import SECTION, hash_rows
from prevalens.splits import Partition


def test_the_hash_is_of_every_value(predictions: Predictions) -> None:
    """The same rows have the same hash; a changed score, label, id, image or covariate another."""
    scores = predictions.scores.copy()
    scores[3] = np.nextafter(scores[3], 1)
    labels = predictions.labels.copy()
    labels[0] = 1 - labels[0]
    patients = predictions.patients.copy()
    patients[1] = "other"
    images = predictions.images.copy()
    images[2] = "other.png"
    changed = [
        replace(predictions, images=images),
        replace(predictions, scores=scores),
        replace(predictions, labels=labels),
        replace(predictions, patients=patients),
        replace(predictions, covariates={"age": predictions.covariates["age"]}),
        predictions.take(range(5)),
    ]
    hashes = {hash_rows(held) for held in [predictions, *changed]}

    assert len(hashes) == 7
    assert hash_rows(predictions) == hash_rows(predictions.take(np.arange(len(predictions))))


def test_call_date_and_seed_are_told(predictions: Predictions) -> None:
    """They are in the record and in the table; versions name this package."""
    report = ClinicalReport(
        predictions, threshold=0.5, seed=7, made_by="prevalens report x.csv", date="1 May"
    )
    part = report["provenance"]
    (table,) = SECTION.show(report.record)

    assert (part["seed"], part["made_by"], part["date"]) == (7, "prevalens report x.csv", "1 May")
    assert part["rows"] == len(predictions)
    assert {"python", "prevalens", "numpy"} <= set(part["versions"])
    assert isinstance(table, Table)
    assert ("Made by", "prevalens report x.csv") in table.rows


def test_the_cohort_that_was_divided_is_named() -> None:
    """The fingerprint of the partition's cohort; none where there is no partition."""
    cohort = Cohort(
        images=[f"{row}.png" for row in range(8)],
        labels=["ill", "well"] * 4,
        patients=[f"p{row // 2}" for row in range(8)],
        positive="ill",
    )
    partition = Partition(
        train=np.arange(4), validation=np.array([], int), test=np.arange(4, 8),
        cohort_fingerprint=cohort.fingerprint, n_rows=8, method="by hand",
    )  # fmt: skip
    held = Predictions.of(cohort, np.arange(4, 8), np.array([0.9, 0.2, 0.6, 0.4]))
    made = ClinicalReport(held, threshold=0.5, partition=partition, cohort=cohort)
    alone = ClinicalReport(held, threshold=0.5)

    assert made["provenance"]["partition_of"] == cohort.fingerprint
    assert alone["provenance"]["partition_of"] is None
