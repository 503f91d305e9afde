"""What the author asked of a report of several classes, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.settings import Settings
from prevalens.predictions.predictions import Predictions
from prevalens.reports.class_interest import Interest, classes_of_interest
from prevalens.reports.common_request import CommonRequest, checked_common
from prevalens.reports.development import Development
from prevalens.reports.patient_curve import PatientCurve

# Arguments that say something of two classes alone.
_OF_TWO = (
    *("compare_threshold", "uncorrected", "patient_score", "patient_threshold", "refer", "site"),
)
# Those that may be of the classes of interest.
_OF_INTEREST = ("positive", "threshold", "threshold_origin", "prevalence")


@dataclass(frozen=True, kw_only=True)
class ClassRequest(CommonRequest):
    """The checked arguments of a `ClinicalReport` of several classes."""

    interest: Mapping[str, Interest]
    guarantee: str | None
    learning_curve: PatientCurve | None
    development: Development | None
    baselines: Mapping[str, Predictions] | None

    @cached_property
    def columns(self) -> ClassColumns:
        """The checked columns, as the metrics take them."""
        held = self.predictions
        scores = held.scores.astype(np.float64)
        return ClassColumns(held.labels, scores, self.codes, held.classes, held.ordered, self.ids)

    def columns_of(self, other: Predictions) -> ClassColumns:
        """Return the columns of another model's scores of the same rows."""
        # The labels are the same array, which says that both models scored the same rows.
        return replace(self.columns, scores=other.scores.astype(np.float64))

    @property
    def settings(self) -> Settings:
        """How estimates are asked for."""
        return Settings(None, self.confidence_level, seed=self.seed)


def checked_class_request(predictions: Predictions, **asked: Any) -> ClassRequest:
    """Check the arguments of a report of several classes.

    Raises:
        InvalidInputError: as in `ClinicalReport`, or an argument is of two classes.
    """
    given = [name for name in _OF_TWO if asked[name] is not None]
    if given:
        raise InvalidInputError(
            f"`{given[0]}` is of two classes, got {asked[given[0]]!r} and the classes "
            f"{list(predictions.classes)}, of which the one with the highest score is predicted. "
            "Leave it out, or report one class against the rest: `predictions.one_vs_rest(...)`."
        )
    interest, guarantee = classes_of_interest(predictions, asked)
    kept = {name: asked[name] for name in asked if name not in {*_OF_TWO, *_OF_INTEREST}}
    return ClassRequest(
        predictions=predictions,
        interest=interest,
        guarantee=guarantee,
        **kept | checked_common(predictions, asked),
    )
