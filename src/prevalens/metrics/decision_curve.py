"""Decision curves: net benefit over the thresholds at which one would act."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from prevalens._checks import check_number
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_columns, check_confidence_level
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.metrics.standardised import check_target, estimate_at

_CURVES = {
    "model": "net_benefit",
    "treat_all": "net_benefit_treat_all",
    "standardised": "standardised_net_benefit",
    "over_treat_all": "net_benefit_over_treat_all",
}


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
        over_treat_all: Net benefit of the model less that of calling every image positive.

    Limits hold at each threshold by itself, not at all of them at once.

    Examples:
        >>> curve = net_benefit([1, 1, 0, 0], [0.9, 0.8, 0.6, 0.1], [0.5, 0.7])
        >>> [made.value for made in curve.model]  # one false positive at 0.5, none at 0.7
        [0.25, 0.5]
    """

    thresholds: tuple[float, ...]
    model: tuple[Estimate, ...]
    treat_all: tuple[Estimate, ...]
    standardised: tuple[Estimate, ...]
    over_treat_all: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as plain values."""
        return {"thresholds": list(self.thresholds)} | {
            name: [estimate.to_dict() for estimate in getattr(self, name)] for name in _CURVES
        }


def net_benefit(
    labels: ArrayLike,
    scores: ArrayLike,
    thresholds: float | Sequence[float],
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    weights: ArrayLike | None = None,
    prevalence: float | None = None,
) -> DecisionCurve:
    """Compute net benefit, alone and over treating all, at one or more thresholds.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1]; calibrated, or the
            threshold does not mean what it says.
        thresholds: The risk at which one would just act, one or several, each in [0, 1).
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at, at each threshold by itself.
        weights: How many images each row stands for, as in `all_estimates`.
        prevalence: Share of positive images where the model will be used, in (0, 1), taken as
            known: net benefit is given at this one. None: that of the rows.

    Raises:
        InvalidInputError: a column or the prevalence breaks its rule, or a threshold lies outside
            [0, 1).

    References:
        Vickers & Elkin, Med Decis Making 2006;26:565-574.
        Kerr, Brown, Zhu & Janes, J Clin Oncol 2016;34:2534-2540.

    Examples:
        >>> curve = net_benefit([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.5)
        >>> curve.model[0].value, curve.treat_all[0].value, curve.standardised[0].value
        (0.0, 0.0, 0.0)

        Where one image in fifty is positive, acting on every second negative does harm:

        >>> curve = net_benefit([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.5, prevalence=0.02)
        >>> round(curve.model[0].value, 3)
        -0.48
    """
    columns, confidence_level = (
        check_columns(labels, scores, patients),
        check_confidence_level(confidence_level),
    )
    listed = [thresholds] if isinstance(thresholds, int | float) else list(thresholds)
    risks = [check_number("threshold", risk, low=0, high=1, open_high=True) for risk in listed]
    columns, target = check_target(columns, weights, prevalence)
    curves = {
        name: tuple(
            estimate_at(measure_of(key), columns, Settings(risk, confidence_level), target)
            for risk in risks
        )
        for name, key in _CURVES.items()
    }
    return DecisionCurve(thresholds=tuple(risks), **curves)
