"""The class that costs least to decide for, where errors cost differently."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_kind, check_same_length
from prevalens._numbers import as_floats
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.calibration import mean_estimate
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_confidence_level
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Labels, Numbers


def least_cost_classes(scores: ArrayLike, costs: ArrayLike) -> Labels:
    """Decide for the class of least expected cost in each row.

    The scores must be probabilities where the decisions are made: correct the prior shift and
    recalibrate first. Of equal costs the first class is taken.

    Args:
        scores: Probability of each class, shape `(n_rows, n_classes)`, in [0, 1].
        costs: Cost of deciding for class j where i is true, at `[i, j]`, shape
            `(n_classes, n_classes)`, in any one unit; usually 0 on the diagonal.

    Returns:
        Class decided for in each row, shape `(n_rows,)`.

    Raises:
        InvalidInputError: shapes do not fit, a cost is not finite, or a score is outside [0, 1].

    References:
        Elkan (2001), IJCAI.

    Examples:
        >>> least_cost_classes([[0.9, 0.1], [0.96, 0.04]], [[0, 1], [20, 0]]).tolist()
        [1, 0]
    """
    given = as_floats("scores", scores)
    price = _prices(costs, given.shape, given.shape[1] if given.ndim == 2 else 0)
    if not ((given >= 0) & (given <= 1)).all():
        raise InvalidInputError(
            f"`scores` must lie in [0, 1], got {np.min(given):g} to {np.max(given):g}. Apply the "
            "softmax first."
        )
    return (given @ price).argmin(axis=1).astype(np.int64)


def cost_estimate(
    predictions: Predictions,
    costs: ArrayLike,
    *,
    decisions: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Estimate the mean cost of decisions per image, with its interval over patients.

    Args:
        predictions: Predictions of two or several classes, of rows that the model never saw.
        costs: As in `least_cost_classes`, in the order of `predictions.classes`.
        decisions: Class decided for in each row, shape `(n_rows,)`; by default those of
            `least_cost_classes` on these scores.
        confidence_level: Coverage of the interval, in (0, 1).

    Raises:
        InvalidInputError: rows have several labels, shapes do not fit, a cost is not finite, or a
            decision is no index of a class.

    Examples:
        >>> seen = Predictions(labels=[0, 1, 1], scores=[0.1, 0.9, 0.2], patients=None)
        >>> cost_estimate(seen, [[0, 1], [5, 0]]).value  # 0.2 is above 1 / 6
        0.0
    """
    check_kind("predictions", predictions, Predictions)
    if predictions.is_multilabel:
        raise InvalidInputError(
            "Costs are of classes, of which a row has one, but rows have several labels. Take one "
            "label: `predictions.one_vs_rest(name)`."
        )
    scores, n_classes = predictions.scores, len(predictions.classes)
    scores = np.column_stack([1 - scores, scores]) if scores.ndim == 1 else scores
    price = _prices(costs, scores.shape, n_classes)
    given = least_cost_classes(scores, price) if decisions is None else decisions
    chosen = as_floats("decisions", given)
    check_same_length(predictions=predictions, decisions=np.atleast_1d(chosen))
    if chosen.ndim != 1 or not np.isin(chosen, np.arange(n_classes)).all():
        raise InvalidInputError(
            f"`decisions` must be indices into {list(predictions.classes)}, one a row, got "
            f"[{', '.join(f'{code:g}' for code in np.unique(chosen)[:5])}]."
        )
    paid = price[predictions.labels, chosen.astype(np.int64)]
    # On the range of the costs, so that the limits stay within what can be paid.
    least, span = float(price.min()), float(np.ptp(price)) or 1.0
    columns = Columns(np.zeros(len(paid), dtype=bool), paid, predictions.patient_codes)
    level = check_confidence_level(confidence_level)
    found = mean_estimate((paid - least) / span, columns, confidence_level=level, bounded=True)
    value, lower, upper = (
        None if share is None else least + span * share
        for share in (found.value, found.lower, found.upper)
    )
    return replace(found, value=value, lower=lower, upper=upper, events=None, limits_at=None)


def _prices(costs: ArrayLike, shape: tuple[int, ...], n_classes: int) -> Numbers:
    price = as_floats("costs", costs)
    if n_classes < 2 or price.shape != (n_classes, n_classes) or not np.isfinite(price).all():
        raise InvalidInputError(
            "`scores` must have a column for each class and `costs` a finite row and column for "
            f"each, got shapes {shape} and {price.shape}. Give the cost of every pair."
        )
    return price
