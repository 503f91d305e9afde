"""How far each image pulls an estimate: what differences between models and groups are made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prevalens.metrics.clusters import Spread, leave_out, per_patient
from prevalens.metrics.delong import place
from prevalens.metrics.precision_recall import precision_influences
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True, eq=False)
class Influence:
    """An estimate's value and each image's pull on it.

    Args:
        value: The estimate.
        pulls: Slope of the estimate in each row's weight, shape `(n_rows,)`; 0 where a row does
            not count. They add up to 0.
        kinds: The rows that count, split into the kinds that are averaged apart, say positive
            and negative; each a mask of shape `(n_rows,)`.
    """

    value: float
    pulls: Numbers
    kinds: tuple[Flags, ...]

    def changes(self, codes: Codes, n_patients: int) -> Numbers:
        """Return how far the estimate moves without each patient, sign turned: `(n_patients,)`."""
        moved: Numbers = np.zeros(n_patients)
        for rows in self.kinds:
            sums = per_patient(self.pulls * rows, codes, n_patients)
            moved += leave_out(sums, per_patient(rows.astype(float), codes, n_patients))
        return moved

    def patients_per_kind(self, codes: Codes) -> int:
        """Return the least number of patients that hold rows of one kind."""
        return min(np.unique(codes[rows]).size for rows in self.kinds)


def mean_influence(values: Numbers, rows: Flags) -> Influence:
    """Return the influence of a mean of `values` over the rows that count."""
    n = int(np.count_nonzero(rows))
    mean = float(values[rows].mean())
    return Influence(mean, np.where(rows, values - mean, 0.0) / n, (rows,))


def auroc_influence(labels: Flags, scores: Numbers) -> Influence:
    """Return the influence of the AUROC; both classes occur."""
    placed, pulls = place(labels, scores), np.empty(labels.size)
    pulls[labels] = (placed.positives - placed.auroc) / placed.positives.size
    pulls[~labels] = (placed.negatives - placed.auroc) / placed.negatives.size
    return Influence(placed.auroc, pulls, (labels, ~labels))


def average_precision_influence(labels: Flags, scores: Numbers) -> Influence:
    """Return the influence of average precision; both classes occur."""
    return Influence(*precision_influences(labels, scores), (labels, ~labels))


def brier_influence(labels: Flags, scores: Numbers) -> Influence:
    """Return the influence of the Brier score."""
    losses: Numbers = np.square(scores - labels.astype(np.float64))
    return mean_influence(losses, np.ones(labels.size, dtype=bool))


def benefit_influence(labels: Flags, calls: Flags, threshold: float) -> Influence:
    """Return the influence of net benefit at a threshold below 1."""
    worth: Numbers = np.where(calls, np.where(labels, 1.0, -threshold / (1 - threshold)), 0.0)
    return mean_influence(worth, np.ones(labels.size, dtype=bool))


def influence_of(
    measure: str, labels: Flags, scores: Numbers, threshold: float | None
) -> Influence:
    """Return the influence of a measure by name.

    Args:
        measure: One of `COMPARABLE`.
        labels: True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`.
        threshold: A score of at least this is a positive call; for estimates of calls.
    """
    if threshold is None or measure not in AT_THRESHOLD:
        return ANY_THRESHOLD[measure](labels, scores)
    calls = scores >= threshold
    right: Numbers = (labels == calls).astype(np.float64)
    if measure == "net_benefit":
        return benefit_influence(labels, calls, threshold)
    if measure == "accuracy":
        return mean_influence(right, labels | True)
    rows = labels if measure == "sensitivity" else ~labels
    return mean_influence(right, rows)


ANY_THRESHOLD: dict[str, Callable[[Flags, Numbers], Influence]] = {
    "auroc": auroc_influence,
    "average_precision": average_precision_influence,
    "brier": brier_influence,
}
AT_THRESHOLD = ("sensitivity", "specificity", "accuracy", "net_benefit")
COMPARABLE = (*ANY_THRESHOLD, *AT_THRESHOLD)
PROPORTIONS = ("sensitivity", "specificity", "accuracy")


def classes_missing(measure: str, labels: Flags) -> str | None:
    """Return why a measure cannot be had from these labels, or None where it can."""
    needs_positive = measure in {"auroc", "average_precision", "sensitivity"}
    needs_negative = measure in {"auroc", "average_precision", "specificity"}
    if needs_positive and not labels.any():
        return "no positive images"
    if needs_negative and labels.all():
        return "no negative images"
    return None


def independent_variance(pulls: Numbers, kinds: tuple[Flags, ...]) -> float:
    """Return the variance of a sum of pulls of independent images: DeLong's, for the AUROC."""
    total = 0.0
    for rows in kinds:
        n = int(np.count_nonzero(rows))
        if n < 2:
            return float("nan")
        total += float(pulls[rows] @ pulls[rows]) * n / (n - 1)
    return total


def spread_over(changes: Numbers, codes: Codes) -> Spread:
    """Return the spread of summed changes over the patients that occur."""
    return Spread.of(changes[np.bincount(codes, minlength=changes.size) > 0])
