"""Patients are the unit only where the question was asked of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.decisions import choose_threshold
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import PatientPooling, Predictions, patient_scores
from prevalens.reports import ClinicalReport, verify_run
from prevalens.reports.sections.patient_level import SECTION


def test_patients_are_the_unit_of_their_own_estimates(predictions: Predictions) -> None:
    """Estimates per patient count patients, on pooled scores."""
    report = ClinicalReport(predictions, threshold=0.5, patient_score="max")
    pooled = patient_scores(predictions, "max")
    found = report["patient_level"]["estimates"]["sensitivity"]

    assert found["unit"] == "patient"
    assert found["n"] == int(pooled.labels.sum())
    assert sum(report["patient_level"]["confusion_matrix"].values()) == 40
    assert "positive patients" in report["patient_level"]["estimates"]["auroc"]["note"]
    for estimate in report["patient_level"]["estimates"].values():
        told = (estimate.get(key) or "" for key in ("note", "method", "not_estimable"))
        assert "image" not in " ".join(told)


def test_without_the_question_there_is_no_table(predictions: Predictions) -> None:
    """By default patients are left out, and the report says what would bring them in."""
    report = ClinicalReport(predictions, threshold=0.5)

    assert report["patient_level"] is None
    assert SECTION.show(report.record) == []
    assert "Per patient" in [absent["part"] for absent in report["not_included"]]


def test_a_threshold_for_patients_decides_on_patients(
    predictions: Predictions, tmp_path: Path
) -> None:
    """Chosen on pooled scores it is told with its rule, and the run can be verified."""
    pooling = PatientPooling(how="top_k", k=2)
    pooled = pooling.pool(predictions)
    point = choose_threshold(pooled, sensitivity=0.8)
    settings: dict[str, Any] = {"patient_score": pooling, "patient_threshold": point}
    report = ClinicalReport(predictions, threshold=0.5, **settings)
    part = report["patient_level"]
    hit = int(((pooled.scores >= point.threshold) & (pooled.labels == 1)).sum())

    assert part["confusion_matrix"]["true_positive"] == hit
    assert part["threshold"] == point.threshold != 0.5
    text = str(report)
    assert "the mean of the 2 highest scores; a patient is positive where any image" in text
    assert "sensitivity is at least 0.8" in text
    assert "Not classifiable" not in text
    report.save(tmp_path / "report.json")
    predictions.save(tmp_path / "predictions.csv")
    assert verify_run(tmp_path).ok
    changed = (tmp_path / "report.json").read_text("utf-8").replace('"k": 2', '"k": 3')
    (tmp_path / "report.json").write_text(changed, encoding="utf-8")
    assert not verify_run(tmp_path).ok


def test_patients_who_cannot_be_classified_are_counted() -> None:
    """One of three patients has a single image; estimates are of the others."""
    rows = Predictions(
        labels=[1, 1, 0, 0, 0], scores=[0.9, 0.8, 0.2, 0.3, 0.7], patients=list("aabbc")
    )
    pooling = PatientPooling(least_images=2)
    report = ClinicalReport(rows, threshold=0.5, patient_score=pooling)

    assert sum(report["patient_level"]["confusion_matrix"].values()) == 2
    assert list(report["patient_level"]["not_classifiable"].values()) == [1, 0]
    assert "Not classifiable, with fewer images and in no estimate: 1 patients (1 " in str(report)


def test_a_threshold_for_patients_without_a_pooling_is_refused(predictions: Predictions) -> None:
    """Nothing would be compared with it."""
    with pytest.raises(InvalidInputError, match="give `patient_score`"):
        ClinicalReport(predictions, threshold=0.5, patient_threshold=0.4)


def test_lesions_are_the_unit_of_their_own_estimates(
    predictions: Predictions, tmp_path: Path
) -> None:
    """Lesions are counted, intervals are over patients, and the run can be verified."""
    lesion = np.arange(len(predictions)) // 2 % 3
    held = Predictions(
        labels=predictions.labels,
        scores=predictions.scores,
        patients=predictions.patients,
        covariates={"lesion": lesion},
    )
    pooling = PatientPooling(how="max", unit="lesion", least_images=2)
    report = ClinicalReport(held, threshold=0.5, patient_score=pooling)
    pooled = pooling.pool(held)
    found = report["patient_level"]["estimates"]["sensitivity"]
    every = PatientPooling(how="max", unit="lesion").pool(held)
    assert len(every) > len(pooled) > 40

    assert report["patient_level"]["unit"] == found["unit"] == "lesion"
    assert found["n"] == int(pooled.labels.sum())
    assert found["patients"] == len(set(np.asarray(pooled.patients)[pooled.labels == 1]))
    text = " ".join(str(report).split())
    assert "Per lesion" in text
    assert "a lesion is positive where any image is" in text
    assert f"of {found['n']} lesions, {found['patients']} patients" in text
    report.save(tmp_path / "report.json")
    held.save(tmp_path / "predictions.csv")
    assert verify_run(tmp_path).ok


def test_a_unit_that_is_no_covariate_is_refused(predictions: Predictions) -> None:
    """The nearest column is named."""
    with pytest.raises(InvalidInputError, match="'sitee'"):
        ClinicalReport(predictions, threshold=0.5, patient_score=PatientPooling(unit="sitee"))
