"""A proportion of images, with limits that hold for images inside patients."""

import functools
import math

import numpy as np

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import effective_number, per_patient, ratio_spread, unseen_share
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import (
    Limits,
    clopper_pearson_interval,
    normal_critical,
    student_critical,
    wilson_limits,
)
from prevalens.metrics.linear import informative_size
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
    ids: tuple[str, ...] | None = None,
) -> Estimate:
    """Compute the share of `hits`.

    Args:
        hits: Whether each image that counts is a hit, shape `(n,)`; may be empty.
        codes: Number of each such image's patient, shape `(n,)`; None for independent images.
        confidence_level: Coverage aimed at.
        empty: Why there is no value where `hits` is empty.
        interval: `"wilson"` or `"exact"` (Clopper-Pearson).
        ids: Id of each patient by number, for what is said of one.
    """
    events, n = int(np.count_nonzero(hits)), int(hits.size)
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=events, ids=ids)
    exact = interval == "exact"
    if n == 0:
        return basis.refuse(empty, _EXACT if exact else _WILSON)
    if codes is None or basis.unclustered:
        rule = functools.partial(share_limits, events / n, float(n), math.inf, exact)
        method = _EXACT if exact else _WILSON
        limits = rule(confidence_level)
        return basis.estimate(events / n, limits, method, limits_at=rule)
    return _clustered(hits, codes, basis, exact=exact)


def share_limits(
    value: float,
    n: float,
    df: float,
    exact: bool,  # noqa: FBT001 - bound by position
    confidence_level: float,
) -> Limits:
    """Return the limits of a share.

    Args:
        value: The share.
        n: Number of images, or the effective number.
        df: Degrees of freedom of the design effect; infinite for independent images.
        exact: Whether limits are Clopper and Pearson's, not Wilson's.
        confidence_level: Coverage aimed at.
    """
    normal = normal_critical(confidence_level)
    # Korn & Graubard: the effective number also pays for the uncertain variance.
    n *= (normal / student_critical(confidence_level, df)) ** 2
    if exact:
        return clopper_pearson_interval(value * n, n, confidence_level=confidence_level)
    return wilson_limits(value, n, normal)


def _clustered(hits: Flags, codes: Codes, basis: Basis, *, exact: bool) -> Estimate:
    n = basis.n
    tops, sizes = _patient_sums(hits, codes)
    value = float(tops.sum() / n)
    flat = value in {0.0, 1.0}
    method = _OVER.format("Clopper-Pearson interval" if exact else "Wilson interval")
    if sizes.size < 2:
        return basis.without_limits(value, method, "all these images come from one patient")
    effect, df = design_effect(tops, sizes)
    rule = functools.partial(share_limits, value, n / effect, df, exact)
    note = "No patient differs from the rest, so each patient is counted as one image."
    remark = note if flat else informative_size(hits, codes)
    return basis.estimate(
        value,
        rule(basis.confidence_level),
        method,
        note=remark,
        design_effect=effect,
        limits_at=rule,
    )


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
    together, most = float(sizes @ sizes / n), n**2 / float(sizes @ sizes) - 1
    if value in {0.0, 1.0}:
        return together, max(most, 1.0)
    seen = min(effective_number(tops), effective_number(sizes - tops))
    spread = ratio_spread(tops, sizes)
    effect = spread.variance * n / (value * (1 - value))
    return blend(seen, effect, together, spread.df, most)


def blend(
    seen: float, effect: float, together: float, df: float, most: float
) -> tuple[float, float]:
    """Let the unseen share of a design effect be that of images that go together; at least 1.

    Args:
        seen: Effective number of patients with a hit, or with a miss, whichever is less.
        effect: The design effect that was seen.
        together: That of images of one patient that are all hits or all misses.
        df: Degrees of freedom of the effect that was seen.
        most: Those of patients who all weigh as they do.
    """
    unseen = unseen_share(seen)
    shrunk, freedom = (
        (1 - unseen) * own + unseen * prior for own, prior in ((effect, together), (df, most))
    )
    return max(shrunk, 1.0), max(freedom, 1.0)


def patients_of(codes: Codes | None, rows: Flags) -> Codes | None:
    """Return the patients of the chosen rows; None where images are independent."""
    return None if codes is None else codes[rows]
