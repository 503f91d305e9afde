"""The rows the model was surest of and wrong about: misses and false alarms, with pictures."""

from collections.abc import Sequence

import numpy as np

from prevalens._records import Part
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Gallery, Paragraph
from prevalens.reports.estimate_text import number_text
from prevalens.reports.pictures import thumbnail
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section


class WrongRow(Part, frozen=True, kw_only=True):
    """One row that was predicted wrongly; its picture is JPEG as base64 text."""

    row: int
    image: str | None
    patient: str | None
    score: float
    thumbnail: str | None
    no_thumbnail: str | None


class Errors(Part, frozen=True, kw_only=True):
    """Misses with the lowest scores, and false alarms with the highest."""

    misses: list[WrongRow]
    false_alarms: list[WrongRow]


def _compute(request: Request) -> Errors | None:
    if request.worst == 0:
        return None
    held, positive = request.predictions, request.predictions.labels == 1
    missed = np.flatnonzero(positive & ~request.predicted)
    alarms = np.flatnonzero(~positive & request.predicted)
    low = missed[np.argsort(held.scores[missed], kind="stable")][: request.worst]
    high = alarms[np.argsort(-held.scores[alarms], kind="stable")][: request.worst]
    return Errors(
        misses=[_wrong(request, row) for row in low.tolist()],
        false_alarms=[_wrong(request, row) for row in high.tolist()],
    )


def _wrong(request: Request, row: int) -> WrongRow:
    return wrong_row(request, row, float(request.predictions.scores[row]))


def wrong_row(request: Request | ClassRequest, row: int, score: float) -> WrongRow:
    """Return a row with its picture, or why it has none.

    Args:
        request: What the author asked.
        row: The row's position.
        score: The score that is shown of it.
    """
    held = request.predictions
    image = None if held.images is None else str(held.images[row])
    path = held.path(row)
    found, why = (
        (None, "no image file is named")
        if path is None
        else thumbnail(path, request.picture, reader=held.reader)
    )
    return WrongRow(
        row=row,
        image=image,
        patient=None if held.patients is None else str(held.patients[row]),
        score=score,
        thumbnail=found,
        no_thumbnail=why,
    )


def _show(report: ReportHead) -> Sequence[Block]:
    part, matrix = SECTION.of(report), report.confusion_matrix
    if part is None:
        return []
    shown: list[Block] = []
    for rows, total, what, none in (
        (
            part.misses,
            matrix.false_negative,
            "missed positives, the lowest scores first",
            "No positive image was predicted negative.",
        ),
        (
            part.false_alarms,
            matrix.false_positive,
            "false alarms, the highest scores first",
            "No negative image was predicted positive.",
        ),
    ):
        if not total:
            shown.append(Paragraph(none))
        else:
            items = [(_text(row), row.thumbnail) for row in rows]
            shown.append(Gallery(f"{len(rows)} of {total:,} {what}", items))
    note = report.settings.picture_note
    drawn = any(row.thumbnail for row in [*part.misses, *part.false_alarms])
    return [*shown, *([Paragraph(note)] if note and drawn else [])]


def row_text(row: WrongRow) -> str:
    """Name a row: its image or its number, and its patient."""
    patient = "" if row.patient is None else f", patient {row.patient}"
    return f"{row.image or f'row {row.row}'}{patient}"


def _text(row: WrongRow) -> str:
    return f"{row_text(row)}, score {number_text(row.score)}"


def _pictured(report: ReportHead) -> bool:
    part = SECTION.of(report)
    return part is not None and any(row.thumbnail for row in [*part.misses, *part.false_alarms])


def _all_right(report: ReportHead) -> bool:
    matrix = report.confusion_matrix
    return matrix.false_negative + matrix.false_positive == 0


SECTION: Section[Errors] = Section(
    key="errors",
    title="The worst misses and false alarms",
    place=100,
    part=Errors,
    compute=_compute,
    show=_show,
    remedy="give `worst` above 0; pictures need image files",
    answers=(
        Answer(
            items=("CLAIM 39",),
            state="not applicable",
            note="No row was predicted wrongly.",
            when=_all_right,
        ),
        Answer(
            items=("CLAIM 39",),
            state="partly",
            note="The worst misses and false alarms with their pictures; what they have in common "
            "is the authors' to say.",
            when=_pictured,
        ),
    ),
)
