"""Charts hold the record's points and say in words what they show."""

from prevalens.reports import ClinicalReport
from prevalens.reports.chart_blocks import decision_charts, score_charts


def test_scores_are_drawn_before_and_after_correction(report: ClinicalReport) -> None:
    """Two charts with a line for each class, whose steps are the record's shares."""
    record = report.to_dict()
    given, corrected = score_charts(record)

    assert [line.name for line in given.lines] == ["well", "sick"]
    assert given.lines[1].y[1:-1] == record["curves"]["scores"]["positive"]
    assert corrected.lines[0].y[1:-1] == record["curves"]["corrected_scores"]["negative"]
    assert "Mean score about" in given.description


def test_every_chart_fits_its_axes(report: ClinicalReport) -> None:
    """No point of a line lies outside the ranges of its axes."""
    for chart in score_charts(report.to_dict()):
        for line in chart.lines:
            assert chart.y_range[0] <= min(line.y)
            assert max(line.y) <= chart.y_range[1]


def test_the_decision_curve_has_both_rivals(report: ClinicalReport) -> None:
    """The model with its band, treating all and treating none, told in words."""
    (chart,) = decision_charts(report.to_dict())
    lines = {line.name: line for line in chart.lines}

    assert set(lines) == {"Model", "Interval at each risk", "Treat all", "Treat none"}
    assert set(lines["Treat none"].y) == {0.0}
    assert lines["Model"].y == report.to_dict()["utility"]["curve"]["model"]
    assert "does better than treating all and treating none at" in chart.description
