"""How far observed frequencies lie from scores: the reliability curve and what sums it up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_integer
from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.bootstrap import drawn_estimate, in_fixed_order
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import Limits, log_limits, plain_limits
from prevalens.metrics.linear import basis_of, linear_estimate
from prevalens.metrics.proportion import patients_of, proportion_estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Codes, Numbers

STRATEGIES = ("quantile", "uniform")
_RATIO = "observed over expected events, log scale, {}"
_SCALED = "1 - Brier score / that of the prevalence (Steyerberg 2010), {}"


@dataclass(frozen=True)
class ReliabilityBin:
    """Images with scores of about the same size.

    Args:
        low: Least score in the bin.
        high: Largest score in the bin.
        mean_score: Mean score of its images.
        observed: Share of its images that are positive.

    Examples:
        >>> first = reliability_curve([0, 1, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2)[0]
        >>> first.observed.value, first.observed.n
        (0.5, 2)
    """

    low: float
    high: float
    mean_score: float
    observed: Estimate


def reliability_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    bins: int = 10,
    strategy: str = "quantile",
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> tuple[ReliabilityBin, ...]:
    """Compute the share of positive images among images of about the same score.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        bins: Number of bins asked for; equal scores are never parted, so there may be fewer.
        strategy: `"quantile"` (as many images in each) or `"uniform"` (as wide).
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at, for each bin by itself.

    Returns:
        The bins that hold images, from the lowest scores up.

    Raises:
        InvalidInputError: a column or setting breaks its rule.

    Examples:
        >>> bins = reliability_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2)
        >>> [(round(each.mean_score, 2), each.observed.value) for each in bins]
        [(0.2, 0.0), (0.7, 1.0)]
    """
    columns, confidence_level = (
        check_columns(labels, scores, patients),
        check_confidence_level(confidence_level),
    )
    place = bin_of(columns.scores, bins=bins, strategy=strategy)
    made = []
    for which in np.unique(place):
        rows = place == which
        inside = columns.scores[rows]
        codes = patients_of(columns.codes, rows)
        observed = proportion_estimate(
            columns.labels[rows], codes, confidence_level=confidence_level, empty=""
        )
        made.append(
            ReliabilityBin(float(inside.min()), float(inside.max()), float(inside.mean()), observed)
        )
    return tuple(made)


def bin_of(scores: Numbers, *, bins: int, strategy: str) -> Codes:
    """Return the number of each score's bin, shape `(n_rows,)`.

    Raises:
        InvalidInputError: there is no bin, or the strategy is unknown.
    """
    check_integer("bins", bins, minimum=1)
    check_choice("strategy", strategy, STRATEGIES)
    if strategy == "uniform":
        # Bins are closed above, (0.1, 0.2], as in Guo et al. 2017; 0 is in the first.
        return np.maximum(np.ceil(scores * bins).astype(np.int64) - 1, 0)
    edges = np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, scores, side="left").astype(np.int64)


def expected_calibration_error(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    bins: int = 10,
    strategy: str = "quantile",
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Compute the mean distance of observed share and mean score over bins (ECE).

    It depends on the bins, which the method states, and is above 0 even for a model that is
    calibrated perfectly. Takes the columns and bins of `reliability_curve`, and the number and
    seed of bootstrap draws.

    References:
        Guo, Pleiss, Sun & Weinberger, ICML 2017:1321-1330.

    Examples:
        >>> labels, scores = [1, 0, 0, 0] * 5 + [1, 1, 1, 0] * 5, [0.2] * 20 + [0.8] * 20
        >>> round(expected_calibration_error(labels, scores, bins=2, draws=100).value, 3)
        0.05
    """
    check_integer("draws", draws, minimum=100)
    settings = Settings(None, check_confidence_level(confidence_level), draws, seed)
    columns = check_columns(labels, scores, patients)
    return calibration_error_estimate(columns, settings, bins=bins, strategy=strategy)


def calibration_error_estimate(
    columns: Columns, settings: Settings, *, bins: int = 10, strategy: str = "quantile"
) -> Estimate:
    """Compute the expected calibration error of checked columns."""
    basis = basis_of(columns, settings.confidence_level)
    columns = in_fixed_order(columns)
    place = bin_of(columns.scores, bins=bins, strategy=strategy)
    codes = np.arange(place.size) if columns.codes is None else columns.codes
    k, used = int(codes.max()) + 1, int(place.max()) + 1
    gaps = np.bincount(codes * used + place, columns.labels - columns.scores, k * used)
    table = gaps.reshape(k, used)
    sizes = np.bincount(codes, minlength=k).astype(float)

    def error(weights: Numbers) -> Numbers:
        return np.abs(weights @ table).sum(axis=1) / (weights @ sizes)

    method = f"expected calibration error over {np.unique(place).size} {strategy} bins"
    return drawn_estimate(
        basis,
        columns,
        error,
        method,
        draws=settings.draws,
        seed=settings.seed,
        per_draw=k,
    )


def observed_expected(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute observed positive images over expected ones, the sum of scores (O/E).

    1 is right; below 1 the scores are too high on the whole. Takes the columns of
    `reliability_curve`.

    Examples:
        >>> observed_expected([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]).value  # 1 observed, 2 expected
        0.5
    """
    return observed_expected_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def observed_expected_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute observed over expected events of checked columns."""
    basis = basis_of(columns, confidence_level)
    observed, expected = float(columns.labels.sum()), float(columns.scores.sum())
    if expected == 0 or observed == 0:
        reason = "no positive images" if observed == 0 else "all scores are 0"
        return basis.refuse(reason, _RATIO.format(INDEPENDENT))
    # The influence_values of log(O / E).
    influence_values = columns.labels / observed - columns.scores / expected
    value = observed / expected
    return linear_estimate(
        columns,
        value,
        value * influence_values,
        log_limits,
        method=_RATIO,
        confidence_level=confidence_level,
        skewed=False,
    )


def scaled_brier(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute 1 - Brier score / that of giving every image the prevalence; 1 is perfect.

    Below 0 the prevalence would have been the better score. Takes the columns of
    `reliability_curve`.

    References:
        Steyerberg et al., Epidemiology 2010;21:128-138.

    Examples:
        >>> round(scaled_brier([1, 0], [0.9, 0.1]).value, 3)  # 1 - 0.01 / 0.25
        0.96
    """
    return scaled_brier_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def scaled_brier_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the scaled Brier score of checked columns."""
    y = columns.labels.astype(float)
    share, losses = float(y.mean()), np.square(columns.scores - y)
    if share in {0.0, 1.0}:
        reason = f"no {'negative' if share else 'positive'} images"
        return basis_of(columns, confidence_level).refuse(reason, _SCALED.format(INDEPENDENT))
    ceiling, loss, n = share * (1 - share), float(losses.mean()), y.size
    to_ceiling = (1 - 2 * share) * (y - share)
    influence_values = -((losses - loss) / ceiling - loss * to_ceiling / ceiling**2) / n
    return linear_estimate(
        columns,
        1 - loss / ceiling,
        influence_values,
        _up_to_1,
        method=_SCALED,
        confidence_level=confidence_level,
    )


def _up_to_1(value: float, half: float) -> Limits:
    return plain_limits(value, half, high=1.0)
