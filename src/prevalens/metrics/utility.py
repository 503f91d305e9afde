"""What a model is worth to the patients it is used on: net benefit and decision curves."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number
from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import bounded_limits
from prevalens.metrics.linear import basis_of, linear_estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Flags, Numbers

_METHOD = "net benefit (Vickers & Elkin 2006), logit scale of its range, {}"
_STANDARDISED = "net benefit / prevalence (Kerr 2016), logit scale of its range, {}"


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit over a range of thresholds, beside treating all and treating none.

    Net benefit is true positives per image, minus false positives per image times the odds of the
    threshold. Treating none has a net benefit of 0 everywhere.

    Args:
        thresholds: Thresholds in [0, 1), in the order given.
        model: Net benefit of calling positive where score >= threshold, one for each threshold.
        treat_all: Net benefit of calling every image positive.
        standardised: Net benefit of the model over the prevalence: at most 1.
    """

    thresholds: tuple[float, ...]
    model: tuple[Estimate, ...]
    treat_all: tuple[Estimate, ...]
    standardised: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as plain values."""
        return {"thresholds": list(self.thresholds)} | {
            name: [estimate.to_dict() for estimate in getattr(self, name)]
            for name in ("model", "treat_all", "standardised")
        }


def net_benefit(
    labels: ArrayLike,
    scores: ArrayLike,
    thresholds: float | Sequence[float],
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> DecisionCurve:
    """Compute net benefit, treat-all and standardised net benefit at one or more thresholds.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1]; calibrated, or the
            threshold does not mean what it says.
        thresholds: The risk at which one would just act, one or several, each in [0, 1).
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at, at each threshold by itself.

    Raises:
        InvalidInputError: a column breaks its rule, or a threshold lies outside [0, 1).

    References:
        Vickers & Elkin, Med Decis Making 2006;26:565-574.
        Kerr, Brown, Zhu & Janes, J Clin Oncol 2016;34:2534-2540.

    Examples:
        >>> curve = net_benefit([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.5)
        >>> curve.model[0].value, curve.treat_all[0].value, curve.standardised[0].value
        (0.0, 0.0, 0.0)
    """
    columns, confidence_level = (
        check_columns(labels, scores, patients),
        check_confidence_level(confidence_level),
    )
    listed = [thresholds] if isinstance(thresholds, int | float) else list(thresholds)
    risks = [check_number("threshold", risk, low=0, high=1, open_high=True) for risk in listed]
    settings = [Settings(threshold=risk, confidence_level=confidence_level) for risk in risks]
    return DecisionCurve(
        thresholds=tuple(risks),
        model=tuple(benefit_at(columns, each) for each in settings),
        treat_all=tuple(treat_all_at(columns, each) for each in settings),
        standardised=tuple(standardised_at(columns, each) for each in settings),
    )


def benefit_rows(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return what each image is worth at a threshold below 1, and whether it is positive."""
    return worth_of(columns, columns.scores >= threshold, threshold)


def worth_of(columns: Columns, predicted: Flags, threshold: float) -> tuple[Numbers, ...]:
    """Return what given predictions are worth, image by image, and whether it is positive."""
    loss = -threshold / (1 - threshold)
    worth: Numbers = np.where(predicted, np.where(columns.labels, 1.0, loss), 0.0)
    return worth, columns.labels.astype(np.float64)


def benefit_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute the net benefit of a model at its threshold."""
    at = _threshold(settings)
    return _estimate(columns, benefit_rows(columns, at), settings)


def treat_all_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute the net benefit of predicting every image positive."""
    everyone = np.ones(columns.labels.size, dtype=bool)
    return _estimate(columns, worth_of(columns, everyone, _threshold(settings)), settings)


def standardised_at(columns: Columns, settings: Settings) -> Estimate:
    """Compute net benefit over the prevalence."""
    worth, labels = benefit_rows(columns, _threshold(settings))
    share, confidence_level = float(labels.mean()), settings.confidence_level
    if share == 0:
        reason = "no positive images"
        return basis_of(columns, confidence_level).refuse(reason, _STANDARDISED.format(INDEPENDENT))
    value = float(worth.mean()) / share
    influence_values = (worth - value * labels) / labels.size / share
    return linear_estimate(
        columns,
        value,
        influence_values,
        functools.partial(bounded_limits, low=-_odds(settings) / share, high=1.0),
        method=_STANDARDISED,
        confidence_level=confidence_level,
    )


def _threshold(settings: Settings) -> float:
    return 0.0 if settings.threshold is None else settings.threshold


def _estimate(columns: Columns, rows: tuple[Numbers, ...], settings: Settings) -> Estimate:
    value = float(rows[0].mean())
    return linear_estimate(
        columns,
        value,
        (rows[0] - value) / rows[0].size,
        functools.partial(bounded_limits, low=-_odds(settings), high=1.0),
        method=_METHOD,
        confidence_level=settings.confidence_level,
    )


def _odds(settings: Settings) -> float:
    """Return what a false positive costs: minus this is the least net benefit possible."""
    at = _threshold(settings)
    return at / (1 - at)
