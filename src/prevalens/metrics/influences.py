"""Influence values: how far each image moves an estimate, which differences are made of."""

from dataclasses import dataclass

import numpy as np

from prevalens._sums import dot
from prevalens.metrics.clusters import Spread, count_held, leave_out, per_patient
from prevalens.metrics.delong import placement_values
from prevalens.metrics.inputs import Columns
from prevalens.metrics.precision_recall import precision_influences
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True, eq=False)
class Influence:
    """An estimate's value and each image's influence on it.

    Args:
        value: The estimate.
        influence_values: Slope of the estimate in each row's weight, shape `(n_rows,)`; 0 where a
            row does not count. They add up to 0.
        kinds: The rows that count, split into the kinds that are averaged apart, say positive
            and negative; each a mask of shape `(n_rows,)`.
    """

    value: float
    influence_values: Numbers
    kinds: tuple[Flags, ...]

    def changes(self, codes: Codes, n_patients: int) -> Numbers:
        """Return how far the estimate moves without each patient, sign turned: `(n_patients,)`."""
        moved: Numbers = np.zeros(n_patients)
        for rows in self.kinds:
            sums = per_patient(self.influence_values * rows, codes, n_patients)
            moved += leave_out(sums, per_patient(rows.astype(float), codes, n_patients))
        return moved

    def patients_per_kind(self, codes: Codes) -> int:
        """Return the least number of patients that hold rows of one kind."""
        return min(count_held(codes[rows]) for rows in self.kinds)


def mean_influence(values: Numbers, rows: Flags) -> Influence:
    """Return the influence of a mean of `values` over the rows that count."""
    n = int(np.count_nonzero(rows))
    mean = float(values[rows].mean())
    return Influence(mean, np.where(rows, values - mean, 0.0) / n, (rows,))


def auroc_influence(labels: Flags, scores: Numbers) -> Influence:
    """Return the influence of the AUROC; both classes occur."""
    placed, influence_values = placement_values(labels, scores), np.empty(labels.size)
    influence_values[labels] = (placed.positives - placed.auroc) / placed.positives.size
    influence_values[~labels] = (placed.negatives - placed.auroc) / placed.negatives.size
    return Influence(placed.auroc, influence_values, (labels, ~labels))


def auroc_gradient(columns: Columns, weights: Numbers) -> tuple[float, Numbers]:
    """Return the AUROC of weighted rows and its slope in each row's weight."""
    labels, scores, slopes = columns.labels, columns.scores, np.empty(columns.labels.size)
    value = 0.0
    for rows, turned in ((labels, scores), (~labels, -scores)):
        others, own = np.sort(turned[~rows]), turned[rows]
        order = np.argsort(turned[~rows], kind="stable")
        below = np.concatenate([[0.0], np.cumsum(weights[~rows][order])])
        left, right = (below[np.searchsorted(others, own, side=side)] for side in ("left", "right"))
        placed, weight = (left + right) / 2 / below[-1], weights[rows]
        value = dot(placed, weight) / float(weight.sum())
        slopes[rows] = (placed - value) / weight.sum()
    return value, slopes


def average_precision_gradient(columns: Columns, weights: Numbers) -> tuple[float, Numbers]:
    """Return average precision of weighted rows and its slope in each row's weight."""
    return precision_influences(columns.labels, columns.scores, weights)


def average_precision_influence(labels: Flags, scores: Numbers) -> Influence:
    """Return the influence of average precision; both classes occur."""
    return Influence(*precision_influences(labels, scores), (labels, ~labels))


def independent_variance(influence_values: Numbers, kinds: tuple[Flags, ...]) -> float:
    """Return the variance of a sum over independent images: DeLong's, for the AUROC."""
    total = 0.0
    for rows in kinds:
        n = int(np.count_nonzero(rows))
        if n < 2:
            return float("nan")
        total += dot(influence_values[rows], influence_values[rows]) * n / (n - 1)
    return total


def spread_over(changes: Numbers, codes: Codes) -> Spread:
    """Return the spread of summed changes over the patients that occur."""
    return Spread.of(changes[np.bincount(codes, minlength=changes.size) > 0])
