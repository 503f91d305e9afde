"""What this report does not hold, and what would bring it in."""

from collections.abc import Sequence

from prevalens._records import Part
from prevalens.reports.document import Block, Listing, Paragraph
from prevalens.reports.report_head import ReportHead
from prevalens.reports.sections.section import Made, Section


class Absent(Part, frozen=True, kw_only=True):
    """A part that is not in the report."""

    part: str
    remedy: str


def _derive(made: Made) -> list[Absent]:
    report, held = made.report, made.request.predictions
    found = [
        Absent(part=section.title, remedy=section.remedy)
        for section in made.sections
        if section.remedy and not section.of(report)
    ]
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
    return found + [Absent(part=name, remedy=remedy) for name, gone, remedy in details if gone]


def _show(report: ReportHead) -> Sequence[Block]:
    items = [f"{absent.part}: {absent.remedy}." for absent in SECTION.of(report) or []]
    return [Listing(items)] if items else [Paragraph("Every part is here.")]


SECTION: Section[list[Absent]] = Section(
    key="not_included",
    title="Not included in this report",
    place=140,
    part=list[Absent],
    derive=_derive,
    show=_show,
    folded=True,
)
