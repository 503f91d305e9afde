"""Two models on the same rows, or one model in two groups: the difference and how sure it is."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_number, check_same_length
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.influences import AT_THRESHOLD, COMPARABLE
from prevalens.metrics.inputs import (
    Columns,
    check_columns,
    check_confidence_level,
    check_labels,
    check_scores,
)
from prevalens.metrics.pair import Pair
from prevalens.typing import Flags


def compare_models(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    measure: str = "auroc",
    threshold: float | None = None,
    second_threshold: float | None = None,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Contrast:
    """Compare two models that scored the same rows.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        first: Scores of the first model, shape `(n_rows,)`, in [0, 1].
        second: Scores of the second model, shape `(n_rows,)`, in [0, 1].
        measure: `"auroc"`, `"average_precision"`, `"brier"`, `"sensitivity"`, `"specificity"`,
            `"accuracy"` or `"net_benefit"`.
        threshold: A score of at least this is a positive call; for the last four estimates only.
        second_threshold: The second model's threshold; by default the same.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.

    Returns:
        The difference, first minus second, with its interval and p value.

    Raises:
        InvalidInputError: a column breaks its rule, the measure is unknown, or a threshold is
            missing or of no use.

    References:
        DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837-845.
        Obuchowski, Stat Med 1998;17:1495-1507.
    """
    columns, confidence_level = (
        check_columns(labels, first, patients),
        check_confidence_level(confidence_level),
    )
    other = check_scores(second, name="second")
    check_same_length(labels=columns.labels, second=other)
    at = _thresholds(measure, threshold, second_threshold)
    sides = (columns, Columns(columns.labels, other, columns.codes))
    everyone = np.ones(columns.labels.size, dtype=bool)
    hypothesis = f"both models have the same {measure} on these images"
    return Pair(measure, columns, sides, (everyone, everyone), at).contrast(
        confidence_level, hypothesis
    )


def compare_groups(
    labels: ArrayLike,
    scores: ArrayLike,
    in_first: ArrayLike,
    *,
    measure: str = "auroc",
    threshold: float | None = None,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Contrast:
    """Compare one model between two groups of images, say two sites.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        in_first: True where the image is in the first group, shape `(n_rows,)`.
        measure: As in `compare_models`.
        threshold: As in `compare_models`.
        patients: Patient id of each row, shape `(n_rows,)`; a patient may be in both groups.
        confidence_level: Coverage the interval aims at.

    Returns:
        The difference, first group minus second, with its interval and p value.

    Raises:
        InvalidInputError: a column breaks its rule, a group is empty, the measure is unknown, or
            a threshold is missing or of no use.
    """
    columns, confidence_level = (
        check_columns(labels, scores, patients),
        check_confidence_level(confidence_level),
    )
    first = check_labels(in_first, name="in_first")
    check_same_length(labels=columns.labels, in_first=first)
    if first.all() or not first.any():
        raise InvalidInputError(
            f"Both groups need images, but {int(first.sum())} of {first.size} are in the first."
        )
    at = _thresholds(measure, threshold, None)
    hypothesis = f"both groups have the same {measure}"
    sides = _part(columns, first), _part(columns, ~first)
    return Pair(measure, columns, sides, (first, ~first), at).contrast(confidence_level, hypothesis)


def _thresholds(
    measure: str, first: float | None, second: float | None
) -> tuple[float | None, float | None]:
    check_choice("measure", measure, COMPARABLE)
    if measure not in AT_THRESHOLD:
        if first is not None or second is not None:
            raise InvalidInputError(f"{measure!r} takes no threshold, got {first!r}. Leave it out.")
        return None, None
    if first is None:
        raise InvalidInputError(
            f"{measure!r} needs `threshold`, got None. Pass a number in [0, 1]."
        )
    end = measure == "net_benefit"
    first = check_number("threshold", first, low=0, high=1, open_high=end)
    if second is None:
        return first, first
    if end:
        raise InvalidInputError("'net_benefit' is compared at one threshold; leave out the second.")
    return first, check_number("second_threshold", second, low=0, high=1)


def _part(columns: Columns, rows: Flags) -> Columns:
    codes = None if columns.codes is None else columns.codes[rows]
    return Columns(columns.labels[rows], columns.scores[rows], codes)
