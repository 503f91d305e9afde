"""The confusion matrix at the threshold."""

from collections.abc import Sequence

from prevalens.reports.document import Block, Explorer, Matrix
from prevalens.reports.record_parts import MatrixPart
from prevalens.reports.report_head import ReportHead
from prevalens.reports.sections.discrimination import SECTION as DISCRIMINATION
from prevalens.reports.sections.section import Answer, Section


def matrix_block(counts: MatrixPart, report: ReportHead, unit: str) -> Matrix:
    """Return a confusion matrix as a block.

    Args:
        counts: The matrix.
        report: The report, for the names of the classes.
        unit: What is counted, for example `"images"`.
    """
    negative, positive = report.settings.classes
    return Matrix(
        f"Confusion matrix at the threshold, in {unit}",
        (negative, positive),
        (
            counts.true_positive,
            counts.false_positive,
            counts.false_negative,
            counts.true_negative,
        ),
    )


def _show(report: ReportHead) -> Sequence[Block]:
    return [matrix_block(report.confusion_matrix, report, "images"), *_explorer(report)]


def _explorer(report: ReportHead) -> list[Explorer]:
    held, matrix = DISCRIMINATION.of(report), report.confusion_matrix
    if held is None:
        return []
    points = held.operating_points
    data = {
        "thresholds": points.thresholds,
        "tp": points.true_positive,
        "fp": points.false_positive,
        "sensitivity": [points.sensitivity_lower, points.sensitivity_upper],
        "specificity": [points.specificity_lower, points.specificity_upper],
        "positives": matrix.true_positive + matrix.false_negative,
        "negatives": matrix.true_negative + matrix.false_positive,
        "threshold": report.settings.threshold,
        "prevalence": report.stated_prevalence,
        "classes": report.settings.classes,
    }
    return [Explorer(data)]


SECTION: Section[MatrixPart] = Section(
    key="confusion_matrix",
    title="Confusion matrix",
    place=5,
    show=_show,
    answers=(
        Answer(
            items=("STARD-AI 30",),
            note="Predictions against labels, in images.",
        ),
    ),
)
