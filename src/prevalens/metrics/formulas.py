"""Estimates that are smooth functions of means over images: value, slopes, and many weightings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._sums import times
from prevalens.metrics.influences import Influence
from prevalens.metrics.inputs import Columns
from prevalens.typing import Flags, Numbers

Rows = Callable[[Columns, float], tuple[Numbers, ...]]
Kinds = Callable[[Columns, float], tuple[Flags, ...]]


def every_row(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return one kind: all images."""
    del threshold
    return (np.ones(columns.labels.size, dtype=bool),)


def by_label(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return two kinds: positive and negative images."""
    del threshold
    return (columns.labels, ~columns.labels)


def positive_rows(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return one kind: positive images."""
    del threshold
    return (columns.labels,)


def negative_rows(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return one kind: negative images."""
    del threshold
    return (~columns.labels,)


def predicted_positive(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return one kind: images with a score of at least the threshold."""
    return (columns.scores >= threshold,)


def predicted_negative(columns: Columns, threshold: float) -> tuple[Flags, ...]:
    """Return one kind: images with a score below the threshold."""
    return (columns.scores < threshold,)


def squared_errors(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return the squared error of each image, and its label."""
    del threshold
    labels = columns.labels.astype(np.float64)
    return np.square(columns.scores - labels), labels


def log_losses(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return the log loss of each image."""
    del threshold
    with np.errstate(divide="ignore"):
        return (-np.log(np.where(columns.labels, columns.scores, 1 - columns.scores)),)


def labels_and_scores(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return the label and the score of each image, as numbers."""
    del threshold
    return columns.labels.astype(np.float64), columns.scores


@dataclass(frozen=True)
class Formula:
    """A smooth function of means over images.

    Args:
        rows: What is averaged: columns and threshold to arrays of shape `(n_rows,)`.
        combine: Turns the means into the estimate; of numpy operations that take arrays and
            complex numbers.
        kinds: The rows that count, split into the kinds that are averaged apart.

    Examples:
        >>> squared_error = Formula(
        ...     rows=lambda columns, threshold: ((columns.scores - columns.labels) ** 2,),
        ...     combine=lambda mean: mean,
        ... )
        >>> squared_error.combine(0.25)
        0.25
    """

    rows: Rows
    combine: Callable[..., Any]
    kinds: Kinds = every_row

    def influence(self, columns: Columns, threshold: float) -> Influence:
        """Return the estimate and each row's influence value; nan where it is undefined."""
        n = columns.labels.size
        value, slopes = self.slopes(columns, threshold, np.ones(n))
        return Influence(value, slopes, self.kinds(columns, threshold))

    def slopes(self, columns: Columns, threshold: float, weights: Numbers) -> tuple[float, Numbers]:
        """Return the estimate of weighted rows, and its slope in each row's weight.

        Args:
            columns: Checked columns.
            threshold: A score of at least this is predicted positive.
            weights: What each row weighs, shape `(n_rows,)`, above 0.
        """
        rows, total = np.stack(self.rows(columns, threshold)), float(weights.sum())
        means = times(rows, weights) / total
        with np.errstate(all="ignore"):
            value = float(self.combine(*means))
            outer = slopes_of(self.combine, means)
            slopes: Numbers = times((rows - means[:, None]).T, outer) / total
        kinds = self.kinds(columns, threshold)
        return value, np.where(np.any(kinds, axis=0), slopes, 0.0)


def slopes_of(combine: Callable[..., Any], at: Numbers) -> Numbers:
    """Differentiate by a complex step, exact to rounding (Squire & Trapp 1998).

    Args:
        combine: A function of `k` numbers.
        at: Where, shape `(k,)`.
    """
    steps = at + 1e-20j * np.eye(at.size)
    return np.array([complex(combine(*step)).imag for step in steps]) / 1e-20


def confusion_rows(columns: Columns, threshold: float) -> tuple[Numbers, ...]:
    """Return, for each image, whether it is a true negative, false positive, and so on.

    The order is scikit-learn's: tn, fp, fn, tp.
    """
    labels, predicted = columns.labels, columns.scores >= threshold
    matrix = (~labels & ~predicted, ~labels & predicted, labels & ~predicted, labels & predicted)
    tn, fp, fn, tp = (cell.astype(np.float64) for cell in matrix)
    return tn, fp, fn, tp


def of_counts(combine: Callable[..., Any], kinds: Kinds = by_label) -> Formula:
    """Make the formula of a function of the confusion matrix.

    Args:
        combine: Takes `tn, fp, fn, tp`, counts or shares of images alike: only their ratios may
            matter.
        kinds: The rows that count, split into the kinds that are averaged apart.

    Examples:
        >>> from prevalens.metrics import Measure
        >>> miss_rate = of_counts(lambda tn, fp, fn, tp: fn / (fn + tp))
        >>> miss_rate.combine(0.0, 0.0, 0.1, 0.4)
        0.2
    """
    return Formula(confusion_rows, combine, kinds)
