"""Whether acting on the model does more good than treating all or none."""

from typing import Any

import numpy as np

from prevalens.metrics.estimate import Estimate
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.registry import keys_where
from prevalens.metrics.utility import net_benefit
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_POINTS = 40


def decision_curve(
    predictions: Predictions, scores: Scores, *, at: float, confidence_level: float
) -> dict[str, Any]:
    """Compute net benefit at the threshold and over the risks at which one might act.

    Args:
        predictions: Two-class predictions.
        scores: Scores that may be read as risks, shape `(n_rows,)`: corrected for prevalence.
        at: The report's threshold on those scores.
        confidence_level: Coverage of the intervals, at each risk by itself.

    Returns:
        The `risk` the threshold stands for, the `estimates` there, and the `curve` as plain lists.
    """
    # Beyond a few times the prevalence nothing is gained by any model of a rare disease.
    last = min(0.95, max(0.2, 3 * predictions.prevalence))
    risks = np.linspace(0.01, last, _POINTS).round(4).tolist()
    found = net_benefit(
        predictions.labels,
        scores,
        risks,
        patients=predictions.patients,
        confidence_level=confidence_level,
    )
    estimates = all_estimates(
        predictions.labels,
        scores,
        threshold=min(at, 0.9999),
        patients=predictions.patients,
        confidence_level=confidence_level,
        measures=keys_where(lambda measure: measure.group == "utility"),
    )
    return {
        "risk": min(at, 0.9999),
        "estimates": {name: estimate.to_dict() for name, estimate in estimates.items()},
        "curve": {
            "thresholds": risks,
            "model": [_value(estimate) for estimate in found.model],
            "lower": [estimate.lower for estimate in found.model],
            "upper": [estimate.upper for estimate in found.model],
            "treat_all": [_value(estimate) for estimate in found.treat_all],
        },
    }


def _value(estimate: Estimate) -> float | None:
    return estimate.value
