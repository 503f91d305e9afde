"""What every report of several classes holds, whatever its sections."""

from typing import ClassVar

from prevalens._records import Part, Record
from prevalens.exceptions import InvalidInputError
from prevalens.reports.record_parts import EstimatePart


class ClassSettings(Part, frozen=True, kw_only=True):
    """What the author asked for."""

    classes: list[str]
    ordered: bool
    train_prevalence: list[float] | None
    confidence_level: float
    seed: int
    by: list[str]
    picture_note: str


class ClassReportHead(Record, frozen=True, kw_only=True):
    """The fields that every section may read; the matrix has labels as rows."""

    FORMAT: ClassVar[str] = "prevalens report of several classes"
    REMEDY: ClassVar[str] = "Restore the file, or make the report anew."

    prevalens: str
    title: str
    data_source: str
    synthetic: bool
    settings: ClassSettings
    confusion_matrix: list[list[int]]
    estimates: dict[str, EstimatePart]

    def __post_init__(self) -> None:
        """Refuse a matrix that is not of the classes."""
        k = len(self.settings.classes)
        if len(self.confusion_matrix) != k or any(len(row) != k for row in self.confusion_matrix):
            raise InvalidInputError(f"`confusion_matrix` must have {k} rows of {k} counts")

    @property
    def level(self) -> str:
        """Coverage of the intervals in words."""
        return f"{self.settings.confidence_level * 100:g} % intervals"

    @property
    def independent(self) -> bool:
        """Whether images were stated to be independent."""
        return self.estimates["accuracy"].patients is None
