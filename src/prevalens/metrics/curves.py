"""ROC and precision-recall curves, as points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import check_columns
from prevalens.typing import Flags, Numbers


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a curve, from the strictest threshold to the loosest.

    Args:
        thresholds: Score from which a prediction is positive, shape `(n_points,)`, falling; the
            first is infinite: no prediction is positive.
        x: False positive rate of a ROC curve, recall of a precision-recall curve; `(n_points,)`.
        y: Sensitivity of a ROC curve, precision of a precision-recall curve; `(n_points,)`.
        x_name: What `x` is.
        y_name: What `y` is.

    Examples:
        >>> from prevalens.metrics import roc_curve
        >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> curve.x_name, curve.y_name
        ('false positive rate', 'sensitivity')
    """

    thresholds: Numbers
    x: Numbers
    y: Numbers
    x_name: str
    y_name: str


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """Compute sensitivity against the false positive rate, at each distinct score.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`; both classes occur.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].

    Raises:
        InvalidInputError: a column breaks its rule, or there is one class only.

    Examples:
        >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> curve.x.tolist(), curve.y.tolist()
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    columns = check_columns(labels, scores, None)
    _check_classes(columns.labels)
    thresholds, true, false = steps(columns.labels, columns.scores)
    return Curve(
        thresholds, false / false[-1], true / true[-1], "false positive rate", "sensitivity"
    )


def precision_recall_curve(labels: ArrayLike, scores: ArrayLike) -> Curve:
    """Compute precision against recall, at each distinct score.

    The first point, where no prediction is positive, has precision 1 by convention. Takes the
    columns of `roc_curve`.

    Examples:
        >>> curve = precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> curve.x.tolist(), [round(y, 3) for y in curve.y.tolist()]
        ([0.0, 0.5, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.667, 0.5])
    """
    columns = check_columns(labels, scores, None)
    _check_classes(columns.labels)
    thresholds, true, false = steps(columns.labels, columns.scores)
    precision = np.ones(true.size)
    precision[1:] = true[1:] / (true + false)[1:]
    return Curve(thresholds, true / true[-1], precision, "recall", "precision")


def steps(labels: Flags, scores: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Count true and false positive predictions at each distinct score, from the highest down.

    Returns:
        Thresholds, true positives and false positives, each of shape `(n_distinct + 1,)`; the
        first entries are infinity, 0 and 0.
    """
    distinct, place = np.unique(-scores, return_inverse=True)
    counts = [
        np.bincount(place, weights=rows, minlength=distinct.size) for rows in (labels, ~labels)
    ]
    true, false = (np.concatenate([[0.0], np.cumsum(count)]) for count in counts)
    return np.concatenate([[np.inf], -distinct]), true, false


def _check_classes(labels: Flags) -> None:
    if labels.all() or not labels.any():
        missing = "negative" if labels.all() else "positive"
        raise InvalidInputError(
            f"A curve needs both classes, but there are no {missing} images among {labels.size}."
        )
