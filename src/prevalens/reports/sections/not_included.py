"""What this report does not hold, and what would bring it in."""

from collections.abc import Sequence
from typing import Any

from prevalens._records import Part
from prevalens.reports.document import Block, Listing, Paragraph
from prevalens.reports.sections.section import Made, Section


class Absent(Part, frozen=True, kw_only=True):
    """A part that is not in the report."""

    part: str
    remedy: str


def _derive(made: Made) -> list[Absent]:
    held, found = made.request.predictions, absent_sections(made)
    details = (
        ("Data source", not held.provenance, "give `provenance` with the predictions"),
        (
            "Prevalence correction",
            held.train_prevalence is None and made.request.uncorrected is None,
            "the predictions need `train_prevalence` and rows of both classes",
        ),
        (
            "Predictive values and net benefit where the model will be used",
            made.request.prevalence is None,
            "give `prevalence`",
        ),
        ("Rows left out before scoring", made.request.excluded is None, "give `excluded`"),
        ("Pictures of errors", held.images is None, "the predictions need image files"),
    )
    return [*found, *without(*details)]


def without(*details: tuple[str, bool, str]) -> list[Absent]:
    """Return the parts that are gone, of name, whether it is gone, and remedy."""
    return [Absent(part=name, remedy=remedy) for name, gone, remedy in details if gone]


def absent_sections(made: Made) -> list[Absent]:
    """Return the sections that a report lacks, and what would bring them in."""
    return [
        Absent(part=section.title, remedy=section.remedy)
        for section in made.sections
        if section.remedy and not section.of(made.report)
    ]


def show_absent(report: Any) -> Sequence[Block]:
    """List what is absent."""
    items = [f"{absent.part}: {absent.remedy}." for absent in report.not_included or []]
    return [Listing(items)] if items else [Paragraph("Every part is here.")]


SECTION: Section[list[Absent]] = Section(
    key="not_included",
    title="Not included in this report",
    place=140,
    part=list[Absent],
    derive=_derive,
    show=show_absent,
    folded=True,
)
