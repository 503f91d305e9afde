"""The largest threshold whose promise holds: fixed-sequence tests over patients; pure."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from prevalens.typing import Column, Scores

# Misses up to this multiple of what the ask allows are looked at for the design effect. Where few
# are missed their clustering is not seen yet, so the value at each threshold alone is too small;
# bench_threshold.py shows the promise kept with the largest one seen.
_LOOK = 3
# Share of one patient of size-weighted mean size that is added and missed wholly. Where a few hard
# patients have most misses, a draw with few of them shows a higher share and a smaller spread at
# once; bench_threshold.py shows what this much makes up for.
_UNSEEN = 0.5


@dataclass(frozen=True)
class Sequence:
    """Shares kept at each candidate threshold, from the lowest up, and their lower limits.

    Attributes:
        thresholds: Distinct scores, ascending, shape `(n_candidates,)`.
        shares: Share of rows scored at the threshold or more, shape `(n_candidates,)`.
        limits: One-sided lower confidence limit of each share, shape `(n_candidates,)`.
        effective_units: Rows that patients of wholly alike rows are worth.
    """

    thresholds: Scores
    shares: Scores
    limits: Scores
    effective_units: float

    def last_kept(self, ask: float) -> int:
        """Return the position before the first limit below `ask`; -1 where the first fails."""
        failing = np.flatnonzero(self.limits < ask)
        return int(failing[0]) - 1 if failing.size else len(self.limits) - 1


def shares_kept(scores: Scores, owner: Column, *, ask: float, confidence: float) -> Sequence:
    """Walk the thresholds upward and bound the share of rows that stay at or above each.

    The limit is Clopper-Pearson's on the effective number of rows (Korn & Graubard 1998): rows
    over the design effect of patients, with the t correction for their number. With one row per
    patient it is Clopper-Pearson's own. Where no row is lost yet, nothing shows how alike the
    rows of a patient are, and each patient counts as wholly alike. Where patients have several
    rows, half of one more patient counts as missed, which no draw may have shown.

    Args:
        scores: Scores of the rows the promise is about, shape `(n_rows,)`.
        owner: Patient of each row, numbered from 0, shape `(n_rows,)`.
        ask: Share to promise, in (0, 1).
        confidence: Confidence of the promise, in (0, 1).
    """
    sizes = np.bincount(owner).astype(np.float64)
    if (sizes > 1).any() and len(sizes) > 1:
        return _with_unseen(scores, owner, sizes, ask=ask, confidence=confidence)
    return _bounded(scores, owner, ask=ask, confidence=confidence)


def _with_unseen(
    scores: Scores, owner: Column, sizes: Scores, *, ask: float, confidence: float
) -> Sequence:
    """Bound the shares with a part of one patient more, whose rows are below every threshold."""
    alone = _bounded(scores, owner, ask=ask, confidence=confidence)
    n_more = max(1, round(_UNSEEN * float(np.sum(sizes**2) / np.sum(sizes))))
    more = np.full(n_more, -np.inf)
    added = _bounded(
        np.append(scores, more),
        np.append(owner, np.full(n_more, len(sizes))),
        ask=ask,
        confidence=confidence,
    )
    limits = np.minimum(alone.limits, added.limits[1:])
    # Where no row is lost yet, each patient counts as wholly alike, and nothing more is added.
    limits[0] = alone.limits[0]
    return Sequence(alone.thresholds, alone.shares, limits, alone.effective_units)


def _bounded(scores: Scores, owner: Column, *, ask: float, confidence: float) -> Sequence:
    order = np.argsort(scores, kind="stable")
    ordered, sizes = scores[order], np.bincount(owner).astype(np.float64)
    n_rows, n_patients = len(scores), len(sizes)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    shares = (n_rows - starts) / n_rows
    alike = n_rows**2 / float(np.sum(sizes**2))
    if (sizes == 1).all() or n_patients < 2:
        effective = np.full(len(starts), alike)
    else:
        effects = _design_effects(owner[order], sizes, starts, shares)
        seen = (shares < 1) & (shares >= 1 - _LOOK * (1 - ask))
        effect = max(1.0, float(effects[seen].max(initial=1.0)))
        few = _few(confidence, n_patients - 1)
        effective = np.where(shares < 1, n_rows / effect * few**2, alike)
    kept = effective * shares
    limits = stats.beta.ppf(1 - confidence, kept, effective - kept + 1)
    return Sequence(ordered[starts], shares, limits, alike)


def _few(confidence: float, df: int) -> float:
    """Return the normal quantile by Student's, below 1: what few patients cost."""
    if confidence == 0.5:  # both quantiles are 0, and their ratio that of the densities
        return float(stats.t.pdf(0, df) / stats.norm.pdf(0))
    return float(stats.norm.ppf(confidence) / stats.t.ppf(confidence, df))


def _design_effects(owner: Column, sizes: Scores, starts: Column, shares: Scores) -> Scores:
    """Return the variance over patients by that of independent rows, at each threshold.

    A row that falls below the threshold changes its patient's kept count from c to c - 1, so the
    sums of squares over patients follow from running sums over rows.
    """
    n_rows, n_patients = len(owner), len(sizes)
    by_owner = np.lexsort((np.arange(n_rows), owner))
    firsts = np.cumsum(sizes) - sizes
    rank: Any = np.empty(n_rows)
    rank[by_owner] = np.arange(n_rows) - firsts[owner[by_owner]]
    kept = sizes[owner] - rank
    whole = float(np.sum(sizes**2))
    squares = whole + np.concatenate([[0.0], np.cumsum(1 - 2 * kept)])[starts]
    products = whole - np.concatenate([[0.0], np.cumsum(sizes[owner])])[starts]
    spread = squares - 2 * shares * products + shares**2 * whole
    variance = n_patients / (n_patients - 1) * spread / n_rows**2
    independent = shares * (1 - shares) / n_rows
    return np.divide(variance, independent, out=np.ones_like(shares), where=independent > 0)


def patients_needed(ask: float, confidence: float) -> int:
    """Return the number of patients from which a share can be promised where none is missed.

    Examples:
        >>> patients_needed(0.95, 0.95)
        59
    """
    return math.ceil(math.log(1 - confidence) / math.log(ask))
