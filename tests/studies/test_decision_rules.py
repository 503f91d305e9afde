"""Decisions of a study: by the rule of the fold, on images and on patients."""

import numpy as np
import pytest

from prevalens.decisions import fit_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import PatientPooling, Predictions
from prevalens.studies.decision_rules import (
    PatientRule,
    decide_patients,
    median_point,
    platt_or_none,
    point_of,
    rule_for_patients,
)
from prevalens.studies.plan_choices import ThresholdChoice

ASK = ThresholdChoice(sensitivity=0.9, reason="")


def chosen(n_patients: int = 30, *, seed: int = 0, telling: float = 0.3) -> Predictions:
    """Three images a patient, every third patient ill; scores tell some of it."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(n_patients), 3)
    ill = whose % 3 == 0
    scores = np.clip(0.4 + telling * ill + rng.normal(0, 0.15, len(whose)), 0.01, 0.99)
    return Predictions(labels=ill.astype(int), scores=scores, patients=[f"p{k}" for k in whose])


def test_the_rule_for_patients_is_that_of_their_pooled_scores() -> None:
    """Nine tenths of the ill patients' means reach the threshold; the map is Platt's of means."""
    rows, pooling = chosen(telling=0.12), PatientPooling()
    rule = rule_for_patients(rows, pooling, ASK)
    pooled = pooling.pool(rows)
    platt = fit_recalibration(pooled, method="platt")

    ill = pooled.scores[pooled.labels == 1]
    assert np.mean(ill >= rule.threshold) == pytest.approx(0.9)
    assert (rule.slope, rule.intercept) == (platt.slope, platt.intercept)
    np.testing.assert_allclose(rule.risks(pooled.scores), platt.correct(pooled.scores))


def test_each_patient_is_decided_by_the_fold_that_held_it_out() -> None:
    """Bounds of 0 and 1 in two folds: all of the first are positive, none of the second."""
    rows = chosen(9)
    folds = np.repeat(np.arange(9) % 2, 3)
    held_out = Predictions(
        labels=rows.labels, scores=rows.scores, patients=rows.patients, covariates={"fold": folds}
    )
    plain = {"rule": "", "promise": None, "intercept": 0.0}
    rules = [
        PatientRule(threshold=0.0, slope=1.0, **plain),
        PatientRule(threshold=1.0, slope=None, **plain),
    ]
    found = decide_patients(held_out, PatientPooling(how="max"), rules)

    expected = [int(whose[1:]) % 2 == 0 for whose in found.pooled.patients.tolist()]
    assert found.is_positive.tolist() == expected
    np.testing.assert_allclose(found.risks, found.pooled.scores)
    assert sum(found.not_classifiable.values()) == 0


def test_scores_without_an_honest_map_have_none() -> None:
    """Ranking below chance, or parting the classes."""
    rows = chosen()
    assert platt_or_none(rows) is not None
    assert platt_or_none(rows.with_scores(1 - rows.scores)) is None
    assert platt_or_none(rows.with_scores(np.where(rows.labels == 1, 0.9, 0.1))) is None


def test_a_promise_is_made_or_its_lack_explained() -> None:
    """Ten ill patients cannot promise 0.95."""
    point, told = point_of(chosen(), ASK)
    assert (point.guarantee, told) == (None, "")
    asked = ThresholdChoice(sensitivity=0.95, confidence=0.95, reason="")
    point, told = point_of(chosen(), asked)
    assert point.guarantee is None
    assert told.startswith("(no promise: ")


def test_several_folds_have_the_median_and_promise_nothing_together() -> None:
    """Of one fold it is its own, promise and all."""
    point = median_point([0.2, 0.6, 0.3], ["by hand"] * 3, promise="much")
    assert (point.threshold, point.guarantee) == (0.3, None)
    assert point.rule.startswith("median of the thresholds of 3 folds (0.2, 0.6, 0.3)")
    alone = median_point([0.2], ["by hand"], promise="much")
    assert (alone.threshold, alone.rule, alone.guarantee) == (0.2, "by hand", "much")


def test_patients_of_one_class_have_no_threshold() -> None:
    """Only the ill have enough images."""
    rows = Predictions(labels=[1, 1, 0], scores=[0.5, 0.6, 0.2], patients=["a", "a", "b"])
    with pytest.raises(InvalidInputError, match="both classes"):
        rule_for_patients(rows, PatientPooling(least_images=2), ASK)
