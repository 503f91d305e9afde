"""The images on which the model was surest of a label and wrong, with pictures."""

from collections.abc import Sequence

from prevalens._records import Count, Part
from prevalens.reports.document import Block
from prevalens.reports.label_head import LabelReportHead
from prevalens.reports.label_request import LabelRequest
from prevalens.reports.sections.errors import SECTION as OF_TWO
from prevalens.reports.sections.errors import (
    Errors,
    error_blocks,
    has_pictures,
    picture_notes,
    surest_errors,
)
from prevalens.reports.sections.section import Answer, Section


class LabelErrors(Part, frozen=True, kw_only=True):
    """The surest errors in one label, and how many there are, where it is known."""

    name: str
    missed: Count
    false_alarms: Count
    worst: Errors


def _compute(request: LabelRequest) -> list[LabelErrors] | None:
    columns = request.columns
    if request.worst == 0 or columns.thresholds is None:
        return None
    # As many pictures in all as a report of one label shows, spread over the labels.
    most = max(1, request.worst // len(columns.names))
    found = []
    for which, name in enumerate(columns.names):
        positive = columns.labels[:, which] == 1
        # Where a label is not known nothing is an error.
        predicted = columns.predicted[:, which] & columns.known[:, which]
        scores = columns.scores[:, which]
        found.append(
            LabelErrors(
                name=name,
                missed=int((positive & ~predicted).sum()),
                false_alarms=int((~positive & predicted).sum()),
                worst=surest_errors(request, positive, scores, predicted, most=most),
            )
        )
    return found


def _show(report: LabelReportHead) -> Sequence[Block]:
    shown: list[Block] = []
    for each in SECTION.of(report) or []:
        shown += error_blocks(each.worst, each.missed, each.false_alarms, of=each.name)
    return [*shown, *picture_notes(shown, report.settings.picture_note)]


def _pictured(report: LabelReportHead) -> bool:
    return has_pictures(_show(report))


SECTION: Section[list[LabelErrors]] = Section(
    key="label_errors",
    title="The worst misses and false alarms of each label",
    place=100,
    part=list[LabelErrors],
    compute=_compute,
    show=_show,
    newer=True,
    remedy="give `threshold`, and `worst` above 0; pictures need image files",
    answers=(
        Answer(
            items=OF_TWO.answers[-1].items,
            state="partly",
            note="The worst misses and false alarms of each label with their pictures; what they "
            "have in common is the authors' to say.",
            when=_pictured,
        ),
    ),
)
