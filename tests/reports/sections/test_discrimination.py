"""ROC and precision-recall curves: points by hand, bands, and the other model's line."""

import numpy as np
import pytest

from prevalens.metrics import auroc
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Chart
from prevalens.reports.estimate_text import estimate_text
from prevalens.reports.sections.discrimination import SECTION, spread_out


def charts(report: ClinicalReport) -> dict[str, Chart]:
    """The charts of the section by name."""
    return {block.name: block for block in SECTION.show(report.record) if isinstance(block, Chart)}


def test_roc_and_precision_by_hand() -> None:
    """Scores 0.8, 0.4, 0.35, 0.1 with labels 1, 0, 1, 0, one more predicted positive at a time."""
    held = Predictions(labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=None)
    part = ClinicalReport(held, threshold=0.5)["discrimination"]

    assert part["roc"] == {
        "x": [0, 0, 0.5, 0.5, 1],
        "y": [0, 0.5, 0.5, 1, 1],
        "thresholds": [None, 0.8, 0.4, 0.35, 0.1],
    }
    assert part["precision_recall"]["x"] == [0.5, 0.5, 1, 1]
    assert part["precision_recall"]["y"] == pytest.approx([1, 0.5, 2 / 3, 0.5])


def test_long_curves_are_thinned_but_keep_their_shape() -> None:
    """50,000 rows leave a few hundred points whose area is the AUROC to a thousandth."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 50_000)
    scores = 1 / (1 + np.exp(-(rng.normal(size=50_000) + labels)))
    held = Predictions(labels=labels, scores=scores, patients=None)
    roc = ClinicalReport(held, threshold=0.5)["discrimination"]["roc"]
    rise, run = np.array(roc["y"]), np.diff(roc["x"])
    area = float(np.sum((rise[1:] + rise[:-1]) / 2 * run))

    assert len(roc["y"]) <= 302
    assert area == pytest.approx(auroc(labels, scores).value, abs=1e-3)


def test_the_threshold_is_marked_where_the_estimates_are(report: ClinicalReport) -> None:
    """One mark on each curve, at the record's own estimates, told in words too."""
    estimates, drawn = report.record.estimates, charts(report)
    (at,) = [line for line in drawn["roc"].lines if line.name == "Threshold"]
    (also,) = [line for line in drawn["precision_recall"].lines if line.name == "Threshold"]

    assert (at.x, at.y) == (
        [1 - estimates["specificity"].value],
        [estimates["sensitivity"].value],
    )
    assert (also.x, also.y) == ([estimates["sensitivity"].value], [estimates["ppv"].value])
    assert f"Area {estimate_text(estimates['auroc'])}" in drawn["roc"].description


def test_bands_lie_around_the_curve_and_points_name_their_threshold(
    report: ClinicalReport,
) -> None:
    """Each limit below its upper one, inside the chart; a tip for every point."""
    for chart in charts(report).values():
        (band,) = [line for line in chart.lines if line.kind == "band"]
        model = chart.lines[0]
        assert all(0 <= low <= high <= 1 for low, high in zip(band.y, band.upper, strict=True))
        assert list(band.x) == sorted(band.x)
        assert len(model.tips) == len(model.x)
        assert "threshold 0." in model.tips[-2]


def test_the_other_model_has_its_own_line(predictions: Predictions) -> None:
    """Its points are those of a report on it alone; without another model there is none."""
    other = predictions.with_scores(predictions.scores**2 * 0.5 + 0.2 * (predictions.scores > 0.3))
    both = ClinicalReport(predictions, threshold=0.5, compare=other)
    alone = ClinicalReport(other, threshold=0.5)

    assert both["discrimination"]["other_roc"] == alone["discrimination"]["roc"]
    assert "Other model" in [line.name for line in charts(both)["roc"].lines]
    assert "Other model" not in [line.name for line in charts(alone)["roc"].lines]


def test_one_class_draws_no_curve() -> None:
    """Without negatives there is no ROC, and the report says so."""
    report = ClinicalReport(
        Predictions(labels=[1, 1, 1], scores=[0.2, 0.6, 0.9], patients=None), threshold=0.5
    )

    assert charts(report) == {}
    assert {"part": "Discrimination", "remedy": SECTION.remedy} in report["not_included"]


def test_points_of_a_long_curve_lie_at_even_distances() -> None:
    """300 of 2,991 points of a straight line: every tenth, the last too; a short curve is kept."""
    line, level = np.arange(2991.0), np.zeros(2991)

    assert spread_out(line, level).tolist() == list(range(0, 2991, 10))
    assert spread_out(line[:300], level[:300]).tolist() == list(range(300))
