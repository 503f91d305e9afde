"""Net benefit in the report, by hand."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports.usefulness import decision_curve


def test_net_benefit_at_the_threshold_by_hand() -> None:
    """At a risk of 0.25 an alarm costs a third: 3/10 - 2/10 / 3; treating all: 4/10 - 6/10 / 3."""
    scores = np.array([0.9, 0.8, 0.3, 0.1, 0.6, 0.4, 0.2, 0.1, 0.05, 0.0])
    told = Predictions(labels=[1] * 4 + [0] * 6, scores=scores, patients=None)
    found = decision_curve(told, scores, at=0.25, confidence_level=0.95)
    estimates = found["estimates"]

    assert estimates["net_benefit"]["value"] == pytest.approx(0.3 - 0.2 / 3)
    assert estimates["net_benefit_treat_all"]["value"] == pytest.approx(0.4 - 0.6 / 3)
    assert estimates["standardised_net_benefit"]["value"] == pytest.approx((0.3 - 0.2 / 3) / 0.4)


@pytest.mark.parametrize(("positives", "last"), [(1, 0.2), (20, 0.6), (90, 0.95)])
def test_the_range_follows_the_prevalence(positives: int, last: float) -> None:
    """Three times the prevalence, at least 0.2 and at most 0.95."""
    told = Predictions(
        labels=[1] * positives + [0] * (100 - positives),
        scores=np.linspace(1, 0, 100),
        patients=None,
    )
    curve = decision_curve(told, told.scores, at=0.5, confidence_level=0.95)["curve"]

    assert curve["thresholds"][-1] == pytest.approx(last)
    assert {len(values) for values in curve.values()} == {40}


def test_a_threshold_of_one_is_no_error() -> None:
    """The odds of certainty are infinite; the estimate is given just below."""
    told = Predictions(labels=[0, 1], scores=[0.2, 1.0], patients=None)

    assert decision_curve(told, told.scores, at=1.0, confidence_level=0.95)["risk"] == 0.9999
