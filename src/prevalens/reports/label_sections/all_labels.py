"""The estimates of all labels together: means over labels, pooled labels, whole rows."""

from collections.abc import Iterable, Sequence

from prevalens.metrics.label_measures import LABEL_TABLE
from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.sections.section import Answer, Section


def titled(report: LabelReportHead) -> Iterable[tuple[str, str, EstimatePart]]:
    """Return key, title and estimate of each measure of all labels that a report holds."""
    held = report.estimates
    return [(one.key, one.title, held[one.key]) for one in LABEL_TABLE if one.key in held]


def _show(report: LabelReportHead) -> Sequence[Block]:
    found = titled(report)
    return [
        Paragraph(
            "Macro: the mean over labels, each weighing the same. Micro: all known labels of all "
            "images in one."
        ),
        Table(
            f"All labels together, with {report.level}",
            ("Measure", "Value", "Interval", "n"),
            [(title, *estimate_row(key, estimate)[1:]) for key, title, estimate in found],
            [f"estimates.{key}" for key, _, _ in found],
        ),
        *notes_of([(title, estimate) for _, title, estimate in found]),
    ]


SECTION: Section[EstimatePart] = Section(
    key="all_labels",
    title="All labels together",
    place=30,
    show=_show,
    answers=(
        Answer(
            items=("STARD-AI 31", "CLAIM 38"),
            note="Estimates of all labels and of each, with their intervals.",
            when=lambda report: report.estimates["macro_auroc"].lower is not None,
        ),
    ),
)
