"""What the report was made from: a hash of the values, versions, seed."""

from dataclasses import replace

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Table
from prevalens.reports.sections.provenance import SECTION, hash_rows


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
