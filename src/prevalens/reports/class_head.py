"""What every report of several classes holds, whatever its sections."""

from typing import ClassVar

from prevalens._records import Count, Share
from prevalens.exceptions import InvalidInputError
from prevalens.reports.report_head import CommonHead, CommonSettings


class ClassSettings(CommonSettings, frozen=True, kw_only=True):
    """What the author asked for."""

    ordered: bool
    train_prevalence: list[Share] | None


class ClassReportHead(CommonHead, frozen=True, kw_only=True):
    """The fields that every section may read; the matrix has labels as rows."""

    FORMAT: ClassVar[str] = "prevalens report of several classes"

    settings: ClassSettings
    confusion_matrix: list[list[Count]]

    def __post_init__(self) -> None:
        """Refuse a matrix or training shares that are not of the classes."""
        k, shares = len(self.settings.classes), self.settings.train_prevalence
        if shares is not None and len(shares) != k:
            raise InvalidInputError(f"`train_prevalence` must have one for each of {k} classes")
        if len(self.confusion_matrix) != k or any(len(row) != k for row in self.confusion_matrix):
            raise InvalidInputError(f"`confusion_matrix` must have {k} rows of {k} counts")

    @property
    def independent(self) -> bool:
        """Whether images were stated to be independent."""
        return self.estimates["accuracy"].patients is None
