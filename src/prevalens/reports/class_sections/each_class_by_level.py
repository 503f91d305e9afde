"""Each class against the rest in each part of the patients, with small cells kept back."""

from collections.abc import Sequence

from prevalens.metrics.class_means import AT
from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.inputs import Columns, numbered
from prevalens.metrics.registry import estimate_of
from prevalens.metrics.settings import Settings
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.class_sections.each_class import SECTION as EACH
from prevalens.reports.document import Block
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.reports.sections.section import Section
from prevalens.reports.subgroup_blocks import blocks_of_many
from prevalens.reports.subgroup_parts import OneOfMany, Side, of_many
from prevalens.typing import Flags

_DECIDED = ("sensitivity", "ppv")
_DRAWN = ("sensitivity", "auroc")


def side_of(
    ranked: Columns,
    decided: Columns,
    at: float,
    level: float,
    *,
    decisions: Sequence[str],
    rows: Flags | None = None,
) -> Side:
    """Return what is estimated of one class, or one label, in each level.

    Args:
        ranked: Its labels and scores, of the rows that count.
        decided: Its labels, and what is predicted from.
        at: Where `decided` is predicted positive.
        level: Coverage of the intervals.
        decisions: Keys of the measures at that threshold; the AUROC comes with them.
        rows: Rows of the report that count, shape `(n_rows,)`; None for all.
    """
    taken = [(key, decided, at) for key in decisions] + [("auroc", ranked, None)]

    def inside(mask: Flags) -> Flags:
        return mask if rows is None else mask[rows]

    def differences(mask: Flags) -> dict[str, Contrast]:
        return {
            key: compare_groups(
                columns.labels,
                columns.scores,
                inside(mask),
                measure=key,
                threshold=threshold,
                patients=numbered(columns.codes, columns.ids),
                confidence_level=level,
            )
            for key, columns, threshold in taken
        }

    def estimates(mask: Flags) -> dict[str, EstimatePart]:
        kept = inside(mask)
        return estimate_parts(
            {
                key: estimate_of(key, part_of(columns, kept), Settings(threshold, level))
                for key, columns, threshold in taken
            }
        )

    return Side(differences=differences, estimates=estimates, rows=rows)


def part_of(columns: Columns, rows: Flags) -> Columns:
    """Return the columns of the rows in a mask; patients keep their numbers."""
    codes = None if columns.codes is None else columns.codes[rows]
    return Columns(columns.labels[rows], columns.scores[rows], codes, columns.ids)


def _compute(request: ClassRequest) -> list[OneOfMany] | None:
    columns, level = request.columns, request.confidence_level
    sides = {
        name: side_of(columns.ranked(which), columns.decided(which), AT, level, decisions=_DECIDED)
        for which, name in enumerate(columns.names)
    }
    return of_many(request, sides)


def _show(report: ClassReportHead) -> Sequence[Block]:
    each = EACH.of(report)
    whole = {} if each is None else {one.name: one.estimates for one in each.classes}
    return blocks_of_many(SECTION.of(report) or [], _DRAWN, whole, address=SECTION.key)


SECTION: Section[list[OneOfMany]] = Section(
    key="class_subgroups",
    title="Subgroups of each class",
    place=36,
    part=list[OneOfMany],
    compute=_compute,
    show=_show,
    newer=True,
)
