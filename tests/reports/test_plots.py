"""The charts in matplotlib hold what the record holds."""

import sys
from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from prevalens.exceptions import InvalidInputError, MissingExtraError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, chart_names, plot_chart
from prevalens.reports.document import Chart, Line, flat
from prevalens.reports.plots import _draw, _draw_line
from prevalens.reports.report_record import document_of


@pytest.fixture(autouse=True)
def headless() -> Iterator[None]:
    """Draw without a screen, and close what was drawn."""
    mpl.use("agg")
    yield
    plt.close("all")


def test_every_chart_can_be_drawn(report: ClinicalReport) -> None:
    """Each name the report lists gives axes with a title; both labels stand on them."""
    for name in chart_names(report):
        axes = plot_chart(report, name)
        axes.figure.canvas.draw()

        assert axes.get_title()


def test_axes_span_what_the_chart_says(report: ClinicalReport) -> None:
    """A chart's ranges, both of them: ROC and calibration are read against the whole square."""
    for name in ("roc", "decision"):
        axes = plot_chart(report, name)
        (chart,) = [each for each in charts_of(report) if each.name == name]
        assert axes.get_xlim() == pytest.approx(chart.x_range)
        assert axes.get_ylim() == pytest.approx(chart.y_range)


def charts_of(report: ClinicalReport) -> list[Chart]:
    """Return the charts of a report's document, those inside folded parts too."""
    passages = document_of(report.record).passages
    return [block for each in passages for block in flat(each.blocks) if isinstance(block, Chart)]


def test_the_points_are_the_records(report: ClinicalReport) -> None:
    """The model's line of the decision curve is the record's, number for number."""
    axes = plot_chart(report, "decision")
    curve = report["usefulness"]["curve"]
    (line,) = [line for line in axes.get_lines() if line.get_label() == "Model"]

    assert line.get_ydata().tolist() == curve["model"]


def test_the_confusion_matrix_shows_its_counts(report: ClinicalReport) -> None:
    """Four numbers, those of the record; drawn on axes that were given."""
    given = plt.subplots()[1]
    axes = plot_chart(report, "confusion_matrix", axes=given)

    assert axes is given
    assert [int(text.get_text()) for text in axes.texts] == [
        report["confusion_matrix"][name]
        for name in ("true_positive", "false_positive", "false_negative", "true_negative")
    ]
    assert [text.get_position() for text in axes.texts] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert axes.get_xticks().tolist() == axes.get_yticks().tolist() == [0, 1]
    negative, positive = report["settings"]["classes"]
    assert [text.get_text() for text in axes.get_xticklabels()] == [
        f"label {positive}",
        f"label {negative}",
    ]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "predicted positive",
        "predicted negative",
    ]


def test_a_band_lies_between_its_limits() -> None:
    """Filled from lower to upper, at each x."""
    axes = plt.subplots()[1]
    band = Line("interval", [0.0, 0.5, 1.0], [0.1, 0.2, 0.3], "band", upper=[0.4, 0.6, 0.9])
    _draw_line(band, axes, colour="k")
    (area,) = axes.collections
    corners = {(round(x, 6), round(y, 6)) for x, y in area.get_paths()[0].vertices.tolist()}

    assert corners == {(0.0, 0.1), (0.5, 0.2), (1.0, 0.3), (0.0, 0.4), (0.5, 0.6), (1.0, 0.9)}


def test_several_labels_have_no_one_matrix(finding_rows: Predictions) -> None:
    """The refusal names the way to one."""
    with pytest.raises(InvalidInputError, match=r"no one matrix.*one_vs_rest"):
        plot_chart(ClinicalReport(finding_rows), "confusion_matrix")


@pytest.mark.parametrize("kind", ["line", "steps", "dashes", "band", "marks"])
def test_every_kind_of_line_has_a_drawing(kind: str) -> None:
    """Each adds one thing with the line's name to the legend."""
    axes = plt.subplots()[1]
    _draw_line(Line("n", [0.1, 0.9], [0.2, 0.4], kind, (0.3, 0.5)), axes, colour="k")

    assert axes.get_legend_handles_labels()[1] == ["n"]


def test_a_misspelt_chart_is_answered(report: ClinicalReport) -> None:
    """The nearest name is suggested."""
    with pytest.raises(InvalidInputError, match="Did you mean 'decision'"):
        plot_chart(report, "decisions")


def test_without_matplotlib_the_extra_is_named(
    report: ClinicalReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install; everything else of a report works without it."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"prevalens\[plot\]"):
        plot_chart(report, "confusion_matrix")


def test_lines_without_names_have_no_legend() -> None:
    """An empty legend would be a box around nothing."""
    line = Line("", [0.1, 0.9], [0.2, 0.4], "line")
    chart = Chart("plain", "Plain", "A line.", "x", "y", [line])

    assert _draw(chart, plt.subplots()[1]).get_legend() is None


def test_the_matrix_and_charts_of_several_classes_can_be_drawn(of_grades: ClinicalReport) -> None:
    """Also those in folded parts; labels are rows."""
    names = chart_names(of_grades)
    assert {"roc_0", "reliability_2"} <= set(names)
    for name in names:
        axes = plot_chart(of_grades, name)
        axes.figure.canvas.draw()
        assert axes.get_title()
    matrix = plot_chart(of_grades, "confusion_matrix")
    assert [text.get_text() for text in matrix.texts[:3]] == [
        str(count) for count in of_grades["confusion_matrix"][0]
    ]
