"""A fold's model of several classes: natural shares, one temperature, nothing seen outside."""

from typing import Any

import numpy as np
import pytest
from studies.test_head_search import three_kinds

from prevalens.cohorts import Cohort
from prevalens.decisions import fit_class_recalibration
from prevalens.predictions import Predictions
from prevalens.studies.class_probe import ClassProbe, fit_class_probe
from prevalens.studies.head_search import averaged, search_heads
from prevalens.studies.plan_choices import HeadChoice

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


def inner_of(head: HeadChoice) -> Predictions:
    """Return the scores of inner folds that the map is fitted to."""
    cohort, features = cells()
    rows = np.arange(len(cohort))
    found = search_heads(
        features, cohort.labels, cohort.patients, rows, head=head, n_classes=3, seed=1
    )
    return Predictions.of(cohort, rows, found.inner)


@pytest.mark.parametrize("head", [PLAIN, BALANCED])
def test_scores_are_at_natural_shares_whatever_the_head(head: HeadChoice) -> None:
    """Classes are 3 : 2 : 1; a balanced head's scores are alike in the mean until corrected."""
    probe, scores = fitted(head)
    inner = inner_of(head)
    logs = np.log(inner.scores)
    assert probe.record.temperature is not None
    odds = np.exp(logs / probe.record.temperature + probe.record.offsets)
    corrected = odds / odds.sum(axis=1, keepdims=True)

    assert probe.record.shares == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    np.testing.assert_allclose(corrected.mean(axis=0), [1 / 2, 1 / 3, 1 / 6], atol=1e-5)
    assert (np.ptp(inner.scores.mean(axis=0)) < 0.2) == (head is BALANCED)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    np.testing.assert_allclose(scores.mean(axis=0), [1 / 2, 1 / 3, 1 / 6], atol=0.06)


def test_the_map_is_that_of_the_inner_scores() -> None:
    """Fitted to scores of inner folds, each of a head that never saw the patient."""
    expected = fit_class_recalibration(inner_of(BALANCED), method="bias_corrected")
    probe, scores = fitted(BALANCED)
    _, features = cells()
    raw = averaged([head.scores(features[layer]) for layer, head in probe.heads.items()])

    assert probe.record.temperature == pytest.approx(expected.temperature)
    np.testing.assert_allclose(scores, expected.correct(raw), atol=1e-6)


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


@pytest.mark.parametrize("head", [PLAIN, BALANCED])
def test_classes_told_apart_without_an_error_have_no_map(head: HeadChoice) -> None:
    """A plain head's scores stay as they are; a balanced one's are turned by Bayes' rule."""
    cohort, features = cells()
    sure = {"late": features["late"].copy()}
    sure["late"][np.arange(180), cohort.labels] += 30
    probe = fit_class_probe(sure, cohort, np.arange(180), head=head, seed=1)
    raw = probe.heads["late"].scores(sure["late"])
    turned = raw * ([1 / 2, 1 / 3, 1 / 6] if head is BALANCED else [1, 1, 1])

    assert probe.record.temperature is None
    np.testing.assert_allclose(probe.scores(sure), turned / turned.sum(axis=1, keepdims=True))
