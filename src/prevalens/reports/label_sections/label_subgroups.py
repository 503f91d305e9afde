"""Each label in each part of the patients, on the rows where it is known; small cells kept back."""

from collections.abc import Sequence

from prevalens.reports.class_sections.each_class_by_level import side_of
from prevalens.reports.document import Block
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.label_sections.each_label import SECTION as EACH
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.subgroups import SECTION as OF_TWO
from prevalens.reports.sections.subgroups import group_answers
from prevalens.reports.subgroup_blocks import blocks_of_many
from prevalens.reports.subgroup_parts import OneOfMany, Subgroups, of_many

_DECIDED = ("sensitivity", "specificity")


def _compute(request: LabelRequest) -> list[OneOfMany] | None:
    columns, at = request.columns, request.columns.thresholds
    sides = {}
    for which, name in enumerate(columns.names):
        rows = columns.of_label(which)
        sides[name] = side_of(
            rows,
            rows,
            0.5 if at is None else float(at[which]),
            request.confidence_level,
            decisions=() if at is None else _DECIDED,
            rows=columns.known[:, which],
        )
    return of_many(request, sides)


def _show(report: LabelReportHead) -> Sequence[Block]:
    each = EACH.of(report)
    whole = {} if each is None else {one.name: one.estimates for one in each.labels}
    drawn = ("auroc",) if report.settings.thresholds is None else ("auroc", *_DECIDED)
    return blocks_of_many(SECTION.of(report) or [], drawn, whole, address=SECTION.key)


def _groups(report: LabelReportHead) -> list[Subgroups]:
    return [group for each in SECTION.of(report) or [] for group in each.groups]


SECTION: Section[list[OneOfMany]] = Section(
    key="label_subgroups",
    title="Subgroups of each label",
    place=35,
    part=list[OneOfMany],
    compute=_compute,
    show=_show,
    newer=True,
    remedy=OF_TWO.remedy,
    answers=group_answers(_groups),
)
