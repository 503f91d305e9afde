"""What a model is worth to the patients it is used on: net benefit and decision curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number
from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import benefit_influence
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import Limits, plain_limits
from prevalens.metrics.linear import basis_of, linear_estimate
from prevalens.typing import Flags

_METHOD = "net benefit (Vickers & Elkin 2006), {}"
_STANDARDISED = "net benefit / prevalence (Kerr et al. 2016), {}"


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
    everyone = np.ones(columns.labels.size, dtype=bool)
    return DecisionCurve(
        thresholds=tuple(risks),
        model=tuple(
            benefit_estimate(
                columns, columns.scores >= risk, risk, confidence_level=confidence_level
            )
            for risk in risks
        ),
        treat_all=tuple(
            benefit_estimate(columns, everyone, risk, confidence_level=confidence_level)
            for risk in risks
        ),
        standardised=tuple(
            _standardised(columns, risk, confidence_level=confidence_level) for risk in risks
        ),
    )


def benefit_estimate(
    columns: Columns, calls: Flags, threshold: float, *, confidence_level: float
) -> Estimate:
    """Compute the net benefit of given calls."""
    made = benefit_influence(columns.labels, calls, threshold)
    return linear_estimate(
        columns, made.value, made.pulls, _up_to_1, method=_METHOD, confidence_level=confidence_level
    )


def _standardised(columns: Columns, threshold: float, *, confidence_level: float) -> Estimate:
    labels = columns.labels
    made = benefit_influence(labels, columns.scores >= threshold, threshold)
    share = float(labels.mean())
    if share == 0:
        reason = "no positive images"
        return basis_of(columns, confidence_level).refuse(reason, _STANDARDISED.format(INDEPENDENT))
    value = made.value / share
    pulls = (made.pulls - value * (labels - share) / labels.size) / share
    return linear_estimate(
        columns, value, pulls, _up_to_1, method=_STANDARDISED, confidence_level=confidence_level
    )


def _up_to_1(value: float, half: float) -> Limits:
    return plain_limits(value, half, high=1.0)
