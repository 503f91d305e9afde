"""Two models on the same rows, or one model in two groups: the difference and how sure it is."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_number, check_same_length
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.inputs import (
    Columns,
    check_columns,
    check_confidence_level,
    check_labels,
    check_scores,
)
from prevalens.metrics.measure import Measure
from prevalens.metrics.pair import Pair
from prevalens.metrics.registry import keys_where, measure_of
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
        measure: Key of a comparable measure, such as `"auroc"`, `"average_precision"`, `"brier"`,
            `"sensitivity"`, `"specificity"` or `"net_benefit"`; see `all_measures`.
        threshold: A score of at least this is predicted positive; for measures that need one.
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

    Examples:
        >>> labels, first, second = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.2, 0.6, 0.5, 0.3]
        >>> made = compare_models(labels, first, second, measure="auroc")
        >>> made.first.value, made.second.value, made.difference.value
        (0.75, 0.5, 0.25)
    """
    columns, confidence_level = (
        check_columns(labels, first, patients),
        check_confidence_level(confidence_level),
    )
    other = check_scores(second, name="second")
    check_same_length(labels=columns.labels, second=other)
    compared = _comparable(measure)
    at = _thresholds(compared, threshold, second_threshold)
    sides = (columns, Columns(columns.labels, other, columns.codes))
    everyone = np.ones(columns.labels.size, dtype=bool)
    hypothesis = f"both models have the same {measure} in the population of these images"
    return Pair(compared, columns, sides, (everyone, everyone), at).contrast(
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

    Examples:
        >>> labels, scores = [0, 1, 0, 1, 0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7]
        >>> in_women = [True] * 4 + [False] * 4
        >>> made = compare_groups(labels, scores, in_women, measure="auroc")
        >>> made.first.value, made.second.value
        (1.0, 0.75)
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
    compared = _comparable(measure)
    at = _thresholds(compared, threshold, None)
    hypothesis = f"both groups have the same {measure} in their populations"
    sides = _part(columns, first), _part(columns, ~first)
    return Pair(compared, columns, sides, (first, ~first), at).contrast(
        confidence_level, hypothesis
    )


def _comparable(key: str) -> Measure:
    check_choice("measure", key, keys_where(lambda measure: measure.comparable))
    return measure_of(key)


def _thresholds(
    measure: Measure, first: float | None, second: float | None
) -> tuple[float | None, float | None]:
    key = measure.key
    if not measure.needs_threshold:
        if first is not None or second is not None:
            raise InvalidInputError(f"{key!r} takes no threshold, got {first!r}. Leave it out.")
        return None, None
    if first is None:
        raise InvalidInputError(f"{key!r} needs `threshold`, got None. Pass a number in [0, 1].")
    end = measure.below_one
    first = check_number("threshold", first, low=0, high=1, open_high=end)
    if second is None:
        return first, first
    if end:
        raise InvalidInputError(f"{key!r} is compared at one threshold; leave out the second.")
    return first, check_number("second_threshold", second, low=0, high=1)


def _part(columns: Columns, rows: Flags) -> Columns:
    codes = None if columns.codes is None else columns.codes[rows]
    return Columns(columns.labels[rows], columns.scores[rows], codes)
