"""What every report of several labels a row holds, whatever its sections."""

from typing import ClassVar

import msgspec

from prevalens._records import Share
from prevalens.exceptions import InvalidInputError
from prevalens.reports.report_head import CommonHead, CommonSettings


class LabelSettings(CommonSettings, frozen=True, kw_only=True):
    """What the author asked for; one threshold for each label, or none, and how each was chosen."""

    thresholds: list[Share] | None
    threshold_origin: str
    train_prevalence: list[Share] | None
    threshold_guarantee: str | None = None
    threshold_rules: dict[str, str] = msgspec.field(default_factory=dict)
    by: list[str] = msgspec.field(default_factory=list)
    picture_note: str = ""


class LabelReportHead(CommonHead, frozen=True, kw_only=True):
    """The fields that every section may read; the estimates are of all labels together."""

    FORMAT: ClassVar[str] = "prevalens report of several labels"

    settings: LabelSettings

    def __post_init__(self) -> None:
        """Refuse thresholds or training shares that are not of the labels."""
        k = len(self.settings.classes)
        for name in ("thresholds", "train_prevalence"):
            given = getattr(self.settings, name)
            if given is not None and len(given) != k:
                raise InvalidInputError(f"`{name}` must have one for each of {k} labels")

    @property
    def independent(self) -> bool:
        """Whether images were stated to be independent."""
        return self.estimates["macro_auroc"].patients is None
