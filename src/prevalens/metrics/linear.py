"""An estimate over all images, from each image's pull on it."""

import math
import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import stdtr

from prevalens._sums import dot
from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import Spread, degrees_of_freedom, leave_out, per_patient
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits
from prevalens.typing import Codes, Flags, Numbers

FEW_EVENTS = 20  # images of the rarer class
FEW_HOLDERS = 10  # patients who have them
SKEWED = "limits moved outwards where the mean is skewed (Hall 1992)"
STUDENT = "Student's t (degrees of freedom: Satterthwaite 1946)"
JACKKNIFE = f"delete-one-patient jackknife and {STUDENT}"


# A report makes hundreds of estimates of the same rows; an entry goes when its rows go.
_BASES: weakref.WeakKeyDictionary[Columns, Basis] = weakref.WeakKeyDictionary()


def basis_of(columns: Columns, confidence_level: float) -> Basis:
    """Return the basis of an estimate computed from every row; events are positive images."""
    found = _BASES.get(columns)
    if found is None:
        found = _BASES[columns] = _look_at(columns, confidence_level)
    return replace(found, confidence_level=confidence_level)


def _look_at(columns: Columns, confidence_level: float) -> Basis:
    labels, codes = columns.labels, columns.codes
    n, events = labels.size, int(np.count_nonzero(labels))
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=events, ids=columns.ids)
    remarks = list(basis.remarks)
    side = "positive" if 2 * events <= n else "negative"
    if 0 < min(events, n - events) < FEW_EVENTS:
        remarks.append(f"There are only {min(events, n - events)} {side} images.")
    elif codes is not None and not basis.unclustered and 0 < events < n:
        holders = {
            name: int(np.count_nonzero(np.bincount(codes[rows])))
            for name, rows in (("positive", labels), ("negative", ~labels))
        }
        side = min(holders, key=holders.__getitem__)
        if holders[side] < FEW_HOLDERS:
            remarks.append(f"The {side} images come from only {holders[side]} patients.")
    if codes is not None and not basis.unclustered and (told := informative_size(labels, codes)):
        remarks.append(told)
    return replace(basis, remarks=tuple(remarks))


def informative_size(hits: Flags, codes: Codes) -> str | None:
    """Tell where patients with more images have other shares of hits: a score test.

    A correlation of size and share is no test: shares of one image are 0 or 1, so ranks go with
    the size wherever the share is not a half. The sum over patients of size (less the mean size of
    an image's patient) times hits beyond those expected is 0 on average.

    Args:
        hits: True where an image is a hit, shape `(n_rows,)`.
        codes: Number of each row's patient, shape `(n_rows,)`.
    """
    every = np.bincount(codes)
    sizes = every[every > 0].astype(float)
    if sizes.size < 4:
        return None
    beyond = np.bincount(codes, hits, every.size)[every > 0] - hits.mean() * sizes
    parts = (sizes - sizes @ sizes / sizes.sum()) * beyond
    error = math.sqrt(dot(parts, parts))
    if error < 1e-12 or 2 * stdtr(sizes.size - 1, -abs(parts.sum()) / error) >= 0.05:
        return None
    more = "more" if parts.sum() > 0 else "fewer"
    return (
        f"Patients with {more} images have a larger share of positive ones (score test over "
        "patients, p < 0.05): the estimate is per image, and limits over patients are less sure."
    )


def linear_estimate(
    columns: Columns,
    value: float,
    influence_values: Numbers,
    limits: Callable[[float, float], Limits],
    *,
    method: str,
    confidence_level: float,
    skewed: bool = True,
) -> Estimate:
    """Make the estimate whose slope in each row's weight is `influence_values`.

    Args:
        columns: The checked columns.
        value: The estimate.
        influence_values: Slopes, shape `(n_rows,)`; they add up to 0.
        limits: Turns value and half width into limits, on the estimate's scale.
        method: How value and limits are computed; `{}` stands for where the spread comes from.
        confidence_level: Coverage aimed at.
        skewed: Whether limits over patients move outwards where patients are skewed.
    """
    return estimate_over(
        basis_of(columns, confidence_level),
        columns.codes,
        value,
        influence_values,
        limits,
        method=method,
        skewed=skewed,
    )


def estimate_over(
    basis: Basis,
    codes: Codes | None,
    value: float,
    influence_values: Numbers,
    limits: Callable[[float, float], Limits],
    *,
    method: str,
    skewed: bool,
) -> Estimate:
    """Make the estimate of `linear_estimate` on a basis of any kind, of two classes or more."""
    n = influence_values.size
    alone, over = INDEPENDENT, JACKKNIFE
    if skewed:
        alone, over = f"{alone}, {STUDENT}", f"{over}, {SKEWED}"
    words = method.format(alone if basis.unclustered else over)
    if n > 1 and basis.patients == 1:
        return basis.without_limits(value, words, "all images come from one patient")
    with np.errstate(over="ignore"):  # an infinite spread ends as no limits
        variance = dot(influence_values, influence_values) * n / max(n - 1, 1)
    if variance <= 1e-24:
        why = "all images count alike, and a width of 0 is not an interval"
        return basis.without_limits(value, words, why)
    if codes is None or basis.unclustered:
        spread = Spread.alone(variance, n)
        if skewed:
            with np.errstate(over="ignore", invalid="ignore"):
                spread = Spread(variance, degrees_of_freedom(influence_values), n)
        return basis.from_spread(value, spread, limits, words)
    k = int(codes.max()) + 1
    sizes = np.bincount(codes, minlength=k).astype(float)
    changes = leave_out(per_patient(influence_values, codes, k), sizes)
    spread = Spread.of(changes[sizes > 0])
    return basis.from_spread(value, spread, limits, words, alone=variance, skewed=skewed)
