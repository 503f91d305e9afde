"""From an estimate and its spread to limits: Wilson, Clopper-Pearson, logit, log, plain."""

import functools
import math
from collections.abc import Callable

from scipy import special

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import check_confidence_level

Limits = tuple[float, float]
_HUGE = 1e150


def wilson_interval(events: float, n: float, *, confidence_level: float = 0.95) -> Limits:
    """Compute Wilson's score interval of a proportion, without continuity correction.

    Args:
        events: Number of events, from 0 to `n`; a fraction where `n` is an effective number.
        n: Number of units, above 0.
        confidence_level: Coverage aimed at.

    Returns:
        Lower and upper limit, in [0, 1].

    Raises:
        InvalidInputError: `n` is not above 0, or `events` lies outside [0, n].

    References:
        Wilson, J Am Stat Assoc 1927;22:209-212.

    Examples:
        >>> lower, upper = wilson_interval(81, 263)
        >>> round(lower, 4), round(upper, 4)
        (0.2553, 0.3662)
    """
    events, n = _check_proportion(events, n)
    return wilson_limits(events / n, n, normal_critical(check_confidence_level(confidence_level)))


def clopper_pearson_interval(events: float, n: float, *, confidence_level: float = 0.95) -> Limits:
    """Compute the exact (Clopper-Pearson) interval of a proportion.

    Args:
        events: Number of events, from 0 to `n`; a fraction where `n` is an effective number.
        n: Number of units, above 0.
        confidence_level: Coverage held at least.

    Returns:
        Lower and upper limit, in [0, 1].

    Raises:
        InvalidInputError: `n` is not above 0, or `events` lies outside [0, n].

    References:
        Clopper & Pearson, Biometrika 1934;26:404-413.

    Examples:
        >>> lower, upper = clopper_pearson_interval(0, 10)
        >>> lower, round(upper, 4)
        (0.0, 0.3085)
    """
    events, n = _check_proportion(events, n)
    tail = (1 - check_confidence_level(confidence_level)) / 2
    lower = 0.0 if events == 0 else float(special.betaincinv(events, n - events + 1, tail))
    upper = 1.0 if events == n else float(special.betaincinv(events + 1, n - events, 1 - tail))
    return lower, upper


def _check_proportion(events: float, n: float) -> tuple[float, float]:
    n = check_number("n", n, low=0, open_low=True, high=math.inf, open_high=True)
    events = check_number("events", events, low=0)
    if events > n:
        raise InvalidInputError(f"`events` must be at most `n`, got {events!r} of {n!r}.")
    return events, n


def normal_critical(confidence_level: float) -> float:
    """Return the two-sided normal quantile: 1.959963984540054 at 95 %."""
    return float(special.ndtri((1 + confidence_level) / 2))


def student_critical(confidence_level: float, df: float) -> float:
    """Return the two-sided quantile of Student's t; `df` may be a fraction, or infinite."""
    if math.isinf(df):
        return normal_critical(confidence_level)
    return float(special.stdtrit(df, (1 + confidence_level) / 2))


def wilson_limits(proportion: float, n: float, critical: float) -> Limits:
    """Return Wilson's limits; exactly 0 at proportion 0 and exactly 1 at proportion 1."""
    share = critical**2 / n
    centre = (proportion + share / 2) / (1 + share)
    half = math.sqrt(proportion * (1 - proportion) * share + share**2 / 4) / (1 + share)
    lower = 0.0 if proportion <= 0 else max(centre - half, 0.0)
    upper = 1.0 if proportion >= 1 else min(centre + half, 1.0)
    return lower, upper


def plain_limits(
    value: float, half: float, *, low: float = -math.inf, high: float = math.inf
) -> Limits:
    """Return `value` plus and minus `half`, cut to the range of the estimate."""
    return max(value - half, low), min(value + half, high)


def log_limits(value: float, half: float) -> Limits:
    """Return limits that are symmetric in log(value); `half` is on the scale of `value`."""
    factor = math.exp(min(half / value, 700.0))
    return value / factor, value * factor


def logit_limits(value: float, half: float, *, bend: float = 0.0) -> Limits:
    """Return limits that are symmetric in the log odds; `half` is on the scale of `value`.

    Args:
        value: The estimate, in (0, 1).
        half: Half the width on the plain scale.
        bend: From 0, the plain logit limits, to 1, Wilson's score limits, which are symmetric in
            the log odds too, and stay short where the plain ones grow without end.
    """
    centre, reach = float(special.logit(value)), half / (value * (1 - value))
    if bend > 1e-9:
        reach = 2 * math.asinh(bend * reach / 2) / bend
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


def fisher_limits(value: float, half: float) -> Limits:
    """Return limits that are symmetric in artanh(value), for estimates from -1 to 1."""
    centre, reach = math.atanh(value), half / (1 - value**2)
    return math.tanh(centre - reach), math.tanh(centre + reach)


def bounded_limits(value: float, half: float, *, low: float, high: float) -> Limits:
    """Return logit limits of an estimate that lies between `low` and `high`."""
    width = high - low
    lower, upper = logit_limits((value - low) / width, half / width)
    return low + width * lower, low + width * upper


def scale_of(low: float, high: float) -> tuple[Callable[[float, float], Limits], str]:
    """Return the limits that suit a range, and the scale's name.

    Args:
        low: Least value possible; may be infinite.
        high: Largest value possible; may be infinite.
    """
    if (low, high) == (-1.0, 1.0):
        return fisher_limits, "Fisher's z scale"
    if math.isfinite(low) and math.isfinite(high):
        return functools.partial(bounded_limits, low=low, high=high), "logit scale"
    if low == 0:
        return log_limits, "log scale"
    return functools.partial(plain_limits, low=low, high=high), "plain scale"


def added_limits(
    values: tuple[float, float],
    rules: tuple[Callable[[float], Limits], Callable[[float], Limits]],
    together: float,
    widest: float,
    confidence_level: float,
) -> Limits:
    """Return the limits of a difference by square-and-add.

    Args:
        values: Both values.
        rules: Limits of each at any confidence level.
        together: Correlation of the two values.
        widest: Largest difference possible.
        confidence_level: Coverage aimed at.

    References:
        Zou & Donner, Stat Med 2008;27:1693-1702.
    """
    (low1, high1), (low2, high2) = (rule(confidence_level) for rule in rules)
    one, two = values

    def reach(a: float, b: float) -> float:
        if max(abs(a), abs(b)) > _HUGE:  # a square would be beyond what a computer can hold
            return math.inf
        return math.sqrt(max(a**2 + b**2 - 2 * together * a * b, 0.0))

    lower = one - two - reach(one - low1, high2 - two)
    upper = one - two + reach(high1 - one, two - low2)
    return max(lower, -widest), min(upper, widest)
