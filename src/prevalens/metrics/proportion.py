"""A proportion of images, with limits that hold for images inside patients."""

import math

import numpy as np

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import per_patient, ratio_spread
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import (
    clopper_pearson_interval,
    logit_limits,
    normal_critical,
    student_critical,
    wilson_limits,
)
from prevalens.typing import Codes, Flags, Numbers

_WILSON = f"Wilson score interval, {INDEPENDENT} (Wilson 1927)"
_EXACT = f"Clopper-Pearson exact interval, {INDEPENDENT} (Clopper & Pearson 1934)"
_OVER = (
    "{} over patients: effective number of images from the delete-one-patient jackknife, and "
    "Student's t (Rao & Scott 1992; Korn & Graubard 1998; degrees of freedom: Satterthwaite 1946)"
)


def proportion_estimate(
    hits: Flags,
    codes: Codes | None,
    *,
    confidence_level: float,
    empty: str,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of `hits`.

    Args:
        hits: Whether each image that counts is a hit, shape `(n,)`; may be empty.
        codes: Number of each such image's patient, shape `(n,)`; None for independent images.
        confidence_level: Coverage aimed at.
        empty: Why there is no value where `hits` is empty.
        interval: `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    events, n = int(np.count_nonzero(hits)), int(hits.size)
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=events)
    exact = interval == "exact"
    if n == 0:
        return basis.refuse(empty, _EXACT if exact else _WILSON)
    if codes is None or basis.unclustered:
        limits = (
            clopper_pearson_interval(events, n, confidence_level=confidence_level)
            if exact
            else wilson_limits(events / n, n, normal_critical(confidence_level))
        )
        return basis.estimate(events / n, limits, _EXACT if exact else _WILSON)
    return _clustered(hits, codes, basis, exact=exact)


def _clustered(hits: Flags, codes: Codes, basis: Basis, *, exact: bool) -> Estimate:
    confidence_level, n = basis.confidence_level, basis.n
    tops, sizes = _patient_sums(hits, codes)
    value = float(tops.sum() / n)
    flat = value in {0.0, 1.0}
    kind = "Clopper-Pearson interval" if exact else "Wilson interval" if flat else "logit interval"
    method = _OVER.format(kind)
    if sizes.size < 2:
        return basis.without_limits(value, method, "all these images come from one patient")
    effect, df = design_effect(tops, sizes)
    student = student_critical(confidence_level, df)
    # Korn & Graubard: the effective number also pays for the uncertain variance.
    effective = n / effect * (normal_critical(confidence_level) / student) ** 2
    if exact:
        limits = clopper_pearson_interval(
            value * effective, effective, confidence_level=confidence_level
        )
    elif flat:
        limits = wilson_limits(value, effective, normal_critical(confidence_level))
    else:
        limits = logit_limits(value, student * math.sqrt(value * (1 - value) * effect / n))
    note = "No patient differs from the rest, so each patient is counted as one image."
    return basis.estimate(value, limits, method, note=note if flat else None, design_effect=effect)


def _patient_sums(hits: Flags, codes: Codes) -> tuple[Numbers, Numbers]:
    k = int(codes.max()) + 1
    sizes = per_patient(np.ones(codes.size), codes, k)
    kept = sizes > 0
    return per_patient(hits.astype(float), codes, k)[kept], sizes[kept]


def design_effect(tops: Numbers, sizes: Numbers) -> tuple[float, float]:
    """Return the design effect of a proportion, at least 1, and its degrees of freedom.

    Where every image is a hit, or none is, the spread over patients cannot be seen; images of one
    patient are then taken to go together entirely.

    Args:
        tops: Number of hits of each patient, shape `(k,)`, k >= 2.
        sizes: Number of images of each patient, shape `(k,)`, above 0.
    """
    n, value = float(sizes.sum()), float(tops.sum() / sizes.sum())
    if value in {0.0, 1.0}:
        return float(sizes @ sizes / n), sizes.size - 1.0
    spread = ratio_spread(tops, sizes)
    return max(spread.variance * n / (value * (1 - value)), 1.0), spread.df


def patients_of(codes: Codes | None, rows: Flags) -> Codes | None:
    """Return the patients of the chosen rows; None where images are independent."""
    return None if codes is None else codes[rows]
