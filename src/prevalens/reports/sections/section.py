"""What a section of a report is: its part of the record, how it is computed and shown.

A report of two classes is made of a `Request` and a `ReportHead`, one of several classes of a
`ClassRequest` and a `ClassReportHead`; a section says by its own types which of them it serves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from prevalens.reports.document import Block

P = TypeVar("P")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a section says to items of reporting guidelines.

    Args:
        items: The items, for example `"STARD-AI 30"`.
        note: What the report holds; for a partial answer also what it does not.
        state: `"answered"`, `"partly"` or `"not applicable"`.
        when: Whether this very report holds it, from the report and its other parts by key.
    """

    items: Sequence[str]
    note: str
    state: str = "answered"
    when: Callable[[Any], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a section that is derived from others is made of.

    Args:
        request: What the author asked.
        report: What every report holds, and the parts that are there so far.
        sections: The whole table of sections.
    """

    request: Any
    report: Any
    sections: "Sequence[Section[Any]]"


@dataclass(frozen=True, kw_only=True)
class Section(Generic[P]):
    """One section: an entry of the table that order, record, schema and formats follow from.

    Args:
        key: Name of its part in the record, of its links and of its file.
        title: What a reader sees.
        place: Where it stands among the others, rising; no two are equal.
        part: Type of its part of the record; None where it shows what every report holds.
        compute: Returns the part, or None where the input does not hold what it needs.
        show: Returns the blocks of the section, from the whole report; none leaves it out.
        remedy: What would bring it in, where it is absent; empty where nothing is missing then.
        answers: What it says to items of reporting guidelines.
        derive: Computes the part from the others, after them, where `compute` is None.
        titled: Returns the title in a report that needs another than `title`.
        folded: Whether a page may fold it.
        newer: Whether files of the present version may lack it, because it came after them.
    """

    key: str
    title: str
    place: int
    show: Callable[[Any], Sequence[Block]]
    part: Any = None
    compute: Callable[[Any], P | None] | None = None
    derive: Callable[[Made], P | None] | None = None
    remedy: str = ""
    answers: Sequence[Answer] = ()
    titled: Callable[[Any], str] | None = None
    folded: bool = False
    newer: bool = False

    def of(self, report: Any) -> P | None:
        """Return this section's part of a report."""
        found: P | None = getattr(report, self.key, None)
        return found

    def heading(self, report: Any) -> str:
        """Return the title of this section in a report that holds it."""
        return self.title if self.titled is None else self.titled(report)
