"""Calibration as given, before and after correction."""

import numpy as np
import pytest

from prevalens.decisions import correct_prior_shift
from prevalens.metrics import prevalence
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Chart, Paragraph, Table
from prevalens.reports.estimate_text import estimate_text
from prevalens.reports.sections.calibration import SECTION, distribution


def test_scores_are_counted_in_bins_of_each_class_with_their_true_mean() -> None:
    """Shares of a class sum to 1; a score of exactly 1 falls in the last bin; means by hand."""
    scores = np.array([0.02, 0.97, 1.0, 0.52])
    found = distribution(np.array([False, False, True, True]), scores)

    assert len(found.edges) == 21
    assert (found.negative[0], found.negative[19]) == (0.5, 0.5)
    assert (found.positive[10], found.positive[19]) == (0.5, 0.5)
    assert found.mean_negative == pytest.approx(0.495)
    assert found.mean_positive == pytest.approx(0.76)


def test_the_bins_are_zoomed_to_the_scores() -> None:
    """Scores up to 0.04 fill the chart; a class without rows has no share and no mean."""
    found = distribution(np.array([True, True]), np.array([0.01, 0.04]))

    assert found.edges[-1] == pytest.approx(0.05)
    assert sum(found.negative) == 0
    assert found.mean_negative is None


def test_calibration_after_correction_is_that_of_corrected_scores(
    predictions: Predictions,
) -> None:
    """Corrected from 50 % to the prevalence of the rows, which lowers the Brier score."""
    report = ClinicalReport(predictions, threshold=0.5)
    corrected = correct_prior_shift(
        predictions.scores, train_prevalence=0.5, target_prevalence=predictions.prevalence
    )
    after = report["calibration"]["corrected"]["estimates"]

    assert after["brier"]["value"] == pytest.approx(np.mean((corrected - predictions.labels) ** 2))
    assert after["brier"]["value"] < report["estimates"]["brier"]["value"]
    assert "sensitivity" not in after


def test_reliability_compares_like_groups() -> None:
    """Ten groups of 100 rows; each share of positives has the metrics' interval over patients."""
    rng = np.random.default_rng(1)
    scores = np.arange(1000) / 1000
    labels = (rng.random(1000) < scores).astype(int)
    held = Predictions(labels=labels, scores=scores, patients=np.arange(1000) // 2)
    report = ClinicalReport(held, threshold=0.5, confidence_level=0.9)
    found = report["calibration"]["given"]["reliability"]
    first = prevalence(labels[:100], patients=held.patients[:100], confidence_level=0.9)

    assert found["images"] == [100] * 10
    assert found["mean_score"][0] == pytest.approx(0.0495)
    assert (found["share_positive"][0], found["lower"][0]) == (first.value, first.lower)


def test_equal_scores_are_one_group() -> None:
    """A constant score has a single group, not ten of chance."""
    held = Predictions(labels=[0, 1] * 20, scores=[0.5] * 40, patients=None)
    part = ClinicalReport(held, threshold=0.5)["calibration"]

    assert part["given"]["reliability"]["images"] == [40]


def test_calibration_says_where_it_was_checked(report: ClinicalReport) -> None:
    """With a correction: two tables, the mapped threshold, and both pairs of charts."""
    blocks, part = SECTION.show(report.record), SECTION.of(report.record)
    text = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    charts = {block.name: block for block in blocks if isinstance(block, Chart)}

    assert sum(isinstance(block, Table) for block in blocks) == 2
    assert set(charts) == {"reliability", "scores", "corrected_reliability", "corrected_scores"}
    assert f"{part.corrected.threshold:.6g} on corrected scores" in text
    slope = part.corrected.estimates["calibration_intercept"]
    assert estimate_text(slope) in charts["corrected_reliability"].description


def test_every_chart_fits_its_axes(report: ClinicalReport) -> None:
    """No point lies beside or above its axes."""
    for chart in SECTION.show(report.record):
        if isinstance(chart, Chart):
            for line in [line for line in chart.lines if line.kind != "dashes"]:
                assert max(line.y) <= chart.y_range[1]
                assert chart.x_range[0] <= min(line.x) <= max(line.x) <= chart.x_range[1]
