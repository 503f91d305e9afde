"""Calibration as curves: the smooth one with its band, and the chart's zoom."""

import numpy as np
import pytest

from prevalens.metrics import calibration_curve
from prevalens.metrics.inputs import Columns
from prevalens.metrics.settings import Settings
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.calibration_curves import reliability_chart, reliability_of, smooth_of

RNG = np.random.default_rng(6)
CODES = np.repeat(np.arange(30), 20)
SCORES = RNG.beta(1, 12, 600)
LABELS = RNG.random(600) < SCORES
SETTINGS = Settings(None, 0.9, 200, 3)


def test_a_report_keeps_the_curve_of_the_metrics_with_its_seed() -> None:
    """Score, share and band, and the test, in the record."""
    held = Predictions(labels=LABELS.astype(int), scores=SCORES, patients=CODES)
    part = ClinicalReport(held, threshold=0.1, seed=3)["calibration"]["given"]
    curve = calibration_curve(held.labels, held.scores, patients=CODES, seed=3)
    assert part["smooth"]["scores"] == pytest.approx(list(curve.scores))
    assert part["smooth"]["lower"] == pytest.approx(list(curve.lower))
    assert 0 <= part["test"]["p_value"] <= 1


def test_scores_of_a_rare_class_fill_the_chart_with_curve_and_band() -> None:
    """Both axes end near the largest limit of a group, and the band is cut there."""
    columns = Columns(LABELS, SCORES, CODES)
    smooth, points = smooth_of(columns, SETTINGS), reliability_of(LABELS, SCORES, CODES, 0.9)
    held = Predictions(labels=LABELS.astype(int), scores=SCORES, patients=CODES.astype(str))
    estimates = ClinicalReport(held, threshold=0.1).record.estimates
    chart = reliability_chart("reliability", "Calibration", points, estimates, smooth)
    lines = {line.name: line for line in chart.lines}
    assert chart.x_range[1] < 0.75
    assert max(lines["Band at each score"].upper) <= chart.y_range[1]
    assert len(lines["Smoothed share"].x) > 40
    assert "at each score by itself" in chart.description


def test_one_class_has_no_curve() -> None:
    """None, and nothing is drawn."""
    assert smooth_of(Columns(np.zeros(5, dtype=bool), SCORES[:5], None), SETTINGS) is None
