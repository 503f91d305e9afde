"""Net benefit by hand, at the rows' prevalence and at a stated one."""

import numpy as np
import pytest

from prevalens.metrics import net_benefit
from prevalens.metrics.inputs import Columns
from prevalens.reports.net_benefits import NetBenefit

LABELS = np.array([True] * 4 + [False] * 6)
SCORES = np.array([0.9, 0.8, 0.3, 0.1, 0.6, 0.4, 0.2, 0.1, 0.05, 0.0])
COLUMNS = Columns(LABELS, SCORES, None)


def test_at_the_rows_prevalence_it_is_the_metrics() -> None:
    """At a risk of 0.25 an alarm costs a third: 3/10 - 2/10 / 3; acting on all: 4/10 - 6/10 / 3."""
    found = NetBenefit(COLUMNS, 0.25, None, 0.95)
    direct = net_benefit(LABELS, SCORES, 0.25)

    assert found.model().value == pytest.approx(0.3 - 0.2 / 3)
    assert found.model().value == pytest.approx(direct.model[0].value)
    assert found.treat_all().value == pytest.approx(0.4 - 0.6 / 3)


def test_at_a_stated_prevalence_it_is_weighted() -> None:
    """Sensitivity 3/4, false alarms 2/6: 0.02 x 3/4 - 0.98 x 2/6 / 3."""
    found = NetBenefit(COLUMNS, 0.25, 0.02, 0.95)
    model, everyone = 0.02 * 0.75 - 0.98 / 3 / 3, 0.02 - 0.98 / 3

    assert found.model().value == pytest.approx(model)
    assert found.treat_all().value == pytest.approx(everyone)
    assert found.over_treat_all().value == pytest.approx(model - everyone)
    assert "a stated prevalence of 0.02" in found.model().method


def test_limits_stay_where_net_benefit_can_be() -> None:
    """No lower limit below minus the odds, no upper one above 1."""
    for risk in (0.05, 0.5, 0.9):
        for prevalence in (None, 0.02):
            made = NetBenefit(COLUMNS, risk, prevalence, 0.99).model()
            assert -risk / (1 - risk) <= made.lower <= made.value <= made.upper <= 1


def test_the_interval_at_a_stated_prevalence_is_that_of_two_proportions() -> None:
    """Independent images: the variance is that of both shares, weighted and added."""
    rng = np.random.default_rng(0)
    labels = np.arange(2000) < 800
    scores = rng.random(2000) * 0.6 + 0.3 * labels
    made = NetBenefit(Columns(labels, scores, None), 0.5, 0.1, 0.95).model()
    sens, fpr = (scores[labels] >= 0.5).mean(), (scores[~labels] >= 0.5).mean()
    variance = 0.01 * sens * (1 - sens) / 800 + 0.81 * fpr * (1 - fpr) / 1200

    # The logit scale and a skewed mean move the limits outwards, a little.
    assert 1 <= (made.upper - made.lower) / (2 * 1.95996 * np.sqrt(variance)) < 1.03


def test_a_stated_prevalence_needs_both_classes() -> None:
    """Without negatives there is no share of false alarms."""
    only = Columns(np.array([True, True]), np.array([0.2, 0.8]), None)

    assert NetBenefit(only, 0.25, 0.1, 0.95).model().not_estimable == "no negative images"
