"""The main estimates of all classes in each part of the patients, with small cells kept back."""

from collections.abc import Sequence

from prevalens.metrics.class_comparison import class_contrast
from prevalens.metrics.class_measures import class_estimates, class_measure_of
from prevalens.metrics.contrast import Contrast
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.subgroups import SECTION as OF_TWO
from prevalens.reports.sections.subgroups import show_subgroups
from prevalens.reports.subgroup_parts import Subgroups, subgroups_of
from prevalens.typing import Flags

_SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "multiclass_brier")
_DRAWN = _SHOWN[:2] + _SHOWN[3:4]


def _compute(request: ClassRequest) -> list[Subgroups] | None:
    columns = request.columns

    def differences(rows: Flags) -> dict[str, Contrast]:
        sides = columns.take(rows), columns.take(~rows)
        level = request.confidence_level
        return {key: class_contrast(class_measure_of(key), sides, level) for key in _SHOWN[:-1]}

    def estimates(rows: Flags) -> dict[str, EstimatePart]:
        return estimate_parts(class_estimates(columns.take(rows), request.settings, _SHOWN))

    return subgroups_of(request, differences=differences, estimates=estimates)


def _show(report: ClassReportHead) -> Sequence[Block]:
    return show_subgroups(report, _DRAWN)


SECTION: Section[list[Subgroups]] = Section(
    key=OF_TWO.key,
    title=OF_TWO.title,
    place=OF_TWO.place,
    part=list[Subgroups],
    compute=_compute,
    show=_show,
    remedy=OF_TWO.remedy,
    answers=OF_TWO.answers,
)
