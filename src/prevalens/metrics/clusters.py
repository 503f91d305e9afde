"""How far an estimate moves from one set of patients to another."""

import math
from dataclasses import dataclass

import numpy as np

from prevalens._sums import dot
from prevalens.typing import Codes, Numbers


@dataclass(frozen=True)
class Spread:
    """The spread of an estimate over patients.

    Args:
        variance: Variance of the estimate; nan where it cannot be had.
        df: Degrees of freedom of that variance; may be a fraction.
        patients: Number of patients it is estimated from.
        skewness: Skewness of the estimate over patients; 0 where it is not looked at.
    """

    variance: float
    df: float
    patients: int
    skewness: float = 0.0

    @property
    def error(self) -> float:
        """Standard error of the estimate."""
        return math.sqrt(self.variance)

    @classmethod
    def alone(cls, variance: float, n: int) -> "Spread":
        """Return the spread of `n` independent images, whose limits come from the normal."""
        return cls(variance, math.inf, n)

    @classmethod
    def unseen(cls, patients: int) -> "Spread":
        """Return the spread of an estimate that fewer than two patients of a kind carry."""
        return cls(math.nan, 0.0, patients)

    @classmethod
    def of(cls, changes: Numbers) -> "Spread":
        """Return the jackknife's spread.

        The squared changes are summed without the jackknife's factor (k - 1) / k: with few
        patients that factor costs coverage (see "Why these intervals" in the documentation).

        Args:
            changes: How far the estimate moves when each patient is left out, shape `(k,)`; fewer
                than two leave no limits.
        """
        if changes.size < 2:
            return cls.unseen(changes.size)
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite spread has no limits
            variance = dot(changes, changes)
            cubes = float((changes * changes * changes).sum())
            skewness = cubes / variance**1.5 if variance > 0 else 0.0
            return cls(variance, degrees_of_freedom(changes), changes.size, skewness)


def degrees_of_freedom(changes: Numbers) -> float:
    """Return how many degrees of freedom a sum of squared changes has.

    A variance that a few patients carry is itself uncertain. Satterthwaite's match of moments,
    2 V^2 / var(V), measures that from the fourth powers of the changes. Patients that weigh the
    same and vary as the normal distribution does give about k - 1, which is also the most.

    Args:
        changes: How far the estimate moves when each patient is left out, shape `(k,)`, k >= 2.

    References:
        Satterthwaite, Biometrics Bulletin 1946;2:110-114.

    Examples:
        >>> degrees_of_freedom(np.array([1.0, -1.0, 1.0, -1.0]))
        3.0
        >>> round(degrees_of_freedom(np.array([5.0, -1.0, 1.0, -1.0, 1.0, -1.0])), 2)
        3.75
    """
    k, squares = changes.size, changes * changes
    total = float(squares.sum())
    excess = float((squares * squares).sum()) - total**2 / k
    if 2 * total**2 >= (k - 1) * excess:
        return k - 1.0
    return max(2 * total**2 / excess, 1.0)


def effective_number(sizes: Numbers) -> float:
    """Return how many equal sizes tell as much as these: their sum squared over their squares.

    Args:
        sizes: What each patient weighs, shape `(k,)`, at least 0, some above.

    References:
        Kish, Survey sampling. Wiley, 1965.
    """
    total = float(sizes.sum())
    return total**2 / float(sizes.astype(np.float64) @ sizes)


def unseen_share(seen: float) -> float:
    """Return the share of a spread that is unseen where `seen` effective units carry it.

    A unit (a patient, or an image alone) that is wrong but was not drawn is in no sum of squares.
    A Poisson number of mean `seen` is 0 with this probability: 1 with nothing seen, 0.37 with
    one unit, below 0.01 from five on.
    """
    return math.exp(-seen)


def per_patient(values: Numbers, codes: Codes, n_patients: int) -> Numbers:
    """Sum `values` (n_rows,) by patient; shape `(n_patients,)`."""
    sums: Numbers = np.bincount(codes, weights=values, minlength=n_patients).astype(np.float64)
    return sums


def count_held(codes: Codes) -> int:
    """Count the patients who hold rows, given the rows' numbers of patients from 0."""
    return int(np.count_nonzero(np.bincount(codes))) if codes.size else 0


def leave_out(influences: Numbers, sizes: Numbers) -> Numbers:
    """Turn each patient's influence on a mean into its change when the patient is left out.

    Args:
        influences: Sum of (value - mean) of each patient's rows over the total size, `(k,)`.
        sizes: Number of rows of each patient, `(k,)`; 0 where a patient has none.

    Returns:
        The changes, shape `(k,)`: exactly the delete-one-patient differences of a ratio, with the
        sign turned; nan for a patient who holds all rows.
    """
    with np.errstate(invalid="ignore"):  # nobody may hold a row
        rest = 1 - sizes / sizes.sum()
    changes: Numbers = np.full(rest.shape, np.nan)
    return np.divide(influences, rest, out=changes, where=rest != 0)


def ratio_spread(numerators: Numbers, sizes: Numbers) -> Spread:
    """Compute the spread of sum(numerators) / sum(sizes), leaving out one patient at a time.

    Args:
        numerators: Sum of the values of each patient's rows, shape `(k,)`.
        sizes: Number of each patient's rows, shape `(k,)`.
    """
    kept = sizes > 0
    if np.count_nonzero(kept) < 2:
        return Spread.unseen(int(np.count_nonzero(kept)))
    tops, sizes = numerators[kept], sizes[kept]
    influences = (tops - tops.sum() / sizes.sum() * sizes) / sizes.sum()
    return Spread.of(leave_out(influences, sizes))


def joint_spread(
    first: Numbers, first_sizes: Numbers, second: Numbers, second_sizes: Numbers
) -> Spread:
    """Compute the spread of an estimate of two kinds of rows, say positive and negative.

    Args:
        first: Influence of each patient's rows of the first kind, shape `(k,)`.
        first_sizes: Number of those rows, shape `(k,)`.
        second: Influence of the rows of the second kind, shape `(k,)`.
        second_sizes: Number of those rows, shape `(k,)`.
    """
    kept = first_sizes + second_sizes > 0
    if min(np.count_nonzero(first_sizes), np.count_nonzero(second_sizes)) < 2:
        return Spread.unseen(int(np.count_nonzero(kept)))
    return Spread.of((leave_out(first, first_sizes) + leave_out(second, second_sizes))[kept])
