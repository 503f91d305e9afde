"""Agreement of labels and predictions of several classes: kappas and Matthews' correlation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_means import rare_classes
from prevalens.metrics.class_smooth import estimate_from, matrix_pulls
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Numbers

_NAMES = {
    "mcc": "Matthews' correlation of several classes (Gorodkin 2004)",
    "kappa": "Cohen's kappa (Cohen 1960)",
    "linear_kappa": "weighted kappa, linear weights (Cohen 1968)",
    "quadratic_kappa": "weighted kappa, quadratic weights (Cohen 1968)",
}


def agreement_estimate(key: str) -> Callable[[ClassColumns, Settings], Estimate]:
    """Return what computes `"mcc"`, `"kappa"`, `"linear_kappa"` or `"quadratic_kappa"`."""
    smooth = estimate_from(agreement_pulls(key), name=_NAMES[key], low=-1.0)

    def estimate(columns: ClassColumns, settings: Settings) -> Estimate:
        basis, matrix = columns.basis(settings.confidence_level), columns.matrix
        labels, predictions = (np.count_nonzero(matrix.sum(axis=axis)) for axis in (1, 0))
        if labels == 1:
            return basis.refuse("all images are of one class", _NAMES[key])
        if predictions == 1 and key == "mcc":
            return basis.refuse("all predictions are of one class", _NAMES[key])
        if predictions == 1:
            why = "all predictions are of one class, so kappa is 0 whatever the labels"
            return basis.without_limits(0.0, _NAMES[key], why)
        made = smooth(columns, settings)
        rare = rare_classes(columns)
        if not rare or made.lower is None:
            return made
        return replace(made, note=" ".join(filter(None, (made.note, f"Few: {', '.join(rare)}."))))

    return estimate


def agreement_pulls(key: str) -> Callable[[ClassColumns], tuple[float, Numbers]]:
    """Return what computes value and influence values of a measure of agreement."""

    def pulls(columns: ClassColumns) -> tuple[float, Numbers]:
        k = len(columns.names)
        return matrix_pulls(columns, _correlation(k) if key == "mcc" else _kappa(key, k))

    return pulls


def _correlation(k: int) -> Callable[..., Any]:
    """Return Gorodkin's R_K of the flat matrix."""

    def combine(*cells: complex) -> Any:
        matrix = np.array(cells).reshape(k, k)
        labels, predictions, total = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
        top = np.trace(matrix) * total - labels @ predictions
        spreads = [total**2 - side @ side for side in (labels, predictions)]
        return top / np.sqrt(spreads[0] * spreads[1])

    return combine


def _kappa(key: str, k: int) -> Callable[..., Any]:
    """Return kappa of the flat matrix; the cost is that of the distance of two grades."""
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    power = {"kappa": 0, "linear_kappa": 1, "quadratic_kappa": 2}[key]
    cost = (apart > 0).astype(float) if power == 0 else apart**power

    def combine(*cells: complex) -> Any:
        matrix = np.array(cells).reshape(k, k)
        chance = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / matrix.sum()
        return 1 - (cost * matrix).sum() / (cost * chance).sum()

    return combine
