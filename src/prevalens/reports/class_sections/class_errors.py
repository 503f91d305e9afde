"""The images of each class that the model was surest were another, with pictures."""

from collections.abc import Sequence

import numpy as np

from prevalens._records import Count, Part, Share
from prevalens.reports.class_head import ClassReportHead
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Gallery, Paragraph
from prevalens.reports.estimate_text import number_text
from prevalens.reports.sections.errors import (
    WrongRow,
    has_pictures,
    picture_notes,
    row_text,
    wrong_row,
)
from prevalens.reports.sections.section import Answer, Section


class Miss(Part, frozen=True, kw_only=True):
    """One row that was predicted another class; the score is that of its own class."""

    row: WrongRow
    predicted: str
    predicted_score: Share


class ClassMisses(Part, frozen=True, kw_only=True):
    """The worst misses of one class, and how many there are."""

    name: str
    missed: Count
    worst: list[Miss]


def _compute(request: ClassRequest) -> list[ClassMisses] | None:
    if request.worst == 0:
        return None
    columns = request.columns
    # As many pictures in all as a report of two classes shows, spread over the classes.
    most = max(1, 2 * request.worst // len(columns.names))
    top = columns.scores.max(axis=1)
    own = columns.scores[np.arange(top.size), columns.labels]
    found = []
    for which, name in enumerate(columns.names):
        missed = np.flatnonzero((columns.labels == which) & (columns.predicted != which))
        surest = missed[np.argsort(own[missed] - top[missed], kind="stable")][:most].tolist()
        worst = [
            Miss(
                row=wrong_row(request, row, float(own[row])),
                predicted=columns.names[int(columns.predicted[row])],
                predicted_score=float(top[row]),
            )
            for row in surest
        ]
        found.append(ClassMisses(name=name, missed=int(missed.size), worst=worst))
    return found


def _show(report: ClassReportHead) -> Sequence[Block]:
    shown: list[Block] = []
    part = SECTION.of(report) or []
    for each in part:
        if each.missed:
            items = [(_text(miss), miss.row.thumbnail) for miss in each.worst]
            caption = f"{len(items)} of {each.missed:,} missed images of {each.name}"
            shown.append(Gallery(f"{caption}, the surest first", items))
    none = [each.name for each in part if not each.missed]
    if none:
        shown.append(Paragraph(f"No image was missed of {', '.join(none)}."))
    return [*shown, *picture_notes(shown, report.settings.picture_note)]


def _text(miss: Miss) -> str:
    return (
        f"{row_text(miss.row)}: {miss.predicted} {number_text(miss.predicted_score)}, own class "
        f"{number_text(miss.row.score)}"
    )


def _pictured(report: ClassReportHead) -> bool:
    return has_pictures(_show(report))


SECTION: Section[list[ClassMisses]] = Section(
    key="class_errors",
    title="The worst misses of each class",
    place=100,
    part=list[ClassMisses],
    compute=_compute,
    show=_show,
    remedy="give `worst` above 0; pictures need image files",
    answers=(
        Answer(
            items=("CLAIM 39",),
            state="partly",
            note="The worst misses of each class with their pictures; what they have in common is "
            "the authors' to say.",
            when=_pictured,
        ),
    ),
)
