"""The integrated calibration index: how far a smoothed reliability curve lies from the scores."""

from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from prevalens._checks import check_integer, check_number
from prevalens.metrics.bootstrap import each_draw, estimate_of_draws, in_fixed_order, units_of
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.linear import basis_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Numbers

_BINS, _SPAN = 200, 0.75
_METHOD = (
    "{} (Austin & Steyerberg 2019); observed share smoothed by loess: local parabolas over the "
    "nearest 75 % of the images (Cleveland 1979)"
)


def integrated_calibration_index(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Compute the mean distance of the smoothed observed share from the score (ICI).

    Unlike ECE it needs no bins; like it, it is above 0 even for a model that is calibrated
    perfectly.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.
        draws: Number of bootstrap draws, at least 100.
        seed: Seed of the draws.

    Raises:
        InvalidInputError: a column or setting breaks its rule.

    References:
        Austin & Steyerberg, Stat Med 2019;38:4051-4065.

    Examples:
        >>> scores = [k / 50 for k in range(1, 50)]
        >>> made = integrated_calibration_index([k % 2 for k in range(49)], scores, draws=100)
        >>> made.value > 0.2  # half are positive, whatever the score
        True
    """
    check_integer("draws", draws, minimum=100)
    settings = Settings(None, check_confidence_level(confidence_level), draws, seed)
    return calibration_index_estimate(check_columns(labels, scores, patients), settings)


def calibration_distance(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    quantile: float = 0.9,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Compute a quantile of the distance of the smoothed observed share from the score.

    At 0.5 it is E50, at 0.9 E90. Takes the columns and draws of `integrated_calibration_index`.

    Examples:
        >>> labels, scores = [k % 2 for k in range(49)], [k / 50 for k in range(1, 50)]
        >>> far = calibration_distance(labels, scores, quantile=0.9, draws=100)
        >>> far.value > calibration_distance(labels, scores, quantile=0.5, draws=100).value
        True
    """
    check_integer("draws", draws, minimum=100)
    quantile = check_number("quantile", quantile, low=0, high=1, open_low=True)
    settings = Settings(None, check_confidence_level(confidence_level), draws, seed)
    columns = check_columns(labels, scores, patients)
    return calibration_distance_estimate(columns, settings, quantile=quantile)


def calibration_index_estimate(columns: Columns, settings: Settings) -> Estimate:
    """Compute the index of checked columns."""
    return _estimate(columns, settings, "integrated calibration index", None)


def calibration_distance_estimate(
    columns: Columns, settings: Settings, *, quantile: float
) -> Estimate:
    """Compute a quantile of the distance of checked columns."""
    return _estimate(columns, settings, f"E{100 * quantile:g}", quantile)


def _estimate(columns: Columns, settings: Settings, name: str, quantile: float | None) -> Estimate:
    method = _METHOD.format(name)
    basis = basis_of(columns, settings.confidence_level)
    if reason := why_no_curve(columns):
        return basis.refuse(reason, method)
    made = smoothed(columns, settings)
    of = mean_gap if quantile is None else partial(gap_quantile, quantile=quantile)
    value, values = (of(observed, count, made.at) for observed, count in (made.seen, made.drawn))
    return estimate_of_draws(basis, float(value[0]), values, method, units=made.units)


def why_no_curve(columns: Columns) -> str | None:
    """Return why there is no curve, or None where there is one."""
    events = int(np.count_nonzero(columns.labels))
    if events in {0, columns.labels.size}:
        return f"no {'negative' if events else 'positive'} images"
    if columns.scores.min() == columns.scores.max():
        return "all scores are equal, so there is no curve"
    return None


@dataclass(frozen=True, eq=False)
class Smoothed:
    """The smoothed share of positive images, of the rows and of each draw of patients.

    Args:
        at: Score of each bin, shape `(bins,)`, rising.
        seen: Share and number of images at each bin, both of shape `(bins, 1)`.
        drawn: The same of each draw, both of shape `(bins, draws)`.
        units: Number of patients, or images, drawn from.
    """

    at: Numbers
    seen: tuple[Numbers, Numbers]
    drawn: tuple[Numbers, Numbers]
    units: int


# The index, both distances and the curve of a report share their draws, which cost most.
_HELD: WeakKeyDictionary[Columns, dict[tuple[int, int], Smoothed]] = WeakKeyDictionary()


def smoothed(columns: Columns, settings: Settings) -> Smoothed:
    """Smooth the share of positive images, of the rows and of each draw: once for the same columns.

    Args:
        columns: Checked columns that have a curve.
        settings: Number and seed of the draws.
    """
    held = _HELD.setdefault(columns, {})
    key = (settings.draws, settings.seed)
    if key not in held:
        ordered = in_fixed_order(columns)
        curve, units = CalibrationCurve(ordered), units_of(ordered)
        parts = each_draw(
            ordered,
            curve.observed,
            draws=settings.draws,
            seed=settings.seed,
            per_draw=curve.per_draw,
        )
        observed, count = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
        seen = curve.observed(np.ones((1, units)))
        held[key] = Smoothed(curve.at, seen, (observed, count), units)
    return held[key]


def mean_gap(observed: Numbers, count: Numbers, at: Numbers) -> Numbers:
    """Return the mean distance of share and score over images, shape `(draws,)`."""
    gaps = np.where(count > 0, np.abs(observed - at[:, None]) * count, 0.0)
    mean: Numbers = gaps.sum(axis=0) / count.sum(axis=0)
    return mean


def gap_quantile(observed: Numbers, count: Numbers, at: Numbers, *, quantile: float) -> Numbers:
    """Return a quantile of the distances over images, shape `(draws,)`."""
    gaps = np.abs(observed - at[:, None])
    order = np.argsort(gaps, axis=0)
    upto = np.cumsum(np.take_along_axis(count, order, axis=0), axis=0)
    which = (upto >= quantile * upto[-1]).argmax(axis=0)
    sorted_gaps = np.take_along_axis(gaps, order, axis=0)
    chosen: Numbers = sorted_gaps[which, np.arange(gaps.shape[1])]
    return chosen


class CalibrationCurve:
    """The share of positive images smoothed over scores by loess, for many weightings.

    Local parabolas with tricube weights over the nearest 75 % of the images, as R's `loess` and
    the published index. Images are gathered in bins of (nearly) equal scores, so that a draw costs
    as much as there are patients and bins; the neighbours are those of all images.

    Args:
        columns: The checked columns; scores differ.

    References:
        Cleveland, J Am Stat Assoc 1979;74:829-836.
        Austin & Steyerberg, Stat Med 2019;38:4051-4065.
    """

    def __init__(self, columns: Columns) -> None:
        scores, n = columns.scores, columns.scores.size
        distinct, place = np.unique(scores, return_inverse=True)
        if distinct.size > _BINS:
            edges = np.unique(np.quantile(scores, np.linspace(0, 1, _BINS + 1)[1:-1]))
            place = np.searchsorted(edges, scores, side="left")
            place = np.unique(place, return_inverse=True)[1]
        bins = int(place.max()) + 1
        count = np.bincount(place, minlength=bins)
        self.at = np.bincount(place, scores, bins) / count
        codes: Codes = np.arange(n) if columns.codes is None else columns.codes
        shape = (bins, int(codes.max()) + 1)
        self.per_draw = shape[1] + 10 * bins
        rows = columns.labels
        self._all, self._positive = (
            sparse.csr_array((np.ones(of.size), (of, whose)), shape=shape)
            for of, whose in ((place, codes), (place[rows], codes[rows]))
        )
        if bins * shape[1] < 4 * self._all.nnz:
            self._all, self._positive = self._all.toarray(), self._positive.toarray()
        self._kernels = self._tricube(count)

    def _tricube(self, count: Codes) -> Numbers:
        """Return moments of the kernels at each bin: five powers, shape `(5, bins, bins)`."""
        away = self.at[None, :] - self.at[:, None]
        nearest = max(int(count.sum() * _SPAN + 1e-5), 1)
        order = np.argsort(np.abs(away), axis=1, kind="stable")
        reached = np.cumsum(count[order], axis=1) >= nearest
        last = order[np.arange(len(order)), reached.argmax(axis=1)]
        width = np.abs(away[np.arange(len(order)), last])
        width[width == 0] = 1.0
        scaled = away / width[:, None]
        kernel = np.clip(1 - np.abs(scaled) ** 3, 0.0, None) ** 3
        return np.stack([kernel * scaled**power for power in range(5)])

    def observed(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Return the smoothed share at each bin, and the images in each: `(bins, draws)`."""
        columns = np.ascontiguousarray(weights.T)
        count, positive = self._all @ columns, self._positive @ columns
        s0, s1, s2, s3, s4 = (kernel @ count for kernel in self._kernels)
        t0, t1, t2 = (kernel @ positive for kernel in self._kernels[:3])
        # Cramer's rule for the constant of the parabola at its own bin.
        first, second, third = s2 * s4 - s3**2, s1 * s4 - s2 * s3, s1 * s3 - s2**2
        free = s0 * first - s1 * second + s2 * third
        with np.errstate(divide="ignore", invalid="ignore"):
            parabola = (t0 * first - t1 * second + t2 * third) / free
            line = (s2 * t0 - s1 * t1) / (s0 * s2 - s1**2)
            share = np.where(free > 1e-9 * s0 * s2 * s4, parabola, line)
            share = np.where(np.isfinite(share), share, t0 / s0)
        return np.clip(share, 0.0, 1.0), count
