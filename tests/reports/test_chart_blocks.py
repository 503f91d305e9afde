"""Charts hold the record's points and say in words what they show."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.chart_blocks import (
    charts_by_name,
    decision_charts,
    discrimination_charts,
    reliability_charts,
    score_charts,
)
from prevalens.reports.estimate_text import estimate_text


def test_scores_are_drawn_before_and_after_correction(report: ClinicalReport) -> None:
    """Two charts with a line for each class, whose steps are the record's shares."""
    record = report.to_dict()
    given, corrected = score_charts(record)

    assert [line.name for line in given.lines] == ["well", "sick"]
    assert given.lines[1].y[1:-1] == record["curves"]["scores"]["positive"]
    assert corrected.lines[0].y[1:-1] == record["curves"]["corrected_scores"]["negative"]
    assert "Mean score about" in given.description


def test_every_chart_fits_its_axes(report: ClinicalReport) -> None:
    """No point lies beside or above its axes; a net benefit far below 0 may be cut."""
    for chart in charts_by_name(report.to_dict()).values():
        for line in chart.lines:
            assert max(line.y) <= chart.y_range[1]
            assert chart.x_range[0] <= min(line.x) <= max(line.x) <= chart.x_range[1]


def test_the_decision_curve_has_both_rivals(report: ClinicalReport) -> None:
    """The model with its band, treating all and treating none, told in words."""
    (chart,) = decision_charts(report.to_dict())
    lines = {line.name: line for line in chart.lines}

    assert set(lines) == {"Model", "Interval at each risk", "Treat all", "Treat none"}
    assert set(lines["Treat none"].y) == {0.0}
    assert lines["Model"].y == report.to_dict()["utility"]["curve"]["model"]
    assert "does better than treating all and treating none at" in chart.description


def test_the_threshold_is_marked_where_the_estimates_are(report: ClinicalReport) -> None:
    """One mark on each curve, at the record's own estimates, told in words too."""
    estimates = report.to_dict()["estimates"]
    roc, precision = discrimination_charts(report.to_dict())
    (at,) = [line for line in roc.lines if line.name == "Threshold"]
    (also,) = [line for line in precision.lines if line.name == "Threshold"]

    assert (at.x, at.y) == (
        [1 - estimates["specificity"]["value"]],
        [estimates["sensitivity"]["value"]],
    )
    assert (also.x, also.y) == ([estimates["sensitivity"]["value"]], [estimates["ppv"]["value"]])
    assert f"Area {estimate_text(estimates['auroc'])}" in roc.description


def test_calibration_is_drawn_before_and_after(report: ClinicalReport) -> None:
    """Two charts; the second tells the corrected intercept."""
    before, after = reliability_charts(report.to_dict())
    corrected = report.to_dict()["correction"]["estimates"]["calibration_intercept"]

    assert before.title != after.title
    assert estimate_text(corrected) in after.description


def test_one_class_draws_no_curve() -> None:
    """Without negatives there is no ROC; the scores are still shown."""
    told = Predictions(labels=[1, 1, 1], scores=[0.2, 0.6, 0.9], patients=None)

    assert set(charts_by_name(ClinicalReport(told, threshold=0.5).to_dict())) == {
        "decision",
        "scores",
    }
