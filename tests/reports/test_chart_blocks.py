"""Charts hold the record's points and say in words what they show."""

from prevalens.reports import ClinicalReport
from prevalens.reports.chart_blocks import score_charts


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
