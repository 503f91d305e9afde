"""PPV and NPV at a prevalence other than that of the rows."""

from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from prevalens._checks import check_number
from prevalens.metrics.confusion import checked
from prevalens.metrics.confusion_matrix import ConfusionMatrix, matrix_of
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.likelihood import (
    FALSE_NEGATIVES,
    FALSE_POSITIVES,
    TRUE_NEGATIVES,
    TRUE_POSITIVES,
    Cell,
    ratio_estimate,
)

_METHOD = (
    "Bayes at the stated prevalence, logit interval (Mercaldo, Lau & Zhou 2007): {}, turned into "
    "a predictive value"
)


@dataclass(frozen=True)
class PredictiveValues:
    """What a prediction means where disease is as frequent as stated.

    Args:
        prevalence: Share of positive images, stated.
        ppv: Chance that a predicted positive is right.
        npv: Chance that a negative prediction is right.

    Examples:
        >>> made = predictive_values([1] * 10 + [0] * 10, [1] * 9 + [0] * 10 + [1], prevalence=0.01)
        >>> made.prevalence, round(made.ppv.value, 3)  # 0.009 / (0.009 + 0.099)
        (0.01, 0.083)
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate


def predictive_values(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    prevalence: float,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> PredictiveValues:
    """Compute PPV and NPV at a stated prevalence, from sensitivity and specificity.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        predictions: 1 or True where the image is predicted positive, shape `(n_rows,)`.
        prevalence: Share of positive images where the model will be used, in (0, 1); taken as
            known.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.

    Raises:
        InvalidInputError: a column breaks its rule, or the prevalence is not in (0, 1).

    References:
        Mercaldo, Lau & Zhou, Stat Med 2007;26:2170-2183.

    Examples:
        >>> predictions = [1] * 9 + [0] * 9 + [1] * 2
        >>> made = predictive_values([1] * 10 + [0] * 10, predictions, prevalence=0.01)
        >>> round(made.ppv.value, 4), round(made.npv.value, 4)
        (0.0435, 0.9987)
    """
    prevalence = check_number(
        "prevalence", prevalence, low=0, high=1, open_low=True, open_high=True
    )
    matrix = matrix_of(*checked(labels, predictions, patients, confidence_level))
    return predictive_values_of(matrix, prevalence)


def predictive_values_of(matrix: ConfusionMatrix, prevalence: float) -> PredictiveValues:
    """Compute PPV and NPV of a counted confusion matrix at a checked prevalence."""
    odds = prevalence / (1 - prevalence)
    ppv = _predictive(matrix, TRUE_POSITIVES, FALSE_POSITIVES, odds, predictions="positive")
    npv = _predictive(matrix, TRUE_NEGATIVES, FALSE_NEGATIVES, 1 / odds, predictions="negative")
    return PredictiveValues(prevalence, ppv, npv)


def _predictive(
    matrix: ConfusionMatrix, right: Cell, wrong: Cell, odds: float, *, predictions: str
) -> Estimate:
    """Turn the ratio of right to wrong predictions, times the odds of the label, into a chance.

    The ratio's limits on the log scale are the predictive value's on the logit scale.
    """
    counts = matrix.counts
    for there, missing in (
        (matrix.labels.any(), "positive images"),
        (not matrix.labels.all(), "negative images"),
        (counts[right[1]] + counts[wrong[1]], f"{predictions} predictions"),
    ):
        if not there:
            return matrix.basis.refuse(f"no {missing}", _METHOD.format("likelihood ratio"))
    # Where no prediction is wrong the ratio is infinite, and its inverse is 0 with an upper limit.
    flip = counts[wrong[1]] == 0
    ratio = ratio_estimate(matrix, wrong, right) if flip else ratio_estimate(matrix, right, wrong)

    def chance(at: float | None) -> float | None:
        if at is None:
            return None
        return odds / (odds + at) if flip else odds * at / (1 + odds * at)

    low, high = (ratio.upper, ratio.lower) if flip else (ratio.lower, ratio.upper)
    return replace(
        ratio,
        value=chance(ratio.value),
        lower=chance(low),
        upper=chance(high),
        method=_METHOD.format(ratio.method),
    )
