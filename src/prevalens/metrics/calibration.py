"""Whether a score of 20 % means one in five: Brier score, log loss, intercept and slope."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.clusters import Spread
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import (
    log_limits,
    logit_limits,
    plain_limits,
)
from prevalens.metrics.linear import JACKKNIFE, basis_of, linear_estimate
from prevalens.metrics.logistic import HALF_STEP, NoLineError, fit_line, log_odds, saturated
from prevalens.typing import Numbers

_WALD = f"maximum likelihood, Wald interval, {INDEPENDENT} (Cox 1958)"
_OVER = f"maximum likelihood (Cox 1958), {JACKKNIFE}"


def brier(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the Brier score: the mean squared difference of score and label, in [0, 1].

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    References:
        Brier, Mon Weather Rev 1950;78:1-3.

    Examples:
        >>> round(brier([0, 1], [0.1, 0.7]).value, 4)
        0.05
    """
    return brier_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def log_loss(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the log loss: the mean of -log(score of what happened), natural logarithm.

    Infinite where a score of 0 or 1 is wrong, with a finite lower limit. Takes the
    columns of `brier`.

    Examples:
        >>> round(log_loss([1, 0], [0.5, 0.5]).value, 4)  # the logarithm of 2
        0.6931
    """
    return log_loss_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def calibration_intercept(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute calibration-in-the-large: the recalibration intercept with the slope fixed at 1.

    0 is right; below 0 the scores are too high on the whole. Takes the columns of `brier`.

    Examples:
        >>> made = calibration_intercept([1, 0, 0, 0] * 10, [0.5] * 40)  # log(0.25 / 0.75)
        >>> round(made.value, 3)
        -1.099
    """
    return intercept_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def calibration_slope(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the slope of the recalibration line.

    1 is right; below 1 the scores are too extreme. Takes the columns of `brier`.

    Examples:
        >>> labels = [1] * 9 + [0] * 3 + [1] * 3 + [0] * 9  # observed: 0.75 and 0.25
        >>> round(calibration_slope(labels, [0.9] * 12 + [0.1] * 12).value, 3)  # log(3) / log(9)
        0.5
    """
    return slope_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def calibration_joint_intercept(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the recalibration intercept that is fitted together with the slope.

    Not calibration-in-the-large: see `calibration_intercept`. Takes the columns of `brier`.

    Examples:
        >>> labels = [1] * 9 + [0] * 3 + [1] * 3 + [0] * 9
        >>> abs(round(calibration_joint_intercept(labels, [0.9] * 12 + [0.1] * 12).value, 3))
        0.0
    """
    return joint_intercept_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def brier_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the Brier score of checked columns."""
    losses = (columns.labels - columns.scores) ** 2
    return mean_estimate(losses, columns, confidence_level=confidence_level, bounded=True)


def log_loss_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the log loss of checked columns."""
    right = np.where(columns.labels, columns.scores, 1 - columns.scores)
    if wrong := int(np.count_nonzero(right == 0)):
        basis = basis_of(columns, confidence_level)
        # Half a step of float32 inside, the loss is less than the infinite one.
        least = -np.log(np.maximum(right, HALF_STEP))
        made = mean_estimate(least, columns, confidence_level=confidence_level, bounded=False)
        note = f"{wrong} images have a score of exactly 0 or 1 that is wrong: infinite loss."
        return basis.infinite(made.lower, made.method, note=basis.note(note, (0.0, 0.0)))
    return mean_estimate(-np.log(right), columns, confidence_level=confidence_level, bounded=False)


def mean_estimate(
    losses: Numbers, columns: Columns, *, confidence_level: float, bounded: bool
) -> Estimate:
    """Compute a mean loss per image.

    Args:
        losses: Loss of each image, shape `(n_rows,)`, at least 0.
        columns: The checked columns.
        confidence_level: Coverage aimed at.
        bounded: Whether losses end at 1 (logit limits) or not (log limits).
    """
    value = float(losses.mean())
    scale, limits = ("logit", logit_limits) if bounded else ("log", log_limits)
    method = f"mean over images, {scale} scale, {{}}"
    influence_values = (losses - value) / losses.size
    return linear_estimate(
        columns, value, influence_values, limits, method=method, confidence_level=confidence_level
    )


def intercept_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute calibration-in-the-large of checked columns."""
    return _line_estimate(columns, confidence_level=confidence_level, slope=False, which=0)


def slope_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the calibration slope of checked columns."""
    return _line_estimate(columns, confidence_level=confidence_level, slope=True, which=1)


def joint_intercept_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the intercept that is fitted with the slope, of checked columns."""
    return _line_estimate(columns, confidence_level=confidence_level, slope=True, which=0)


def _line_estimate(
    columns: Columns, *, confidence_level: float, slope: bool, which: int
) -> Estimate:
    basis, codes = basis_of(columns, confidence_level), columns.codes
    method = _WALD if basis.unclustered else _OVER
    if reason := why_no_line(columns, slope=slope):
        return basis.refuse(reason, method)
    try:
        line = columns.once(
            f"line, slope {slope}",
            None,
            lambda: fit_line(columns.labels, log_odds(columns.scores), slope=slope),
        )
    except NoLineError:
        return basis.refuse(
            "the scores hardly differ, or lie too near 0 and 1, for a line to be seen", method
        )
    value, alone = float(line.coefficients[which]), float(line.covariance()[which, which])
    if not alone < 1e6:
        return basis.without_limits(value, method, "scores this near 0 and 1 say too little")
    ends = saturated(columns.scores)
    note = (
        f"{ends} scores of exactly 0 or 1 were taken half a step of float32 inside."
        if ends
        else None
    )
    if codes is None or basis.unclustered:
        spread = Spread.alone(alone, basis.n)
        return basis.from_spread(value, spread, plain_limits, method, note=note)
    spread = line.spread(codes, which)
    return basis.from_spread(value, spread, plain_limits, method, alone=alone, note=note)


def line_gradient(
    columns: Columns, weights: Numbers, *, slope: bool, which: int
) -> tuple[float, Numbers]:
    """Return a coefficient of the line of weighted rows, and its slope in each row's weight.

    Raises:
        NoLineError: there is no such line.
    """
    # In units of images: the fit ends where steps are small beside them.
    factor = weights.size / float(weights.sum())
    odds = log_odds(columns.scores)
    line = fit_line(columns.labels, odds, slope=slope, weights=weights * factor)
    return float(line.coefficients[which]), line.slopes(which) * factor


def why_no_line(columns: Columns, *, slope: bool) -> str | None:
    """Return why the recalibration line cannot be fitted, or None where it can."""
    labels, scores = columns.labels, columns.scores
    events = int(np.count_nonzero(labels))
    if events in {0, labels.size}:
        return f"no {'negative' if events else 'positive'} images"
    ends = saturated(scores)
    if 2 * ends >= labels.size:
        return f"{ends} scores are exactly 0 or 1, whose log odds are infinite"
    if not slope:
        return None
    if scores.min() == scores.max():
        return "all scores are equal, so no slope can be seen"
    positive, negative = scores[labels], scores[~labels]
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        return "the scores separate the classes perfectly, so the slope has no finite value"
    return None
