"""What the solver is asked: units with counts, parts with shares, and how uneven an answer is."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from prevalens.typing import Column

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BALANCES = ("counts", "prevalence")
# What counts against the worst deviation of a class, in the choice among all ends of the search.
# The first goes on with all that one patient did not force; none outweighs the worst itself.
_NORM = 0.5  # root mean square of all deviations of classes
_STRATA = 0.1  # that of the levels of further strata
_SIZE = {"counts": 0.01, "prevalence": 0.1}  # that of the sizes of parts


@dataclass(frozen=True, eq=False)
class Problem:
    """Units with counts, and parts with shares.

    Args:
        images: Images of each unit in each class, shape `(n_units, n_classes)`; of several
            findings, the images with each finding and, last, all images.
        carries: Whether each unit carries each class, shape `(n_units, n_classes)`.
        required: The same for the classes that every part has to hold.
        shares: Share of each part, shape `(n_parts,)`, positive, summing to 1.
        strata: Images of each unit at each level of the further strata, shape
            `(n_units, n_levels)`; None where there are none.
        level_weights: Weight of the squared relative deviation of each level against that of a
            class, shape `(n_levels,)`; None for 1 each.
        n_images: All images of each unit, shape `(n_units,)`; None where classes exclude each
            other, and they sum to it.
        balance: `"counts"` brings the images of each class to the shares of the parts;
            `"prevalence"` brings each class's share of a part to its share of all images.
        unit_weight: Weight of the squared relative deviation of the units of each class against
            that of the images of each class, in the cost that the search lowers.
        size_weight: The same of all images of each part. Classes that are balanced by counts
            balance the sizes themselves.
    """

    images: Ints
    carries: Bools
    required: Bools
    shares: Floats
    strata: Ints | None = None
    level_weights: Floats | None = None
    n_images: Ints | None = None
    balance: str = "counts"
    unit_weight: float = 0.01
    size_weight: float = 0.0

    @cached_property
    def counts(self) -> Ints:
        """Images per class, level and in all, shape `(n_units, n_classes + n_levels + 1)`."""
        whole = self.images.sum(axis=1) if self.n_images is None else self.n_images
        levels = self.images[:, :0] if self.strata is None else self.strata
        return np.concatenate([self.images, levels, whole[:, None]], axis=1)

    @cached_property
    def columns(self) -> Floats:
        """What is balanced: counts, or counts less what their unit's images are due; then units."""
        counts = self.counts.astype(np.float64)
        if self.balance == "prevalence":
            totals = counts.sum(axis=0)
            counts[:, :-1] -= counts[:, -1:] * (totals[:-1] / max(totals[-1], 1))
        return np.concatenate([counts, self.carries], axis=1)

    @cached_property
    def scale(self) -> Floats:
        """What a count of one weighs in each part, shape `(n_parts, c)`."""
        counted = np.concatenate([self.counts, self.carries], axis=1).sum(axis=0)
        totals = np.maximum(counted, 1)
        # No relative deviation passes 1 / share; all their squares must stay below 2**52.
        spare = 52 - np.log2(8 * len(totals) * max(1.0, self.unit_weight))
        bits = min(24, int(spare / 2 + np.log2(self.shares.min())))
        scale: Floats = 2.0**bits * np.sqrt(self._weights) / (self.shares[:, None] * totals)
        return np.rint(scale) if self.balance == "counts" else scale

    @cached_property
    def _weights(self) -> Floats:
        n_levels = 0 if self.strata is None else self.strata.shape[1]
        levels = np.ones(n_levels) if self.level_weights is None else self.level_weights
        units = np.full(self.carries.shape[1], self.unit_weight)
        return np.concatenate([np.ones(self.images.shape[1]), levels, [self.size_weight], units])

    @cached_property
    def sizes(self) -> Floats:
        """What each unit weighs in each part, whole numbers, shape `(n_parts, n_units, c)`."""
        even = bool((self.shares == self.shares[0]).all())
        made = np.rint(self.scale[: 1 if even else None, None, :] * self.columns)
        # Parts of equal shares weigh alike: one table for all of them.
        return np.broadcast_to(made, (len(self.shares), *made.shape[1:]))

    @cached_property
    def targets(self) -> Floats:
        """What each part should weigh, shape `(n_parts, c)`."""
        return np.rint(self.scale * (self.shares[:, None] * self.columns.sum(axis=0)))

    @cached_property
    def nearest(self) -> float:
        """Worst relative deviation of a class that whole images force, in the units of `scale`."""
        due = self.shares[:, None] * self.images.sum(axis=0)
        off = np.maximum(np.ceil(due) - due, due - np.floor(due))
        # The 1 is for targets and scales, which are themselves rounded.
        return float((self.scale[:, : due.shape[1]] * off).max()) + 1

    def totals(self, parts: Ints, counted: Column) -> Floats:
        """Return the sum of `counted`, `(n_units, c)`, over each part, `(n_parts, c)`."""
        n_parts = len(self.shares)
        sums = [np.bincount(parts, weights=column, minlength=n_parts) for column in counted.T]
        return np.stack(sums, axis=1)

    def excess(self, parts: Ints) -> Floats:
        """Return what each part weighs beyond its target, shape `(n_parts, c)`."""
        own = self.sizes[parts, np.arange(len(parts))]
        return self.totals(parts, own) - self.targets

    def cost(self, parts: Ints) -> float:
        """Return what the search lowers: the weighted squares of all relative deviations."""
        return float((self.excess(parts) ** 2).sum())

    def score(self, parts: Ints, *, patient_weight: float) -> float:
        """Return how uneven the parts are, the worst deviation of a class first."""
        n_classes = self.images.shape[1]
        totals = self.totals(parts, self.counts)
        counts = self.counts.sum(axis=0)
        sizes = totals[:, -1:] / (self.shares[:, None] * max(counts[-1], 1))
        ratios = totals / (self.shares[:, None] * np.maximum(counts, 1)) - (counts > 0)
        if self.balance == "prevalence":
            ratios = (ratios + 1) / np.maximum(sizes, 1e-9) - 1
            ratios[:, counts == 0] = 0
        classes, levels = ratios[:, :n_classes], ratios[:, n_classes:-1]
        if levels.size and self.level_weights is not None:
            levels = levels * np.sqrt(self.level_weights / self.level_weights.mean())
        worst = float(np.abs(classes).max())
        even = (
            worst
            + _NORM * _rms(classes)
            + _STRATA * _rms(levels)
            + _SIZE[self.balance] * _rms(sizes - 1)
        )
        return even + patient_weight * self.patient_deviation(parts)

    def worst_deviation(self, parts: Ints) -> float:
        """Return the worst relative deviation of any class's images in any part."""
        return float(np.abs(self._deviations(parts, self.images)).max())

    def patient_deviation(self, parts: Ints) -> float:
        """Return the root of the mean squared relative deviation of patients per class."""
        return _rms(self._deviations(parts, self.carries))

    def _deviations(self, parts: Ints, counted: Column) -> Floats:
        counted = counted[:, counted.any(axis=0)]
        return self.totals(parts, counted) / (self.shares[:, None] * counted.sum(axis=0)) - 1


def _rms(deviations: Floats) -> float:
    # Exact but for one rounding, in whatever order: the same on every machine.
    squares = (deviations**2).ravel().tolist()
    return math.sqrt(math.fsum(squares) / len(squares)) if squares else 0.0
