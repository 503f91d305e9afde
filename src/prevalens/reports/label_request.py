"""What the author asked of a report of several labels a row, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prevalens._checks import check_choice
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.decisions.threshold_set import ThresholdSet
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.label_columns import LabelColumns, check_thresholds
from prevalens.metrics.settings import Settings
from prevalens.predictions.predictions import Predictions
from prevalens.reports.choices import ORIGINS
from prevalens.reports.common_request import CommonRequest, checked_common

# Arguments that a report of one label takes.
_OF_ONE = (
    *("prevalence", "compare_threshold", "uncorrected", "patient_score"),
    *("patient_threshold", "refer", "site", "baselines", "learning_curve", "development"),
)


@dataclass(frozen=True, kw_only=True)
class LabelRequest(CommonRequest):
    """The checked arguments of a `ClinicalReport` of several labels a row."""

    thresholds: Mapping[str, float] | float | None
    threshold_origin: str
    threshold_guarantee: str | None
    threshold_rules: Mapping[str, str]

    @cached_property
    def columns(self) -> LabelColumns:
        """The checked columns, as the metrics take them."""
        held = self.predictions
        at = check_thresholds(self.thresholds, held.classes)
        scores = held.scores.astype(np.float64)
        labels = held.labels.astype(np.float64)
        return LabelColumns(labels, scores, self.codes, held.classes, at, self.ids)

    @property
    def settings(self) -> Settings:
        """How estimates are asked for."""
        return Settings(None, self.confidence_level, seed=self.seed)


def checked_label_request(predictions: Predictions, **asked: Any) -> LabelRequest:
    """Check the arguments of a report of several labels.

    Raises:
        InvalidInputError: as in `ClinicalReport`, an argument is of one label, or a label is
            known of no row.
    """
    names = predictions.classes
    if asked["positive"] is not None:
        raise InvalidInputError(
            f"`positive` names classes of interest, got the labels {list(names)}, of which each "
            "has its own estimates and `threshold`. Leave it out."
        )
    for name in _OF_ONE:
        given: Any = asked[name]
        if given is not None:
            raise InvalidInputError(
                f"`{name}` is of one label, got {given!r:.60} and the labels {list(names)}. Leave "
                "it out, or report one label: `predictions.one_vs_rest(...)`."
            )
    empty = [n for n, held in zip(names, predictions.labels.T, strict=True) if _unknown(held)]
    if empty:
        raise InvalidInputError(f"The labels {empty} are known of no row. Leave them out.")
    thresholds = asked["threshold"]
    if isinstance(thresholds, OperatingPoint):
        raise InvalidInputError(
            "An operating point is of one label. Give `threshold` one number for all labels, one "
            "for each by name, or what `choose_thresholds` returned."
        )
    guarantee, rules = None, dict[str, str]()
    if isinstance(thresholds, ThresholdSet):
        guarantee = _guarantee(thresholds)
        rules = {name: point.rule for name, point in thresholds.points.items()}
        thresholds = {name: point.threshold for name, point in thresholds.points.items()}
        asked = asked | {"threshold_origin": asked["threshold_origin"] or "validation"}
    check_thresholds(thresholds, names)
    common = checked_common(predictions, asked)
    kept = ("partition", "cohort", "picture", "picture_note", "title", "made_by", "date")
    checked = ("by", "compare", "excluded", "worst", "confidence_level", "seed")
    return LabelRequest(
        predictions=predictions,
        thresholds=thresholds,
        threshold_origin=check_choice(
            "threshold_origin", asked["threshold_origin"] or "exploratory", ORIGINS
        ),
        threshold_guarantee=guarantee,
        threshold_rules=rules,
        **{name: common[name] for name in checked},
        **{name: asked[name] for name in kept},
    )


def _guarantee(chosen: ThresholdSet) -> str | None:
    """Say what each label is promised, and what all promises together are worth."""
    told = [
        f"{name}: {point.promise[0]} of at least {point.promise[1]:g}"
        for name, point in chosen.points.items()
        if point.promise
    ]
    together = chosen.guarantee
    return None if together is None else f"Promised of new patients: {'; '.join(told)}. {together}"


def _unknown(labels: Any) -> bool:
    return bool(np.isnan(labels).all())
