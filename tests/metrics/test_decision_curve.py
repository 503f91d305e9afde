"""Net benefit at several thresholds, at the rows' prevalence and at a stated one."""

import numpy as np
import pytest

from prevalens.metrics import all_estimates, net_benefit

RNG = np.random.default_rng(2)
PATIENTS = np.repeat(np.arange(40), 5)
LABELS = RNG.random(200) < 0.5
SCORES = 1 / (1 + np.exp(1.5 - 2 * LABELS - RNG.normal(size=200)))


def test_a_curve_at_a_stated_prevalence_is_sensitivity_and_specificity_weighed() -> None:
    """An enriched set of one half, used where one in fifty is positive."""
    risks = [0.1, 0.3]
    curve = net_benefit(LABELS, SCORES, risks, patients=PATIENTS, prevalence=0.02)
    for risk, model, everyone, over in zip(
        risks, curve.model, curve.treat_all, curve.standardised, strict=True
    ):
        odds = risk / (1 - risk)
        hit, false = (float((SCORES[rows] >= risk).mean()) for rows in (LABELS, ~LABELS))
        assert model.value == pytest.approx(0.02 * hit - 0.98 * odds * false)
        assert over.value == pytest.approx(model.value / 0.02)  # type: ignore[operator]
        assert everyone.value == pytest.approx(0.02 - 0.98 * odds)
        assert everyone.lower is None
        assert -odds < model.lower < model.value < model.upper < 1  # type: ignore[operator]


def test_a_weighted_curve_is_that_of_the_measures() -> None:
    """One route: the table of measures."""
    weights = RNG.integers(1, 4, 200)
    curve = net_benefit(LABELS, SCORES, 0.2, patients=PATIENTS, weights=weights)
    made = all_estimates(LABELS, SCORES, threshold=0.2, patients=PATIENTS, weights=weights)
    assert curve.model[0] == made["net_benefit"]
    assert curve.treat_all[0] == made["net_benefit_treat_all"]
    assert curve.standardised[0] == made["standardised_net_benefit"]


def test_the_order_of_rows_moves_no_limit_of_unskewed_patients() -> None:
    """The three patients' cubed changes cancel, but for a last digit that follows the order."""
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    scores = np.array([1, 1, 2, 2, 1, 1, 1, 2]) / 10
    patients = np.array([0, 2, 1, 2, 0, 1, 1, 0])
    orders = [np.random.default_rng(seed).permutation(8) for seed in range(8)]
    made = [
        net_benefit(labels[o], scores[o], 0.2, patients=patients[o], prevalence=0.1).model[0]
        for o in [np.arange(8), *orders]
    ]
    assert [one.lower for one in made] == pytest.approx([made[0].lower] * 9)
