"""This model of several classes against another on the same rows."""

from collections.abc import Sequence

from prevalens._records import Part
from prevalens.metrics.class_comparison import class_contrast
from prevalens.metrics.class_measures import class_measure_of
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block
from prevalens.reports.estimate_tables import notes_of
from prevalens.reports.estimate_text import name_of
from prevalens.reports.record_parts import ContrastPart
from prevalens.reports.sections.comparison import SECTION as OF_TWO
from prevalens.reports.sections.comparison import adjusted_parts, difference_table, hypotheses
from prevalens.reports.sections.section import Section

_COMPARED = (
    *("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "hand_till_auroc"),
    "multiclass_brier",
)
_OF_GRADES = ("quadratic_kappa", "ranked_probability_score")


class ClassComparison(Part, frozen=True, kw_only=True):
    """Differences, this model minus the other."""

    differences: dict[str, ContrastPart]


def _compute(request: ClassRequest) -> ClassComparison | None:
    if request.compare is None:
        return None
    sides = request.columns, request.columns_of(request.compare)
    keys = (*_COMPARED, *(_OF_GRADES if request.columns.ordered else ()))
    return ClassComparison(
        differences=adjusted_parts(
            {
                key: class_contrast(class_measure_of(key), sides, request.confidence_level)
                for key in keys
            }
        )
    )


def _show(report: ClassReportHead) -> Sequence[Block]:
    part = SECTION.of(report)
    if part is None:
        return []
    found = part.differences
    return [
        difference_table(
            found, f"This model minus the other on the same rows, with {report.level}"
        ),
        *notes_of([(name_of(key), each.difference) for key, each in found.items()]),
        *hypotheses(found),
    ]


SECTION: Section[ClassComparison] = Section(
    key="class_comparison",
    title=OF_TWO.title,
    place=90,
    part=ClassComparison,
    compute=_compute,
    show=_show,
    remedy=OF_TWO.remedy,
)
