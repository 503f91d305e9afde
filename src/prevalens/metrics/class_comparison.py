"""Two models of several classes on the same rows, or one model in two groups of them."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_same_length
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import Basis, limits_from
from prevalens.metrics.class_columns import ClassColumns, check_class_columns, check_class_scores
from prevalens.metrics.class_means import Averaged, rare_classes
from prevalens.metrics.class_measure import ClassMeasure
from prevalens.metrics.class_measures import all_class_measures, class_measure_of
from prevalens.metrics.clusters import Spread
from prevalens.metrics.contrast import Contrast, p_from_limits, two_sided
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_confidence_level, check_labels
from prevalens.metrics.intervals import added_limits, plain_limits
from prevalens.metrics.settings import Settings
from prevalens.typing import Numbers

_OVER = (
    "difference over patients, paired where a patient is in both: delete-one-patient jackknife "
    "and Student's t (degrees of freedom: Satterthwaite 1946)"
)
_ADDED = (
    "square-and-add of both sides' own limits, with their correlation over patients (Zou & "
    "Donner 2008); p value: the level at which the limits reach 0"
)


def compare_multiclass(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    classes: Sequence[str],
    measure: str = "macro_auroc",
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    ordered: bool = False,
) -> Contrast:
    """Compare two models of several classes that scored the same rows.

    For one class against the rest pass its column to `compare_models`.

    Args:
        labels: Class of each image as an index into `classes`, shape `(n_rows,)`.
        first: Scores of the first model, shape `(n_rows, n_classes)`, in [0, 1].
        second: Scores of the second model, of the same shape.
        classes: Names of the classes, in the order of the columns.
        measure: Key of a comparable measure, such as `"balanced_accuracy"`, `"macro_f1"`,
            `"macro_auroc"` or `"multiclass_brier"`.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.
        ordered: Whether the classes are grades, from the lowest to the highest.

    Returns:
        The difference, first minus second, with its interval and p value.

    Raises:
        InvalidInputError: a column breaks its rule, or the measure is unknown or not of these
            classes.

    Examples:
        >>> truth, one = [0, 1, 2, 1], [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]] * 2
        >>> two = [[0.1, 0.6, 0.3]] * 4
        >>> made = compare_multiclass(truth, one, two, classes="abc", measure="accuracy")
        >>> made.difference.value
        0.25
    """
    level = check_confidence_level(confidence_level)
    columns = check_class_columns(labels, first, patients, classes=classes, ordered=ordered)
    table = check_class_scores(second, len(columns.names), name="second")
    check_same_length(labels=columns.labels, second=table)
    compared = _comparable(measure, columns)
    return class_contrast(compared, (columns, replace(columns, scores=table)), level)


def compare_multiclass_groups(
    labels: ArrayLike,
    scores: ArrayLike,
    in_first: ArrayLike,
    *,
    classes: Sequence[str],
    measure: str = "macro_auroc",
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    ordered: bool = False,
) -> Contrast:
    """Compare one model of several classes between two groups of images, say two sites.

    Args:
        labels: Class of each image as an index into `classes`, shape `(n_rows,)`.
        scores: Score of each class, shape `(n_rows, n_classes)`, in [0, 1].
        in_first: True where the image is in the first group, shape `(n_rows,)`.
        classes: As in `compare_multiclass`.
        measure: As in `compare_multiclass`.
        patients: As in `compare_multiclass`; a patient may be in both groups.
        confidence_level: Coverage the interval aims at.
        ordered: As in `compare_multiclass`.

    Returns:
        The difference, first group minus second, with its interval and p value.

    Raises:
        InvalidInputError: as in `compare_multiclass`, or a group is empty.

    Examples:
        >>> labels, scores = [0, 1, 2, 1], [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]] * 2
        >>> made = compare_multiclass_groups(
        ...     labels, scores, [True, True, False, False], classes="abc", measure="accuracy"
        ... )
        >>> made.first.value, made.second.value
        (1.0, 0.5)
    """
    level = check_confidence_level(confidence_level)
    columns = check_class_columns(labels, scores, patients, classes=classes, ordered=ordered)
    rows = check_labels(in_first, name="in_first")
    check_same_length(labels=columns.labels, in_first=rows)
    if rows.all() or not rows.any():
        raise InvalidInputError(
            f"Both groups need images, but {int(rows.sum())} of {rows.size} are in the first."
        )
    compared = _comparable(measure, columns)
    return class_contrast(compared, (columns.take(rows), columns.take(~rows)), level)


def _comparable(key: str, columns: ClassColumns) -> ClassMeasure:
    known = [each.key for each in all_class_measures() if each.changes is not None]
    measure = class_measure_of(check_choice("measure", key, known))
    if not measure.suits(columns):
        needs = "grades (ordered=True)" if measure.graded else f"{measure.least_classes} classes"
        raise InvalidInputError(
            f"`measure` {key!r} needs {needs}, got {list(columns.names)}. Compare another measure."
        )
    return measure


_Found: TypeAlias = tuple[Estimate, float | None]
_Columns = TypeVar("_Columns", bound=Averaged)
_Columns_contra = TypeVar("_Columns_contra", bound=Averaged, contravariant=True)


class Compared(Protocol[_Columns_contra]):
    """A measure of several classes, or of several labels, whose values can be compared."""

    @property
    def key(self) -> str:
        """Its name in records."""

    @property
    def estimate(self) -> Callable[[_Columns_contra, Settings], Estimate]:
        """Compute value and interval."""

    @property
    def changes(self) -> Callable[[_Columns_contra], Numbers] | None:
        """Compute how far the value moves without each patient."""

    @property
    def low(self) -> float:
        """Least value possible."""

    @property
    def high(self) -> float:
        """Largest value possible."""

    @property
    def widest(self) -> float:
        """Largest difference of two of its values."""


def class_contrast(
    measure: Compared[_Columns], sides: tuple[_Columns, _Columns], confidence_level: float
) -> Contrast:
    """Compute the difference of two sides, first minus second.

    Args:
        measure: A comparable measure of several classes or labels.
        sides: What each side saw: the same rows with other scores, whose labels are one array, or
            two groups of rows. Both number patients alike.
        confidence_level: Coverage the interval aims at.

    Where a class has few images, or a side lies at an end of its range, each side's own limits
    carry its uncertainty; elsewhere the difference has a spread of its own over patients.

    References:
        Zou & Donner, Stat Med 2008;27:1693-1702.
    """
    first, second = (measure.estimate(side, Settings(None, confidence_level)) for side in sides)
    same_rows = sides[0].labels is sides[1].labels
    n = len(sides[0].labels) if same_rows else sum(len(side.labels) for side in sides)
    basis = sides[0].basis(confidence_level) if same_rows else _joined(sides, n, confidence_level)
    what = "models have" if same_rows else "groups have"
    hypothesis = f"both {what} the same {measure.key} in the population of these images"

    if first.value is None or second.value is None:
        reason = first.not_estimable or second.not_estimable or "a side is infinite"
        found: _Found = basis.refuse(reason, _ADDED), None
    else:
        moved = _moved(measure, sides, same_rows=same_rows)
        ends = {first.value, second.value} & {measure.low, measure.high}
        if ends or any(map(rare_classes, sides)):
            found = _added(basis, (first, second), moved, measure.widest)
        else:
            found = _direct(basis, first.value - second.value, moved, measure.widest)
    made, p_value = found
    note = " ".join(dict.fromkeys(filter(None, (made.note, first.note, second.note)))) or None
    return Contrast(replace(made, n=n, note=note), first, second, p_value, hypothesis, made.method)


def _direct(basis: Basis, value: float, moved: tuple[Numbers, Numbers], widest: float) -> _Found:
    """Take the spread of the difference itself."""
    apart = moved[0] - moved[1]
    spread = Spread.of(apart[(moved[0] != 0) | (moved[1] != 0)])
    if why := basis.usable(spread):
        return basis.without_limits(value, _OVER, why), None
    rule = functools.partial(
        limits_from,
        value,
        spread.error,
        spread.df,
        functools.partial(plain_limits, low=-widest, high=widest),
    )
    made = basis.estimate(value, rule(basis.confidence_level), _OVER, limits_at=rule)
    return made, two_sided(value, spread.error, spread.df)


def _added(
    basis: Basis, sides: tuple[Estimate, Estimate], moved: tuple[Numbers, Numbers], widest: float
) -> _Found:
    """Square and add the limits of both sides, with their correlation over patients."""
    first, second = sides
    one, two = moved
    values = first.value or 0.0, second.value or 0.0
    value = values[0] - values[1]
    if value == 0 and np.array_equal(one, two):
        return basis.without_limits(value, _ADDED, "the two never differ"), None
    if first.limits_at is None or second.limits_at is None:
        side = first if first.limits_at is None else second
        return basis.without_limits(value, _ADDED, f"a side has none. {side.note}"), None
    scale = math.sqrt(float(one @ one) * float(two @ two))
    together = float(one @ two) / scale if scale > 0 else 0.0
    rules = first.limits_at, second.limits_at
    rule = functools.partial(added_limits, values, rules, together, widest)
    made = basis.estimate(value, rule(basis.confidence_level), _ADDED, limits_at=rule)
    return made, p_from_limits(rule, 0.0)


def _joined(sides: tuple[Averaged, Averaged], n: int, confidence_level: float) -> Basis:
    """Return the basis of an estimate computed from both groups."""
    one, two = sides
    codes = None if one.codes is None or two.codes is None else np.append(one.codes, two.codes)
    return Basis.of(codes, confidence_level=confidence_level, n=n, events=None, ids=one.ids)


def _moved(
    measure: Compared[_Columns], sides: tuple[_Columns, _Columns], *, same_rows: bool
) -> tuple[Numbers, Numbers]:
    """Return how far each side moves without each patient, of all patients."""
    one, two = (np.nan_to_num(measure.changes(side)) for side in sides)  # type: ignore[misc]
    if sides[0].codes is None and not same_rows:  # the images of two groups are others
        return np.append(one, np.zeros(two.size)), np.append(np.zeros(one.size), two)
    size = max(one.size, two.size)
    return _filled(one, size), _filled(two, size)


def _filled(changes: Numbers, size: int) -> Numbers:
    return np.append(changes, np.zeros(size - changes.size))
