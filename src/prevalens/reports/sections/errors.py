"""The rows the model was surest of and wrong about: misses and false alarms, with pictures."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from prevalens._records import Count, Part, Share
from prevalens.reports.class_request import ClassRequest
from prevalens.reports.document import Block, Gallery, Paragraph
from prevalens.reports.estimate_text import number_text
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.pictures import thumbnail
from prevalens.reports.report_head import ReportHead
from prevalens.reports.request import Request
from prevalens.reports.sections.section import Answer, Section
from prevalens.typing import Flags, Scores

_AS_THEY_ARE = (
    "Pictures are of the files as they were when this report was written; whether a file is still "
    "the one that was scored was not checked."
)
AnyRequest: TypeAlias = Request | ClassRequest | LabelRequest


class WrongRow(Part, frozen=True, kw_only=True):
    """One row that was predicted wrongly; its picture is JPEG as base64 text."""

    row: Count
    image: str | None
    patient: str | None
    score: Share
    thumbnail: str | None
    no_thumbnail: str | None


class Errors(Part, frozen=True, kw_only=True):
    """Misses with the lowest scores, and false alarms with the highest."""

    misses: list[WrongRow]
    false_alarms: list[WrongRow]


def _compute(request: Request) -> Errors | None:
    if request.worst == 0:
        return None
    held = request.predictions
    return surest_errors(
        request, held.labels == 1, held.scores, request.predicted, most=request.worst
    )


def surest_errors(
    request: AnyRequest, positive: Flags, scores: Scores, predicted: Flags, *, most: int
) -> Errors:
    """Return the misses with the lowest scores, and the false alarms with the highest.

    Args:
        request: What the author asked.
        positive: Whether each row is positive, shape `(n_rows,)`.
        scores: Score of each row, shape `(n_rows,)`.
        predicted: Whether each row is predicted positive, shape `(n_rows,)`; a row that is neither
            `positive` nor predicted is no error.
        most: Rows of each kind, at most.
    """
    missed = np.flatnonzero(positive & ~predicted)
    alarms = np.flatnonzero(~positive & predicted)
    low = missed[np.argsort(scores[missed], kind="stable")][:most]
    high = alarms[np.argsort(-scores[alarms], kind="stable")][:most]
    return Errors(
        misses=[wrong_row(request, row, float(scores[row])) for row in low.tolist()],
        false_alarms=[wrong_row(request, row, float(scores[row])) for row in high.tolist()],
    )


def wrong_row(request: AnyRequest, row: int, score: float) -> WrongRow:
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
    shown = error_blocks(part, matrix.false_negative, matrix.false_positive)
    return [*shown, *picture_notes(shown, report.settings.picture_note)]


def error_blocks(part: Errors, missed: int, alarms: int, *, of: str = "") -> list[Block]:
    """Return the pictures of the surest errors, or that there is none.

    Args:
        part: The rows.
        missed: Positive images that were predicted negative.
        alarms: Negative images that were predicted positive.
        of: The label, where a report has several.
    """
    whose = f" of {of}" if of else ""
    shown: list[Block] = []
    for rows, total, what, none in (
        (
            part.misses,
            missed,
            f"missed positives{whose}, the lowest scores first",
            f"No positive image{whose} was predicted negative.",
        ),
        (
            part.false_alarms,
            alarms,
            f"false alarms{whose}, the highest scores first",
            f"No negative image{whose} was predicted positive.",
        ),
    ):
        if not total:
            shown.append(Paragraph(none))
        else:
            items = [(_text(row), row.thumbnail) for row in rows]
            shown.append(Gallery(f"{len(rows)} of {total:,} {what}", items))
    return shown


def picture_notes(shown: Sequence[Block], note: str) -> list[Block]:
    """Return what is said below pictures; nothing where none is shown.

    Args:
        shown: The blocks, with their galleries.
        note: The author's words.
    """
    texts = (note, _AS_THEY_ARE) if has_pictures(shown) else ()
    return [Paragraph(text) for text in texts if text]


def has_pictures(shown: Sequence[Block]) -> bool:
    """Tell whether any gallery among blocks shows a picture."""
    galleries = [each for each in shown if isinstance(each, Gallery)]
    return any(picture for each in galleries for _, picture in each.items)


def row_text(row: WrongRow) -> str:
    """Name a row: its image or its number, and its patient."""
    patient = "" if row.patient is None else f", patient {row.patient}"
    return f"{row.image or f'row {row.row}'}{patient}"


def _text(row: WrongRow) -> str:
    return f"{row_text(row)}, score {number_text(row.score)}"


def _pictured(report: ReportHead) -> bool:
    return has_pictures(_show(report))


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
