"""One number against another: a difference with its interval, p value and hypothesis."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scipy import special

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.estimate import Estimate

_NEAR = 1e-8  # share of an interval's width within which a limit reaches a value


@dataclass(frozen=True)
class Contrast:
    """A difference, first minus second, and how sure it is.

    Args:
        difference: The difference with its interval.
        first: Estimate of the first model or group.
        second: Estimate of the second.
        p_value: Two-sided p value; None where the difference has no interval.
        hypothesis: What the p value speaks against, in words.
        method: How the p value was computed, with the reference.
        error: Standard error of the difference; None where limits need none.
        df: Degrees of freedom of `error`; infinite for the normal distribution.

    Examples:
        >>> from prevalens.metrics import compare_models
        >>> made = compare_models([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.2, 0.6, 0.5, 0.3])
        >>> made.difference.value == made.first.value - made.second.value
        True
    """

    difference: Estimate
    first: Estimate
    second: Estimate
    p_value: float | None
    hypothesis: str
    method: str
    error: float | None = None
    df: float = math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return the contrast as plain values."""
        return {
            "difference": self.difference.to_dict(),
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "p_value": self.p_value,
            "hypothesis": self.hypothesis,
            "method": self.method,
        }


@dataclass(frozen=True)
class NonInferiority:
    """Whether a difference stays above minus a margin.

    Args:
        margin: Largest loss that would still be accepted, above 0.
        shown: Whether the lower limit of the difference lies above `-margin`; None where the
            difference has no interval.
        p_value: One-sided p value; None where the limits need no standard error.
        confidence_level: That of the two-sided interval; the test is one-sided at
            (1 - confidence_level) / 2.
        hypothesis: What the p value speaks against, in words.

    Examples:
        >>> from prevalens.metrics import compare_models
        >>> labels = [0, 1] * 10
        >>> same = compare_models(labels, [0.2, 0.8] * 10, [0.2, 0.8] * 10, measure="brier")
        >>> non_inferiority(same, margin=0.01, higher_is_better=False).margin
        0.01
    """

    margin: float
    shown: bool | None
    p_value: float | None
    confidence_level: float
    hypothesis: str


def two_sided(estimate: float, error: float, df: float) -> float:
    """Return the two-sided p value of `estimate / error` on `df` degrees of freedom.

    Args:
        estimate: The difference, minus what the hypothesis says it is.
        error: Its standard error, above 0.
        df: Degrees of freedom; infinite for the normal distribution.
    """
    return 2 * tail(abs(estimate) / error, df)


def tail(statistic: float, df: float) -> float:
    """Return the probability above `statistic`."""
    if math.isinf(df):
        chance = float(special.ndtr(-statistic))
    else:
        chance = float(special.stdtr(df, -statistic))
    return max(chance, sys.float_info.min)  # small, and never 0


def p_from_limits(limits_at: Callable[[float], tuple[float, float]], null: float) -> float:
    """Return the two-sided p value of limits: 1 minus the level at which they reach `null`.

    Args:
        limits_at: Lower and upper limit at any confidence level.
        null: What the hypothesis says the value is.

    Returns:
        The p value, at least 1e-12: beyond that limits are rounding error.
    """
    # A quantile of Student's t at a level below is rounding, which may be 0.
    small, top = math.log(1e-12), -1e-6
    large = top
    for _ in range(45):
        middle = (small + large) / 2
        lower, upper = limits_at(1 - math.exp(middle))
        # Limits that only touch it over a range of levels are on either side by rounding.
        near = _NEAR * (upper - lower) if math.isfinite(upper - lower) else 0.0
        if lower <= null + near and upper >= null - near:
            small = middle
        else:
            large = middle
    return math.exp((small + large) / 2) if large < top else 1.0


def non_inferiority(
    contrast: Contrast, *, margin: float, higher_is_better: bool = True
) -> NonInferiority:
    """Judge whether the first is no worse than the second by more than a margin.

    Args:
        contrast: The difference, first minus second.
        margin: Largest loss that would still be accepted, above 0, on the estimate's own scale.
        higher_is_better: False for losses such as the Brier score.

    Raises:
        InvalidInputError: the margin is not above 0.

    References:
        Piaggio et al., JAMA 2012;308:2594-2604.

    Examples:
        >>> from prevalens.metrics import compare_models
        >>> labels = [0, 0, 1, 1] * 25
        >>> new, old = [0.1, 0.2, 0.8, 0.9] * 25, [0.2, 0.3, 0.7, 0.8] * 25
        >>> contrast = compare_models(labels, new, old, measure="brier")
        >>> non_inferiority(contrast, margin=0.02, higher_is_better=False).shown
        True
    """
    margin = check_number("margin", margin, low=0, open_low=True)
    made = contrast.difference
    worst = made.lower if higher_is_better else made.upper
    side = f"at least {margin:g} {'lower' if higher_is_better else 'higher'}"
    p_value = None
    if made.limits_at is not None:
        p_value = p_from_limits(made.limits_at, -margin if higher_is_better else margin) / 2
        if made.value is not None and (gain_of(made.value, higher_is_better) <= -margin):
            p_value = 1 - p_value
    elif contrast.error is not None and made.value is not None:
        gain = gain_of(made.value, higher_is_better)
        p_value = tail((gain + margin) / contrast.error, contrast.df)
    return NonInferiority(
        margin=margin,
        shown=None if worst is None else (worst if higher_is_better else -worst) > -margin,
        p_value=p_value,
        confidence_level=made.confidence_level,
        hypothesis=f"the first is {side} than the second",
    )


def gain_of(value: float, higher_is_better: bool) -> float:  # noqa: FBT001
    """Return how much better the first is than the second."""
    return value if higher_is_better else -value


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Adjust p values of several comparisons, so that any false claim is as rare as one was.

    Args:
        p_values: p value by name, each in [0, 1].

    Returns:
        Adjusted p value by name, in the order given.

    Raises:
        InvalidInputError: there are none, or one lies outside [0, 1].

    References:
        Holm, Scand J Stat 1979;6:65-70.

    Examples:
        >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
        {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    given: Any = p_values
    if not isinstance(given, Mapping) or not given:
        raise InvalidInputError(
            "`p_values` must give the p value of at least one comparison by its name, got "
            f"{p_values!r:.60}. "
            'Write {"AUROC": 0.03, "Brier score": 0.2}.'
        )
    for name, p_value in p_values.items():
        check_number(f"p_values[{name!r}]", p_value, low=0, high=1)
    adjusted, largest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda key: p_values[key])):
        largest = max(largest, min((len(p_values) - rank) * p_values[name], 1.0))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}
