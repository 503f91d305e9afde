"""What a call means at each prevalence, from rare to even."""

from typing import Any

from prevalens.metrics.predictive import predictive_values
from prevalens.predictions.predictions import Predictions

_GRID = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def predictive_table(
    predictions: Predictions, *, threshold: float, stated: float | None, confidence_level: float
) -> list[dict[str, Any]]:
    """Compute PPV and NPV over a range of prevalences, the stated one among them.

    Args:
        predictions: Two-class predictions.
        threshold: Scores at or above it are called positive.
        stated: Prevalence where the model will be used, or None.
        confidence_level: Coverage of the intervals.

    Returns:
        For each prevalence, rising: `prevalence`, whether it is the `stated` one, `ppv`, `npv`.
    """
    calls = predictions.scores >= threshold
    rows = []
    for share in sorted({*_GRID, *(() if stated is None else (stated,))}):
        found = predictive_values(
            predictions.labels,
            calls,
            prevalence=share,
            patients=predictions.patients,
            confidence_level=confidence_level,
        )
        rows.append(
            {
                "prevalence": share,
                "stated": share == stated,
                "ppv": found.ppv.to_dict(),
                "npv": found.npv.to_dict(),
            }
        )
    return rows
