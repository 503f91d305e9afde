"""How far a figure moves from one set of patients to another."""

import math
from dataclasses import dataclass

import numpy as np

from prevalens.typing import Codes, Numbers


@dataclass(frozen=True)
class Spread:
    """The spread of a figure over patients.

    Args:
        variance: Variance of the figure.
        df: Degrees of freedom of that variance; may be a fraction.
        patients: Number of patients it rests on.
    """

    variance: float
    df: float
    patients: int

    @property
    def error(self) -> float:
        """Standard error of the figure."""
        return math.sqrt(self.variance)


def per_patient(values: Numbers, codes: Codes, n_patients: int) -> Numbers:
    """Sum `values` (n_rows,) by patient; shape `(n_patients,)`."""
    sums: Numbers = np.bincount(codes, weights=values, minlength=n_patients)
    return sums


def leave_out(influences: Numbers, sizes: Numbers) -> Numbers:
    """Turn each patient's influence on a mean into its change when the patient is left out.

    Args:
        influences: Sum of (value - mean) of each patient's rows over the total size, `(k,)`.
        sizes: Number of rows of each patient, `(k,)`; 0 where a patient has none.

    Returns:
        The changes, shape `(k,)`: exactly the delete-one-patient differences of a ratio.
    """
    return influences / (1 - sizes / sizes.sum())


def satterthwaite(sizes: Numbers) -> float:
    """Return the degrees of freedom of a jackknife variance over patients of unequal size.

    The variance sums squared delete-one differences. Its degrees of freedom follow from its first
    two moments when the images of a patient go together (their sums have variances in proportion
    to the squared sizes); k patients of one size give k - 1.

    Args:
        sizes: Number of rows of each patient, shape `(k,)`; patients with none do not count.

    References:
        Bell & McCaffrey, Survey Methodology 2002;28:169-181.
    """
    share = sizes[sizes > 0] / sizes.sum()
    if share.size < 2:
        return 0.0
    spread, weight = share**2, 1 / (1 - share) ** 2
    tilt = weight * share
    constant = float(tilt @ share)
    total = float(spread @ (weight - 2 * tilt + constant))
    s0, s1, s2 = float(spread.sum()), float(tilt @ spread), float(tilt**2 @ spread)
    pairs = constant**2 * s0**2 + 2 * s2 * s0 - 4 * constant * s1 * s0 + 2 * s1**2
    diagonal = float((2 * weight * (constant - 2 * tilt) + weight**2) @ spread**2)
    return total**2 / (pairs + diagonal)


def ratio_spread(numerators: Numbers, sizes: Numbers) -> Spread:
    """Compute the spread of sum(numerators) / sum(sizes), leaving out one patient at a time.

    Args:
        numerators: Sum of the values of each patient's rows, shape `(k,)`.
        sizes: Number of each patient's rows, shape `(k,)`.
    """
    kept = sizes > 0
    if np.count_nonzero(kept) < 2:
        return Spread(math.nan, 0.0, int(np.count_nonzero(kept)))
    tops, sizes = numerators[kept], sizes[kept]
    influences = (tops - tops.sum() / sizes.sum() * sizes) / sizes.sum()
    changes = leave_out(influences, sizes)
    return Spread(float(changes @ changes), satterthwaite(sizes), int(sizes.size))


def joint_spread(
    first: Numbers, first_sizes: Numbers, second: Numbers, second_sizes: Numbers
) -> Spread:
    """Compute the spread of a figure that rests on two kinds of rows, say positive and negative.

    Args:
        first: Influence of each patient's rows of the first kind, shape `(k,)`.
        first_sizes: Number of those rows, shape `(k,)`.
        second: Influence of the rows of the second kind, shape `(k,)`.
        second_sizes: Number of those rows, shape `(k,)`.

    Returns:
        The spread; its degrees of freedom combine those of the parts as Welch's do.

    References:
        Welch, Biometrika 1947;34:28-35.
    """
    patients = int(np.count_nonzero(first_sizes + second_sizes))
    if min(np.count_nonzero(first_sizes), np.count_nonzero(second_sizes)) < 2:
        return Spread(math.nan, 0.0, patients)
    one, two = leave_out(first, first_sizes), leave_out(second, second_sizes)
    parts = float(one @ one), float(two @ two)
    variance = float((one + two) @ (one + two))
    return Spread(
        variance, welch(parts, (satterthwaite(first_sizes), satterthwaite(second_sizes))), patients
    )


def welch(parts: tuple[float, float], dfs: tuple[float, float]) -> float:
    """Combine the degrees of freedom of two variances that are added."""
    if sum(parts) == 0:
        return min(dfs)
    return sum(parts) ** 2 / sum(part**2 / df for part, df in zip(parts, dfs, strict=True))
