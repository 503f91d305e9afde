"""What was decided about a changed model, and the page that shows it."""

from typing import ClassVar, Literal

from prevalens._records import Count, Part, Record, Share
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.registry import all_measures
from prevalens.reports.acceptance_criteria import AcceptanceCriteria
from prevalens.reports.document import Document, Listing, Paragraph, Passage, Table
from prevalens.reports.estimate_text import estimate_text, p_text
from prevalens.reports.record_parts import EstimatePart, refuse_outside


class CriterionResult(Part, frozen=True, kw_only=True):
    """One criterion, what was estimated for it, and whether it is met.

    A criterion whose estimate or interval cannot be computed is not met.
    """

    kind: Literal["non-inferiority", "bound"]
    criterion: str
    measure: str
    level: str | None
    new: EstimatePart
    old: EstimatePart | None
    difference: EstimatePart | None
    p_value: Share | None
    met: bool
    reason: str

    def __post_init__(self) -> None:
        """Refuse estimates outside the range of the measure, where it is registered."""
        measure = next((each for each in all_measures() if each.key == self.measure), None)
        if measure is None:
            return
        low, high = measure.low, measure.high
        for name, held in (("new", self.new), ("old", self.old)):
            if held is not None:
                refuse_outside(held, low, high, where=f"{name} {self.measure}")
        if self.difference is not None:
            where = f"difference of {self.measure}"
            refuse_outside(self.difference, low - high, high - low, where=where)


class AcceptanceRecord(Record, frozen=True, kw_only=True):
    """The decision with everything it was made from."""

    FORMAT: ClassVar[str] = "prevalens acceptance"
    REMEDY: ClassVar[str] = "Restore it, or judge anew."

    prevalens: str
    accepted: bool
    criteria: AcceptanceCriteria
    criteria_sha256: str
    new: str
    new_sha256: str
    old: str
    old_sha256: str
    locked_set_sha256: str
    locked: bool
    images: Count
    positives: Count
    patients: Count | None
    results: list[CriterionResult]
    notes: list[str]

    def __post_init__(self) -> None:
        """Refuse a decision that its results do not give."""
        if self.accepted != all(result.met for result in self.results):
            raise InvalidInputError("accepted must say whether every criterion is met")


def document_of(record: AcceptanceRecord) -> Document:
    """Arrange a record as one page."""
    missed = [result for result in record.results if not result.met]
    total = len(record.results)
    decision = (
        Paragraph(f"Accepted: all {total} criteria are met.")
        if record.accepted
        else Paragraph(f"Not accepted: {len(missed)} of {total} criteria are not met.", "warning")
    )
    return Document(
        f"{record.criteria.name}: is the new model accepted?",
        [decision],
        [
            *_reasons(missed),
            Passage("comparison", "Against the old model", [_compared(record)]),
            Passage("bounds", "Bounds on the new model", _bounds(record)),
            Passage("rows", "What was judged", [_rows(record), *_notes(record)]),
        ],
    )


def _compared(record: AcceptanceRecord) -> Table | Paragraph:
    rows = [
        (
            result.criterion,
            estimate_text(result.new),
            estimate_text(result.old),
            estimate_text(result.difference),
            p_text(result.p_value),
            _verdict(result),
        )
        for result in record.results
        if result.old is not None and result.difference is not None
    ]
    if not rows:
        return Paragraph("No comparison with the old model was asked for.")
    header = ("Criterion", "New", "Old", "New - old", "One-sided p", "Verdict")
    return Table(f"Non-inferiority, paired, with {_level(record)} intervals", header, rows)


def _bounds(record: AcceptanceRecord) -> list[Table | Paragraph]:
    rows = [
        (result.criterion, result.level or "all rows", estimate_text(result.new), _verdict(result))
        for result in record.results
        if result.kind == "bound"
    ]
    if not rows:
        return [Paragraph("No bounds were asked for.")]
    header = ("Criterion", "Rows", "New", "Verdict")
    return [Table(f"Bounds, with {_level(record)} intervals", header, rows)]


def _reasons(missed: list[CriterionResult]) -> list[Passage]:
    told = [
        f"{result.criterion}{f', {result.level}' if result.level else ''}: {result.reason}."
        for result in missed
    ]
    return [Passage("missed", "What is not met", [Listing(told, "warning")])] if told else []


def _rows(record: AcceptanceRecord) -> Table:
    patients = "independent images" if record.patients is None else f"{record.patients:,}"
    at = record.criteria
    old = at.threshold if at.old_threshold is None else at.old_threshold
    rows = [
        ("Images, positive, patients", f"{record.images:,}, {record.positives:,}, {patients}"),
        ("Threshold, new and old", f"{at.threshold!r} and {old!r}"),
        ("New predictions", f"{record.new}, SHA-256 {record.new_sha256}"),
        ("Old predictions", f"{record.old}, SHA-256 {record.old_sha256}"),
        ("Criteria", f"SHA-256 {record.criteria_sha256}"),
        (
            "Test set",
            f"{'locked' if record.locked else 'not locked'}, SHA-256 {record.locked_set_sha256}",
        ),
        ("Made by", f"prevalens {record.prevalens}"),
    ]
    return Table("Rows, thresholds and hashes", ("What", "Value"), rows)


def _notes(record: AcceptanceRecord) -> list[Paragraph]:
    return [Paragraph(note, "note") for note in record.notes]


def _level(record: AcceptanceRecord) -> str:
    return f"{record.criteria.confidence_level * 100:g} %"


def _verdict(result: CriterionResult) -> str:
    return "met" if result.met else "NOT MET"
