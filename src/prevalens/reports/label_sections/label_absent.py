"""What a report of several labels does not hold, and what would bring it in."""

from prevalens.reports.sections.not_included import (
    Absent,
    absent_sections,
    show_absent,
    without,
)
from prevalens.reports.sections.section import Made, Section


def _derive(made: Made) -> list[Absent]:
    request = made.request
    one = "report one label, `predictions.one_vs_rest(...)`"
    return [
        *absent_sections(made),
        *without(
            ("Data source", not request.predictions.provenance, "give `provenance`"),
            ("Predicted labels", request.thresholds is None, "give `threshold`"),
            ("Rows left out before scoring", request.excluded is None, "give `excluded`"),
            ("Subgroups and errors of a label", True, one),
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
