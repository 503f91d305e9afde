"""The integrated calibration index: how far a smoothed reliability curve lies from the scores."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer
from prevalens.metrics.bootstrap import drawn_estimate, in_fixed_order
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.linear import basis_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Numbers

_POINTS = 41
_METHOD = (
    "integrated calibration index (Austin & Steyerberg 2019); observed share smoothed by local "
    "lines, Gaussian kernel of bandwidth {:.3g}, at up to {} scores"
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
    """
    check_integer("draws", draws, minimum=100)
    settings = Settings(None, check_confidence_level(confidence_level), draws, seed)
    return calibration_index_estimate(check_columns(labels, scores, patients), settings)


def calibration_index_estimate(columns: Columns, settings: Settings) -> Estimate:
    """Compute the index of checked columns."""
    columns = in_fixed_order(columns)
    n, events = columns.labels.size, int(np.count_nonzero(columns.labels))
    basis = basis_of(columns, settings.confidence_level)
    width = bandwidth(columns.scores)
    method = _METHOD.format(width, 2 * _POINTS)
    if events in {0, n}:
        return basis.refuse(f"no {'negative' if events else 'positive'} images", method)
    if width == 0:
        return basis.refuse("all scores are equal, so there is no curve", method)
    index = _Smoother(columns, width).index
    return drawn_estimate(basis, columns, index, method, draws=settings.draws, seed=settings.seed)


def bandwidth(scores: Numbers) -> float:
    """Return Silverman's bandwidth: 0.9 x min(deviation, quartile range / 1.34) x n^(-1/5)."""
    # The deviation of equal scores is rounding error, not always 0.
    deviation = float(scores.std()) if scores.min() < scores.max() else 0.0
    low, high = np.quantile(scores, [0.25, 0.75])
    middle = float(high - low) / 1.34
    return 0.9 * (min(deviation, middle) if middle > 0 else deviation) * scores.size**-0.2


class _Smoother:
    """Local lines at fixed scores, from sums by patient."""

    def __init__(self, columns: Columns, width: float) -> None:
        scores, n = columns.scores, columns.scores.size
        codes: Codes = np.arange(n) if columns.codes is None else columns.codes
        k = int(codes.max()) + 1
        # As many by rank as evenly spread, or a small heap would have one. All are scores that
        # occur: between two heaps a line would be drawn out from far away.
        ordered, steps = np.sort(scores), np.arange(_POINTS) / (_POINTS - 1)
        even = np.searchsorted(ordered, ordered[0] + steps * (ordered[-1] - ordered[0]))
        ranks = np.arange(_POINTS) * (n - 1) // (_POINTS - 1)
        self._points = np.unique(ordered[np.append(ranks, np.minimum(even, n - 1))])
        self._sums = np.zeros((5, k, self._points.size))
        residuals = columns.labels - scores
        for place, point in enumerate(self._points):
            # Beyond 40 widths the kernel is 0, and squares would overflow.
            away = np.clip((scores - point) / width, -40.0, 40.0)
            kernel = np.exp(-(away**2) / 2)
            parts = (kernel, kernel * away, kernel * away**2, kernel * residuals)
            for which, part in enumerate((*parts, kernel * away * residuals)):
                self._sums[which, :, place] = np.bincount(codes, part, k)
        # A score between two points counts for both, in proportion.
        right = np.clip(np.searchsorted(self._points, scores), 1, self._points.size - 1)
        gap = self._points[right] - self._points[right - 1]
        share = (scores - self._points[right - 1]) / gap
        self._near = np.zeros((k, self._points.size))
        np.add.at(self._near, (codes, right), share)
        np.add.at(self._near, (codes, right - 1), 1 - share)

    def index(self, weights: Numbers) -> Numbers:
        """Return the index for each weighting of shape `(draws, n_units)`."""
        s0, s1, s2, t0, t1 = (weights @ part for part in self._sums)
        free = s0 * s2 - s1**2
        # Smoothing label minus score gives the distance, without the smoother's own bias.
        with np.errstate(divide="ignore", invalid="ignore"):
            line = (s2 * t0 - s1 * t1) / free
            gap = np.where(free > 1e-12 * s0 * s2, line, t0 / s0)
        # Where a draw lacks the scores around a point: an observed share stays in [0, 1] ...
        gap = np.clip(gap, -self._points, 1 - self._points)
        near = weights @ self._near
        # ... and a point that no score is near to may have none.
        return np.where(near > 0, np.abs(gap) * near, 0.0).sum(axis=1) / near.sum(axis=1)
