"""A fold's model of several classes: natural shares, one temperature, nothing seen outside."""

from typing import Any

import numpy as np
import pytest
from studies.test_head_search import three_kinds

from prevalens.cohorts import Cohort
from prevalens.decisions import fit_class_recalibration
from prevalens.predictions import Predictions
from prevalens.studies.class_probe import ClassProbe, fit_class_probe
from prevalens.studies.head_search import search_heads
from prevalens.studies.study_plan import HeadChoice

PLAIN = HeadChoice(kinds=["logistic"], penalties=[0.1], inner_folds=2, reason="")
BALANCED = HeadChoice(kinds=["balanced_logistic"], penalties=[0.1], inner_folds=2, reason="")


def cells(n_patients: int = 60) -> tuple[Cohort, dict[str, Any]]:
    """Return the cohort of `three_kinds`, and its features."""
    features, labels, patients = three_kinds(n_patients)
    names = np.array(["a", "b", "c"])[labels]
    cohort = Cohort(
        images=[f"{k}.png" for k in range(len(labels))],
        labels=names,
        patients=patients,
        positive="a",
        classes=("a", "b", "c"),
    )
    return cohort, features


def fitted(head: HeadChoice) -> tuple[ClassProbe, np.ndarray]:
    """Fit on all rows; return the probe and its scores."""
    cohort, features = cells()
    probe = fit_class_probe(features, cohort, np.arange(len(cohort)), head=head, seed=1)
    return probe, probe.scores(features)


def test_scores_of_a_balanced_head_are_at_natural_shares() -> None:
    """Classes are 3 : 2 : 1; turned back their mean scores are near that, and unturned alike."""
    probe, scores = fitted(BALANCED)
    _, features = cells()
    raw = probe.heads[probe.record.layers[0]].scores(features[probe.record.layers[0]])

    assert probe.record.shares == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    np.testing.assert_allclose(scores.mean(axis=0), [1 / 2, 1 / 3, 1 / 6], atol=0.05)
    assert np.ptp(raw.mean(axis=0)) < 0.25 < np.ptp(scores.mean(axis=0))
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_bayes_rule_then_the_temperature_by_hand() -> None:
    """Scores times shares, to the power of 1 / temperature, divided by their sum."""
    one = HeadChoice(
        kinds=["balanced_logistic"], penalties=[0.1], inner_folds=2, averaged=1, reason=""
    )
    probe, scores = fitted(one)
    _, features = cells()
    (layer,) = probe.record.layers
    temperature = probe.record.temperature
    assert temperature is not None
    weighed = (probe.heads[layer].scores(features[layer]) * probe.record.shares) ** (
        1 / temperature
    )
    np.testing.assert_allclose(scores, weighed / weighed.sum(axis=1, keepdims=True))


def test_the_temperature_is_that_of_the_inner_scores() -> None:
    """Fitted to scores of inner folds, each of a head that never saw the patient."""
    cohort, features = cells()
    rows = np.arange(len(cohort))
    found = search_heads(
        features, cohort.labels, cohort.patients, rows, head=PLAIN, n_classes=3, seed=1
    )
    inner = Predictions.of(cohort, rows, found.inner)
    probe, _ = fitted(PLAIN)

    expected = fit_class_recalibration(inner, method="temperature").temperature
    assert probe.record.temperature == pytest.approx(expected)
    assert probe.offsets.tolist() == [0, 0, 0]


def test_rows_outside_change_nothing() -> None:
    """Features of rows that are not trained on can be anything."""
    cohort, features = cells()
    rows = np.arange(144)
    spoilt = {name: values.copy() for name, values in features.items()}
    for values in spoilt.values():
        values[144:] = 1e6
    one, two = (fit_class_probe(of, cohort, rows, head=PLAIN, seed=3) for of in (features, spoilt))

    assert one.record == two.record
    np.testing.assert_array_equal(one.scores(features), two.scores(features))


def test_scores_without_an_error_have_no_temperature() -> None:
    """Classes that are told apart without error: none is fitted, and the scores are as they are."""
    cohort, features = cells()
    sure = {"late": features["late"].copy()}
    sure["late"][np.arange(180), cohort.labels] += 30
    probe = fit_class_probe(sure, cohort, np.arange(180), head=PLAIN, seed=1)

    assert probe.record.temperature is None
    np.testing.assert_allclose(probe.scores(sure), probe.heads["late"].scores(sure["late"]))
