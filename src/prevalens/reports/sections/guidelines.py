"""Where this very report answers each item of the reporting guidelines, and where it does not."""

from collections.abc import Sequence
from typing import Literal

from prevalens._records import Part
from prevalens.reports.document import Block, Either, Paragraph, Table
from prevalens.reports.guideline_items import ITEMS, SOURCES, Item
from prevalens.reports.report_head import ReportHead
from prevalens.reports.sections.section import Answer, Made, Section

State = Literal["answered", "partly", "not applicable", "to be completed by the authors"]
STATES = ("answered", "not applicable", "partly", "to be completed by the authors")
_OPEN = Answer(items=(), state=STATES[-1], note="")


class GuidelineRow(Part, frozen=True, kw_only=True):
    """One item, and its state in this report.

    `where` is the key of the section that answers, which is its anchor in the page, and `section`
    the title that a reader sees there; both are empty where the authors answer.
    """

    guideline: str
    item: str
    asks: str
    state: State
    where: str
    note: str
    section: str = ""  # reports written before it was held lack it

    @property
    def told_section(self) -> str:
        """Title of the section that answers, or its key in words."""
        return self.section or self.where.replace("_", " ").capitalize()


def _derive(made: Made) -> list[GuidelineRow]:
    return [_row(item, made) for item in ITEMS]


def _row(item: Item, made: Made) -> GuidelineRow:
    """Return the fullest answer that a section of this very report gives to an item."""
    found = [
        (section, answer)
        for section in made.sections
        for answer in section.answers
        if item.key in answer.items and answer.when(made.report)
    ]
    section, answer = min(
        found, key=lambda pair: STATES.index(pair[1].state), default=(None, _OPEN)
    )
    return GuidelineRow(
        guideline=item.guideline,
        item=item.number,
        asks=item.asks,
        state=answer.state,  # type: ignore[arg-type]
        where="" if section is None else section.key,
        note=answer.note,
        section="" if section is None else section.heading(made.report),
    )


def _show(report: ReportHead) -> Sequence[Block]:
    rows = SECTION.of(report) or []
    shown: list[Block] = [
        Paragraph(
            "One row for each sub-item. What this report does not hold is to be completed by the "
            "authors; an answer in part says what is missing."
        )
    ]
    for guideline, source in SOURCES.items():
        own = [row for row in rows if row.guideline == guideline]
        still = [row for row in own if row.state == STATES[-1]]
        told = f"To be completed by the authors: {', '.join(row.item for row in still)}."
        answered = [row for row in own if row.state != STATES[-1]]
        short: list[Block] = [_table(source, own, answered), Paragraph(told)]
        shown.append(Either([_table(source, own, own)], short if still else short[:1]))
    return shown


def _table(source: str, every: Sequence[GuidelineRow], listed: Sequence[GuidelineRow]) -> Table:
    found = {state: sum(row.state == state for row in every) for state in STATES}
    counts = ", ".join(f"{count} {state}" for state, count in found.items() if count)
    cells = [(f"{row.guideline} {row.item}", row.asks, row.state, _told(row)) for row in listed]
    header = ("Item", "Asks for", "State", "Where, and what")
    leads = [f"#{row.where}" if row.where else "" for row in listed]
    return Table(f"{source}: {counts}", header, cells, leads=leads)


def _told(row: GuidelineRow) -> str:
    return f"{row.told_section}: {row.note}" if row.where else ""


SECTION: Section[list[GuidelineRow]] = Section(
    key="guidelines",
    title="Reporting guidelines",
    place=130,
    part=list[GuidelineRow],
    derive=_derive,
    show=_show,
    folded=True,
)
