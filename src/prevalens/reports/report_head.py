"""What every report holds, whatever its sections: settings, confusion matrix, estimates."""

from typing import ClassVar, Literal

from prevalens._records import Count, Inside, Part, Record, Share
from prevalens.exceptions import InvalidInputError
from prevalens.reports.record_parts import EstimatePart, MatrixPart

Origin = Literal["pre-specified", "validation", "exploratory"]
# Measures that are shares: what no computation can give is refused.
_SHARES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "auroc", "prevalence", "brier")


class CommonSettings(Part, frozen=True, kw_only=True):
    """What the author asked of any report."""

    classes: list[str]
    confidence_level: Inside
    seed: Count
    by: list[str]
    picture_note: str


class Settings(CommonSettings, frozen=True, kw_only=True):
    """What the author asked of a report of two classes."""

    threshold: Share
    threshold_origin: Origin
    threshold_rule: str | None
    threshold_guarantee: str | None
    prevalence: Share | None
    train_prevalence: Share | None
    patient_score: str | None
    compare_threshold: Share | None


class CommonHead(Record, frozen=True, kw_only=True):
    """The fields that every section of any report may read."""

    REMEDY: ClassVar[str] = "Restore the file, or make the report anew."

    prevalens: str
    title: str
    data_source: str
    synthetic: bool
    settings: CommonSettings
    estimates: dict[str, EstimatePart]

    @property
    def level(self) -> str:
        """Coverage of the intervals in words."""
        return f"{self.settings.confidence_level * 100:g} % intervals"


class ReportHead(CommonHead, frozen=True, kw_only=True):
    """What every report of two classes holds; its estimates are at the threshold."""

    FORMAT: ClassVar[str] = "prevalens report"

    settings: Settings
    confusion_matrix: MatrixPart

    def __post_init__(self) -> None:
        """Refuse a prevalence that is not counted, and an estimate outside its measure's range."""
        if "prevalence" not in self.estimates or self.estimates["prevalence"].events is None:
            raise InvalidInputError("`estimates.prevalence` must be there, with its events")
        for name in _SHARES:
            found = self.estimates.get(name)
            if found and found.value is not None and not 0 <= found.value <= 1:
                raise InvalidInputError(
                    f"`estimates.{name}.value` must lie in [0, 1], got {found.value}"
                )

    @property
    def stated_prevalence(self) -> float:
        """The prevalence where the model will be used, or else that of the rows."""
        held = self.estimates["prevalence"].value
        return self.settings.prevalence or (0.0 if held is None else held)
