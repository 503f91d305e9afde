"""Estimates over thresholds: counts by hand, limits those of the metrics."""

import numpy as np

from prevalens.metrics import sensitivity
from prevalens.metrics.inputs import Columns
from prevalens.reports.operating_points import operating_points


def test_counts_and_limits_at_each_threshold() -> None:
    """Four rows: at 0.4 one of two positives and one negative are predicted positive."""
    columns = Columns(np.array([0, 0, 1, 1]) == 1, np.array([0.1, 0.4, 0.35, 0.8]), None)
    found = operating_points(columns, threshold=0.4, confidence_level=0.9)
    place = found.thresholds.index(0.4)
    direct = sensitivity(columns.labels, columns.scores >= 0.4, confidence_level=0.9)

    assert (found.true_positive[place], found.false_positive[place]) == (1, 1)
    assert found.sensitivity_lower[place] == direct.lower
    assert found.ppv[place] == 0.5


def test_thresholds_rise_and_hold_the_reports_own() -> None:
    """The report's threshold is one of them; sensitivity falls along."""
    rng = np.random.default_rng(0)
    columns = Columns(rng.random(3000) < 0.03, rng.random(3000), np.arange(3000) // 3)
    found = operating_points(columns, threshold=0.123456, confidence_level=0.95)

    assert found.thresholds == sorted(set(found.thresholds))
    assert 0.123456 in found.thresholds
    assert len(found.thresholds) <= 100
    assert found.sensitivity == sorted(found.sensitivity, reverse=True)
