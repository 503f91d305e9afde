"""The smooth calibration curve: observed share of positive images over the score, with a band."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer
from prevalens.metrics.bootstrap import wide_quantiles
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.settings import Settings
from prevalens.metrics.smooth import smoothed, why_no_curve
from prevalens.typing import Numbers

_POINTS = 60
_METHOD = (
    "loess, local parabolas over the nearest 75 % of the images (Cleveland 1979; Austin & "
    "Steyerberg 2019); band: bootstrap over {}, {} draws, expanded percentiles at each score by "
    "itself (Hesterberg 2015)"
)


@dataclass(frozen=True)
class SmoothCurve:
    """The smoothed share of positive images over the score.

    Args:
        scores: Scores, rising, at most 60 of them; as many images lie between each two.
        observed: Smoothed share of positive images at each score.
        lower: Lower edge of the band at each score; empty where there is no band.
        upper: Upper edge of the band.
        confidence_level: Coverage the band aims at, at each score by itself.
        method: How curve and band were computed, with the references.
        not_estimable: Why there is no curve; None where there is one.
        note: Why there is no band; None where there is one.

    Examples:
        >>> labels, scores = [k % 2 for k in range(49)], [k / 50 for k in range(1, 50)]
        >>> curve = calibration_curve(labels, scores, draws=100)
        >>> all(low <= high for low, high in zip(curve.lower, curve.upper, strict=True))
        True
    """

    scores: tuple[float, ...]
    observed: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    confidence_level: float
    method: str
    not_estimable: str | None = None
    note: str | None = None


def calibration_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> SmoothCurve:
    """Smooth the share of positive images over the score, with a band over patients.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the band aims at, at each score by itself.
        draws: Number of bootstrap draws, at least 100.
        seed: Seed of the draws.

    Returns:
        The curve that `integrated_calibration_index` measures the distance of.

    Raises:
        InvalidInputError: a column or setting breaks its rule.

    References:
        Austin & Steyerberg, Stat Med 2019;38:4051-4065.
        Cleveland, J Am Stat Assoc 1979;74:829-836.

    Examples:
        >>> labels, scores = [k % 2 for k in range(49)], [k / 50 for k in range(1, 50)]
        >>> curve = calibration_curve(labels, scores, draws=100)
        >>> abs(curve.observed[len(curve.observed) // 2] - 0.5) < 0.05
        True
    """
    check_integer("draws", draws, minimum=100)
    settings = Settings(None, check_confidence_level(confidence_level), draws, seed)
    return curve_of(check_columns(labels, scores, patients), settings)


def curve_of(columns: Columns, settings: Settings) -> SmoothCurve:
    """Smooth the share of positive images of checked columns."""
    alone = columns.codes is None or int(np.bincount(columns.codes).max()) <= 1
    method = _METHOD.format("images" if alone else "patients", settings.draws)
    level = settings.confidence_level
    if reason := why_no_curve(columns):
        return SmoothCurve((), (), (), (), level, method, not_estimable=reason)
    made = smoothed(columns, settings)
    count = min(_POINTS, made.at.size)
    shown = np.unique(np.linspace(0, made.at.size - 1, count).round().astype(np.int64))
    observed = made.seen[0][shown, 0]
    scores, shares = _plain(made.at[shown]), _plain(observed)
    if made.units < 2:
        note = "No band: all images come from one patient."
        return SmoothCurve(scores, shares, (), (), level, method, note=note)
    lower, upper = wide_quantiles(made.drawn[0][shown], confidence_level=level, units=made.units)
    # A percentile may pass the curve by where smoothing a draw bends it.
    band = _plain(np.minimum(lower, observed)), _plain(np.maximum(upper, observed))
    return SmoothCurve(scores, shares, *band, level, method)


def _plain(values: Numbers) -> tuple[float, ...]:
    return tuple(values.tolist())
