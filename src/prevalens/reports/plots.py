"""The report's charts in matplotlib, for a paper."""

from typing import Any

from prevalens import _optional
from prevalens._checks import check_choice, check_kind
from prevalens.exceptions import InvalidInputError
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.reports.document import Chart, Line, flat
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.report_record import Head, document_of
from prevalens.reports.svg_charts import colours

_COLOURS = ("#0b57d0", "#b3400c", "#57606a", "#0f766e", "#7c3aed")


def plot_chart(report: ClinicalReport, name: str, *, axes: Any = None) -> Any:
    """Draw one of a report's charts with matplotlib.

    Args:
        report: The report.
        name: Name of the chart, one of `chart_names(report)`; or
            `"confusion_matrix"`.
        axes: Matplotlib axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        InvalidInputError: the report has no such chart.
        MissingExtraError: matplotlib is not installed.

    Examples:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from prevalens.predictions import Predictions
        >>> from prevalens.reports import ClinicalReport
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> axes = plot_chart(report, "roc")
        >>> axes.get_ylabel()
        'Sensitivity'
    """
    check_choice("name", name, chart_names(report))
    pyplot = _optional.require("matplotlib.pyplot", extra="plot")
    if axes is None:
        axes = pyplot.subplots(figsize=(4.5, 4.2), layout="constrained")[1]
    if name == "confusion_matrix":
        return _draw_matrix(report.record, axes)
    return _draw(_charts(report)[name], axes)


def chart_names(report: ClinicalReport) -> list[str]:
    """List the charts a report can draw.

    Examples:
        >>> from prevalens.predictions import Predictions
        >>> from prevalens.reports import ClinicalReport
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> report = ClinicalReport(held_out, threshold=0.5, threshold_origin="pre-specified")
        >>> "roc" in chart_names(report)
        True
    """
    return ["confusion_matrix", *_charts(report)]


def _charts(report: ClinicalReport) -> dict[str, Chart]:
    check_kind("report", report, ClinicalReport)
    passages = document_of(report.record).passages
    blocks = (block for passage in passages for block in flat(passage.blocks))
    return {block.name: block for block in blocks if isinstance(block, Chart)}


def _draw(chart: Chart, axes: Any) -> Any:
    for line, number in zip(chart.lines, colours(chart), strict=True):
        _draw_line(line, axes, colour=_COLOURS[number])
    axes.set(
        title=chart.title,
        xlabel=chart.x_label,
        ylabel=chart.y_label,
        xlim=chart.x_range,
        ylim=chart.y_range,
    )
    if chart.square:
        axes.set_aspect("equal")
    if any(line.name for line in chart.lines):
        axes.legend(frameon=False)
    return axes


def _draw_line(line: Line, axes: Any, *, colour: str) -> None:
    label = line.name or None
    if line.kind == "band":
        axes.fill_between(line.x, line.y, line.upper, color=colour, alpha=0.2, label=label, lw=0)
    elif line.kind == "marks":
        axes.plot(line.x, line.y, "o", color=colour, label=label, ms=5)
        if line.upper:
            axes.vlines(line.x, line.y, line.upper, color=colour)
    else:
        style = "--" if line.kind == "dashes" else "-"
        steps = "steps-post" if line.kind == "steps" else "default"
        axes.plot(line.x, line.y, style, color=colour, label=label, drawstyle=steps)


def _draw_matrix(record: Head, axes: Any) -> Any:
    if isinstance(record, LabelReportHead):
        raise InvalidInputError(
            "A report of several labels has no one matrix. Report one label: "
            "`predictions.one_vs_rest(...)`."
        )
    if isinstance(record, ClassReportHead):
        return _draw_classes(record, axes)
    matrix, (negative, positive) = record.confusion_matrix, record.settings.classes
    counts = [
        [matrix.true_positive, matrix.false_positive],
        [matrix.false_negative, matrix.true_negative],
    ]
    axes.imshow(counts, cmap="Blues", vmin=0)
    darkest = max(map(max, counts))
    for row, pair in enumerate(counts):
        for column, count in enumerate(pair):
            colour = "white" if count > darkest / 2 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks([0, 1], [f"label {positive}", f"label {negative}"])
    axes.set_yticks([0, 1], ["predicted positive", "predicted negative"])
    axes.set_title("Confusion matrix")
    return axes


def _draw_classes(record: ClassReportHead, axes: Any) -> Any:
    """Draw labels as rows, darker where more of the row lies."""
    classes, counts = record.settings.classes, record.confusion_matrix
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            colour = "white" if shares[row][column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(title="Confusion matrix", xlabel="Prediction", ylabel="Label")
    return axes
