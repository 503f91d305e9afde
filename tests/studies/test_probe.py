"""Everything a fold chooses is chosen inside its training patients."""

from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError
from prevalens.studies.plan_choices import HeadChoice, ThresholdChoice
from prevalens.studies.probe import Probe, fit_probe

HEAD = HeadChoice(
    kinds=["logistic", "balanced_logistic"], penalties=[1.0, 0.1], inner_folds=2, reason=""
)
ASK = ThresholdChoice(sensitivity=0.9, reason="")


def study(n_patients: int = 40, seed: int = 0) -> tuple[Cohort, dict[str, Any]]:
    """Return four images a patient, every fourth patient ill, and two layers: one tells."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(n_patients), 4)
    ill = whose % 4 == 0
    cohort = Cohort(
        images=[f"{k}.png" for k in range(len(whose))],
        labels=np.where(ill, "ill", "well"),
        patients=[f"p{k}" for k in whose],
        positive="ill",
    )
    noise = rng.normal(size=(len(whose), 6)).astype(np.float32)
    telling = noise + ill[:, np.newaxis] * np.array([2.0, 1, 0, 0, 0, 0], dtype=np.float32)
    return cohort, {"early": noise, "late": telling.astype(np.float32)}


def fitted(**changes: Any) -> Probe:
    """Fit on all rows of the study."""
    cohort, features = study()
    given: dict[str, Any] = {"head": HEAD, "threshold": ASK, "seed": 1} | changes
    return fit_probe(features, cohort, np.arange(len(cohort)), **given)


def test_the_layer_that_tells_is_taken() -> None:
    """Its loss on inner folds is the least; the record holds both."""
    record = fitted().record

    assert record.layers[0] == "late"
    assert record.layer_losses["late"] < record.layer_losses["early"]
    assert set(record.kind_aurocs) == {"logistic", "balanced_logistic"}


def test_scores_are_the_prevalence_on_average() -> None:
    """After Platt's map the mean score is the share of positives, whatever the kind."""
    cohort, features = study()
    only = HeadChoice(kinds=["balanced_logistic"], penalties=[0.1], inner_folds=2, reason="")
    probe = fitted(head=only)

    assert probe.record.kind == "balanced_logistic"
    assert probe.record.recalibrated
    assert probe.scores(features).mean() == pytest.approx(cohort.is_positive.mean(), abs=0.06)


def test_the_threshold_keeps_the_sensitivity_that_was_asked_for() -> None:
    """Nine tenths of the inner scores of positives reach it, by the rule it states."""
    record = fitted().record

    assert record.promise is None
    assert "sensitivity is at least 0.9" in record.rule
    assert 0 < record.threshold < 1


def test_a_promise_that_cannot_be_made_says_why() -> None:
    """Ten ill patients promise nothing of 0.95, so the rule is the point estimate's."""
    record = fitted(threshold=ThresholdChoice(sensitivity=0.95, confidence=0.95, reason="")).record

    assert record.promise is None
    assert "no promise: A sensitivity of at least 0.95 cannot be promised" in record.rule


def test_rows_outside_change_nothing() -> None:
    """Features of rows that are not trained on can be anything."""
    cohort, features = study()
    rows = np.flatnonzero(np.arange(len(cohort)) // 4 < 30)
    spoilt = {name: values.copy() for name, values in features.items()}
    for values in spoilt.values():
        values[120:] = 1e6
    one, two = (
        fit_probe(of, cohort, rows, head=HEAD, threshold=ASK, seed=3) for of in (features, spoilt)
    )

    assert one.record == two.record
    np.testing.assert_array_equal(one.scores(features), two.scores(features))


def test_whole_patients_are_compared_on() -> None:
    """With at most 60 images, choices are made on 15 patients, and the fit on all."""
    few = HeadChoice(kinds=["logistic"], penalties=[1.0, 0.1], inner_folds=2, at_most=60, reason="")
    probe = fitted(head=few)

    assert probe.record.layers[0] == "late"
    assert probe.record.kind_aurocs == {}


def test_noise_is_not_turned_round() -> None:
    """Where inner scores rank below chance no map is fitted, which would have a negative slope."""
    for seed in range(6):
        cohort, features = study(seed=seed)
        noise = {"early": features["early"]}
        rows = np.arange(len(cohort))
        record = fit_probe(noise, cohort, rows, head=HEAD, threshold=ASK, seed=1).record
        assert record.inner_auroc is not None
        assert record.recalibrated == (record.inner_auroc > 0.5)


def test_one_patient_of_a_class_is_refused() -> None:
    """Inner folds would have none of it."""
    cohort, features = study()
    rows = np.flatnonzero((cohort.patients == "p0") | ~cohort.is_positive)
    with pytest.raises(ImpossibleSplitError):
        fit_probe(features, cohort, rows, head=HEAD, threshold=ASK, seed=0)


def test_layers_that_tell_different_things_are_averaged() -> None:
    """Two layers that each see half of it rank better together than the better one alone."""
    cohort, _ = study()
    rng = np.random.default_rng(9)
    halves = {name: rng.normal(size=(len(cohort), 6)).astype(np.float32) for name in ("one", "two")}
    for values in halves.values():
        values[cohort.is_positive, 0] += 1.5
    rows = np.arange(len(cohort))
    alone = HeadChoice(kinds=["logistic"], penalties=[0.1], inner_folds=2, averaged=1, reason="")
    both = HeadChoice(kinds=["logistic"], penalties=[0.1], inner_folds=2, reason="")
    one, two = (
        fit_probe(halves, cohort, rows, head=head, threshold=ASK, seed=1) for head in (alone, both)
    )

    assert len(one.record.layers) == 1
    assert sorted(two.record.layers) == ["one", "two"]
    assert two.record.inner_auroc is not None
    assert one.record.inner_auroc is not None
    assert two.record.inner_auroc > one.record.inner_auroc
    raw = [head.scores(halves[layer]) for layer, head in two.heads.items()]
    logits = np.mean([np.log(each / (1 - each)) for each in raw], axis=0)
    ours = two.scores(halves)
    # Platt's map is affine on the logit.
    assert abs(np.corrcoef(logits, np.log(ours / (1 - ours)))[0, 1]) == pytest.approx(1.0)
