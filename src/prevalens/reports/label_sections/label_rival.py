"""This model of several labels against another on the same rows."""

from collections.abc import Sequence

from prevalens._records import Part
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.label_comparison import label_contrast
from prevalens.metrics.label_measures import label_measure_of
from prevalens.reports.document import Block
from prevalens.reports.estimate_tables import notes_of
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.record_parts import ContrastPart
from prevalens.reports.sections.comparison import SECTION as OF_TWO
from prevalens.reports.sections.comparison import adjusted_parts, difference_table, hypotheses
from prevalens.reports.sections.section import Section

_COMPARED = ("macro_auroc", "macro_average_precision", "macro_brier")
_EACH = "auroc of "


class LabelComparison(Part, frozen=True, kw_only=True):
    """Differences, this model minus the other: means over labels, then the AUROC of each."""

    differences: dict[str, ContrastPart]


def _compute(request: LabelRequest) -> LabelComparison | None:
    other, columns, known = request.compare, request.columns, request.patients
    if other is None:
        return None
    made = {
        key: label_contrast(key, columns, other.scores, request.confidence_level)
        for key in _COMPARED
    }
    for which, name in enumerate(columns.names):
        rows = columns.known[:, which]
        made[f"{_EACH}{name}"] = compare_models(
            columns.labels[rows, which],
            columns.scores[rows, which],
            other.scores[rows, which],
            measure="auroc",
            patients=None if known is None else known.take(rows),
            confidence_level=request.confidence_level,
        )
    return LabelComparison(differences=adjusted_parts(made))


def _title(key: str) -> str:
    if key.startswith(_EACH):
        return f"AUROC of {key.removeprefix(_EACH)}"
    return label_measure_of(key).title


def _show(report: LabelReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    found = part.differences
    caption = f"This model minus the other on the same rows, with {report.level}"
    return [
        difference_table(found, caption, _title),
        *notes_of([(_title(key), each.difference) for key, each in found.items()]),
        *hypotheses(found, _title),
    ]


SECTION: Section[LabelComparison] = Section(
    key="label_comparison",
    title=OF_TWO.title,
    place=90,
    part=LabelComparison,
    compute=_compute,
    show=_show,
    remedy=OF_TWO.remedy,
)
