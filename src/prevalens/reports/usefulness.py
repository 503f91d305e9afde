"""Whether acting on the model does more good than treating all or none."""

from typing import Any

import numpy as np

from prevalens.metrics.figure import Figure
from prevalens.metrics.utility import net_benefit
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_POINTS = 40


def decision_curve(
    predictions: Predictions, scores: Scores, *, at: float, level: float
) -> dict[str, Any]:
    """Compute net benefit at the threshold and over the risks at which one might act.

    Args:
        predictions: Two-class predictions.
        scores: Scores that may be read as risks, shape `(n_rows,)`: corrected for prevalence.
        at: The report's threshold on those scores.
        level: Coverage of the intervals, at each risk by itself.

    Returns:
        The `risk` the threshold stands for, the `figures` there, and the `curve` as plain lists.
    """
    # Beyond a few times the prevalence nothing is gained by any model of a rare disease.
    last = min(0.95, max(0.2, 3 * predictions.prevalence))
    risks = np.linspace(0.01, last, _POINTS).round(4).tolist()
    found = net_benefit(
        predictions.labels,
        scores,
        [*risks, min(at, 0.9999)],
        patients=predictions.patients,
        level=level,
    )
    figures = {
        "net_benefit": found.model[-1],
        "net_benefit_treat_all": found.treat_all[-1],
        "standardised_net_benefit": found.standardised[-1],
    }
    return {
        "risk": min(at, 0.9999),
        "figures": {name: figure.to_dict() for name, figure in figures.items()},
        "curve": {
            "thresholds": risks,
            "model": [_value(figure) for figure in found.model[:-1]],
            "lower": [figure.lower for figure in found.model[:-1]],
            "upper": [figure.upper for figure in found.model[:-1]],
            "treat_all": [_value(figure) for figure in found.treat_all[:-1]],
        },
    }


def _value(figure: Figure) -> float | None:
    return figure.value
