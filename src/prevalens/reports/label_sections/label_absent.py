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
    return [
        *absent_sections(made),
        *without(
            ("Data source", not request.predictions.provenance, "give `provenance`"),
            ("Predicted labels", request.thresholds is None, "give `threshold`"),
            ("Rows left out before scoring", request.excluded is None, "give `excluded`"),
            (
                "Predictive values, net benefit and pooled patients of a label",
                True,
                "report one label, `predictions.one_vs_rest(...)`",
            ),
            ("Pictures of errors", request.predictions.images is None, "give image files"),
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
