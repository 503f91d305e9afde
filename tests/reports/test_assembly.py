"""What a report computes, against the metrics themselves and hand counts."""

import json

import numpy as np
import pytest

from prevalens.decisions import correct_prior_shift
from prevalens.metrics import Measure, all_estimates, of_counts, register_measure
from prevalens.predictions import Predictions, patient_scores
from prevalens.reports import ClinicalReport
from prevalens.reports.assembly import cross_table


def test_the_table_is_counted_by_hand() -> None:
    """A score at the threshold is a positive call."""
    told = Predictions(labels=[1, 1, 0, 0, 0], scores=[0.5, 0.4, 0.5, 0.1, 0.2], patients=None)

    assert list(cross_table(told, 0.5).values()) == [1, 1, 1, 2]


def test_estimates_are_those_of_the_metrics(predictions: Predictions) -> None:
    """The report passes labels, scores and patients on and adds nothing."""
    record = ClinicalReport(predictions, threshold=0.4, confidence_level=0.9).to_dict()
    estimates = all_estimates(
        predictions.labels,
        predictions.scores,
        threshold=0.4,
        patients=predictions.patients,
        confidence_level=0.9,
    )

    held = record["estimates"] | record["utility"]["estimates"]
    assert held.keys() == estimates.keys()
    assert record["estimates"] == {name: estimates[name].to_dict() for name in record["estimates"]}


def test_calibration_after_correction_is_that_of_corrected_scores(
    predictions: Predictions,
) -> None:
    """Corrected from 50 % to the prevalence of the rows; ranking and calls do not change."""
    record = ClinicalReport(predictions, threshold=0.5).to_dict()
    corrected = correct_prior_shift(
        predictions.scores, train_prevalence=0.5, target_prevalence=predictions.prevalence
    )
    after = record["correction"]["estimates"]

    assert after["brier"]["value"] == pytest.approx(np.mean((corrected - predictions.labels) ** 2))
    assert after["auroc"]["value"] == pytest.approx(record["estimates"]["auroc"]["value"])
    assert after["sensitivity"]["value"] == record["estimates"]["sensitivity"]["value"]
    assert after["brier"]["value"] < record["estimates"]["brier"]["value"]


def test_patients_are_the_unit_of_their_own_estimates(predictions: Predictions) -> None:
    """Estimates per patient count patients, on pooled scores."""
    confidence_level = ClinicalReport(predictions, threshold=0.5, patient_score="max").to_dict()
    pooled = patient_scores(predictions, "max")
    found = confidence_level["patient_level"]["estimates"]["sensitivity"]

    assert found["unit"] == "patient"
    assert found["n"] == int(pooled.labels.sum())
    assert sum(confidence_level["patient_level"]["table"].values()) == 40


ODD = {
    "one class": ([1, 1, 1], [0.2, 0.9, 0.4]),
    "no positives": ([0, 0, 0], [0.2, 0.9, 0.4]),
    "constant": ([0, 1, 0], [0.5, 0.5, 0.5]),
    "separated": ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    "all one": ([0, 1, 1], [1.0, 1.0, 1.0]),
    "all zero": ([0, 1, 1], [0.0, 0.0, 0.0]),
    "one row": ([1], [0.3]),
    "four positives": ([1] * 4 + [0] * 30, list(np.linspace(0.9, 0.1, 34))),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("whose", ["independent", "each", "one patient"])
def test_odd_rows_make_a_report_not_an_error(kind: str, whose: str) -> None:
    """Every estimate has a value or a reason; JSON holds no nan; every format can be written."""
    labels, scores = ODD[kind]
    patients = {
        "independent": None,
        "each": [f"p{k}" for k in range(len(labels))],
        "one patient": ["p"] * len(labels),
    }[whose]
    told = Predictions(labels=labels, scores=scores, patients=patients, train_prevalence=0.5)
    report = ClinicalReport(told, threshold=0.5, prevalence=0.1)
    record = report.to_dict()
    json.dumps(record, allow_nan=False)

    for estimate in record["estimates"].values():
        assert (estimate["value"] is None) == bool(estimate.get("not_estimable"))
    if set(labels) == {1}:
        assert record["estimates"]["auroc"]["value"] is None
        assert record["estimates"]["specificity"]["value"] is None
    assert ClinicalReport.from_dict(record) == report
    assert "nan" not in str(report).split()


def test_a_patient_with_both_labels_is_stated() -> None:
    """It is allowed, counted, and shown among those studied."""
    told = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.9, 0.3, 0.2], patients=list("aabc"))
    report = ClinicalReport(told, threshold=0.5)

    assert report.to_dict()["flow"]["mixed_patients"] == 1
    assert "Both classes" in str(report)


def test_a_users_measure_stands_in_the_report_under_its_title(predictions: Predictions) -> None:
    """Registered once: estimate, row, method and reference follow."""
    miss_rate = Measure(
        key="miss_rate",
        title="Miss rate",
        group="threshold",
        direction="lower",
        formula=of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)),
        low=0.0,
        high=1.0,
        needs_threshold=True,
        references=("Doe J. On misses. J Misses 2026;1:1-2.",),
    )
    with register_measure(miss_rate):
        report = ClinicalReport(predictions, threshold=0.5)
        estimates = report.to_dict()["estimates"]
        missed = 1 - estimates["sensitivity"]["value"]
        assert estimates["miss_rate"]["value"] == pytest.approx(missed)
        assert "Miss rate" in str(report)
        assert "Doe J. On misses. J Misses 2026;1:1-2." in report.to_dict()["references"]
    assert "Miss rate" in str(report)
