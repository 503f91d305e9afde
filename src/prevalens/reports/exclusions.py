"""What was left out before scoring, in the record and in the flow of images."""

from collections.abc import Sequence
from typing import Any

from prevalens._records import Count, Part
from prevalens.cohorts.left_out import LeftOut
from prevalens.reports.document import FlowBox
from prevalens.reports.estimate_text import count_text
from prevalens.reports.sections.partition import SECTION as PARTITION


class Excluded(Part, frozen=True, kw_only=True):
    """Images left out before any were scored, and why; patients where their number is known."""

    reason: str
    images: Count
    patients: Count | None = None


def exclusions_of(request: Any) -> dict[str, Any]:
    """Return the fields of a part about who was studied that say what was left out.

    Args:
        request: What the author asked: `excluded` is what was stated, `cohort` the divided one.
    """
    known = () if request.cohort is None else request.cohort.left_out
    stated = request.excluded
    return {
        "excluded": None if stated is None else [_part(each) for each in stated],
        "left_out": [_part(each) for each in known],
    }


def _part(each: LeftOut) -> Excluded:
    return Excluded(reason=each.reason, images=each.images, patients=each.patients)


def flow_head(report: Any, study: Any) -> list[FlowBox]:
    """Return the boxes down to the reported images, which are the last.

    Args:
        report: The report, for its partition.
        study: Its part about who was studied: images, patients, what was left out of the cohort
            (`left_out`) and what was stated to be left out besides (`excluded`).
    """
    parts = PARTITION.of(report)
    excluded, left_out = study.excluded, study.left_out
    reported = FlowBox("Reported", [_whose(study.images, study.patients)])
    if parts is None:
        return [*_exclusion(study.images, excluded), reported]
    cohort = FlowBox("Cohort", [_whose(parts.images, parts.patients)])
    others = [_part_box(part, report) for part in parts.parts if not part.reported]
    if sum(part.images for part in parts.parts if part.reported) == study.images:
        # Every image of the reported part is reported: what was left out never was in the cohort.
        return [*_exclusion(parts.images, excluded, left_out), cohort, *others, reported]
    first = _exclusion(parts.images, [], left_out) if left_out else []
    return [*first, cohort, *others, *_exclusion(None, excluded), reported]


def _exclusion(
    left: int | None, excluded: Sequence[Excluded] | None, left_out: Sequence[Excluded] = ()
) -> list[FlowBox]:
    """Return what was left out, after the images before it where those that are left are known."""
    all_of_it = [*left_out, *(excluded or [])]
    gone = sum(each.images for each in all_of_it)
    told = [f"{each.reason}: {_whose(each.images, each.patients)}" for each in all_of_it]
    before = "" if left is None else count_text(left + gone, "image")
    if excluded is None:
        before = f"at least {before}" if left_out else "not provided"
        told.append("others: not provided" if left_out else "not provided")
    first = [] if left is None else [FlowBox("Before exclusions", [before])]
    return [*first, FlowBox("Excluded", told or ["none"], where="aside")]


def _part_box(part: Any, report: Any) -> FlowBox:
    lines = [_whose(part.images, part.patients)]
    if part.positive_images is not None:
        negative, positive = report.settings.classes
        rest = part.images - part.positive_images
        lines.append(f"{part.positive_images:,} {positive}, {rest:,} {negative}")
    return FlowBox(part.name.capitalize(), lines, where="aside")


def _whose(images: int, patients: int | None) -> str:
    count = count_text(images, "image")
    return count if patients is None else f"{count} of {count_text(patients, 'patient')}"
