"""The confusion matrix in scikit-learn's order, as a whole and patient by patient."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prevalens.metrics.basis import Basis
from prevalens.metrics.clusters import Spread, joint_spread
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.linear import basis_of
from prevalens.metrics.proportion import patients_of, proportion_estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Labels and predictions of the same images, counted.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`.
        predictions: True where it is predicted positive, shape `(n_rows,)`.
        codes: Number of each row's patient; None where images are independent.
        confidence_level: Coverage the intervals aim at.
        ids: Id of each patient by number, for what is said of one.
    """

    labels: Flags
    predictions: Flags
    codes: Codes | None
    confidence_level: float
    ids: tuple[str, ...] | None = None

    @functools.cached_property
    def counts(self) -> Numbers:
        """True negatives, false positives, false negatives, true positives: shape `(4,)`."""
        return np.bincount(self._cell, minlength=4).astype(float)

    @property
    def by_patient(self) -> Numbers:
        """The four counts of each patient, or of each image if independent: shape `(k, 4)`."""
        codes = np.arange(self.labels.size) if self.codes is None else self.codes
        k = int(codes.max()) + 1
        flat = np.bincount(codes * 4 + self._cell, minlength=4 * k)
        return flat.reshape(k, 4).astype(float)

    @property
    def _cell(self) -> Codes:
        return 2 * self.labels.astype(np.int64) + self.predictions

    @functools.cached_property
    def basis(self) -> Basis:
        """The basis of an estimate computed from every row."""
        return basis_of(
            Columns(self.labels, self.labels.astype(np.float64), self.codes, self.ids),
            self.confidence_level,
        )

    def share(self, of: Flags, hits: Flags, *, empty: str, interval: str = "wilson") -> Estimate:
        """Compute the share of `hits` among the rows `of`."""
        codes = patients_of(self.codes, of)
        return proportion_estimate(
            hits[of],
            codes,
            confidence_level=self.confidence_level,
            empty=empty,
            interval=interval,
            ids=self.ids,
        )

    def sensitivity(self, interval: str = "wilson") -> Estimate:
        """Compute the share of positive images that are predicted positive."""
        return self.share(
            self.labels, self.predictions, empty="no positive images", interval=interval
        )

    def specificity(self, interval: str = "wilson") -> Estimate:
        """Compute the share of negative images that are predicted negative."""
        empty = "no negative images"
        return self.share(~self.labels, ~self.predictions, empty=empty, interval=interval)

    def ppv(self, interval: str = "wilson") -> Estimate:
        """Compute the share of positive predictions that are right."""
        return self.share(
            self.predictions, self.labels, empty="no positive predictions", interval=interval
        )

    def npv(self, interval: str = "wilson") -> Estimate:
        """Compute the share of negative predictions that are right."""
        return self.share(
            ~self.predictions, ~self.labels, empty="no negative predictions", interval=interval
        )

    def accuracy(self, interval: str = "wilson") -> Estimate:
        """Compute the share of predictions that are right."""
        return self.share(
            self.labels | True, self.labels == self.predictions, empty="", interval=interval
        )

    def prevalence(self, interval: str = "wilson") -> Estimate:
        """Compute the share of positive images."""
        return self.share(self.labels | True, self.labels, empty="", interval=interval)

    def spread(self, gradient: Numbers) -> Spread:
        """Compute the spread of an estimate over patients, from its slope in the four counts.

        Args:
            gradient: Derivative of the estimate in each count, shape `(4,)`.
        """
        counts = self.by_patient
        pull = counts * gradient
        return joint_spread(
            pull[:, :2].sum(axis=1),
            counts[:, :2].sum(axis=1),
            pull[:, 2:].sum(axis=1),
            counts[:, 2:].sum(axis=1),
        )


def matrix_of(columns: Columns, settings: Settings) -> ConfusionMatrix:
    """Count the confusion matrix at a threshold; where there is none, every row is positive."""
    at = 0.0 if settings.threshold is None else settings.threshold
    level = settings.confidence_level
    return columns.once(
        "matrix",
        (at, level),
        lambda: ConfusionMatrix(
            columns.labels, columns.scores >= at, columns.codes, level, columns.ids
        ),
    )


def of_matrix(
    estimate: Callable[[ConfusionMatrix], Estimate],
) -> Callable[[Columns, Settings], Estimate]:
    """Count the confusion matrix at the threshold first."""
    return lambda columns, settings: estimate(matrix_of(columns, settings))


def of_share(
    estimate: Callable[[ConfusionMatrix, str], Estimate],
) -> Callable[[Columns, Settings], Estimate]:
    """Do so where the kind of interval may be chosen."""
    return lambda columns, settings: estimate(matrix_of(columns, settings), settings.interval)
