"""What a report of several classes does not hold, and what would bring it in."""

from prevalens.reports.sections.not_included import (
    Absent,
    absent_sections,
    show_absent,
    without,
)
from prevalens.reports.sections.section import Made, Section


def _derive(made: Made) -> list[Absent]:
    held = made.request.predictions
    return [
        *absent_sections(made),
        *without(
            ("Data source", not held.provenance, "give `provenance` with the predictions"),
            ("Rows left out before scoring", made.request.excluded is None, "give `excluded`"),
            ("Pictures of errors", held.images is None, "the predictions need image files"),
        ),
    ]


SECTION: Section[list[Absent]] = Section(
    key="not_included",
    title="Not included in this report",
    place=140,
    part=list[Absent],
    derive=_derive,
    show=show_absent,
    folded=True,
)
