"""Tests of limits against published and closed-form values."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import clopper_pearson_interval, wilson_interval
from prevalens.metrics.intervals import (
    added_limits,
    fisher_limits,
    log_limits,
    logit_limits,
    normal_critical,
    plain_limits,
    student_critical,
)


def test_wilson_gives_the_worked_examples_of_newcombe_1998() -> None:
    """81/263 and 15/148 of Newcombe, Stat Med 1998;17:857-872, table I, method 3."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_the_exact_interval_gives_the_worked_examples_of_newcombe_1998() -> None:
    """81/263 and 15/148, table I, method 5; and 1 - 0.025^(1/n) at no events."""
    assert clopper_pearson_interval(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert clopper_pearson_interval(15, 148) == pytest.approx((0.0578, 0.1617), abs=5e-5)
    assert clopper_pearson_interval(0, 20) == pytest.approx((0, 1 - 0.025 ** (1 / 20)), abs=1e-12)


def test_limits_at_the_ends_are_exactly_0_and_1() -> None:
    """No rounding moves a limit off the end of the range."""
    assert wilson_interval(0, 7)[0] == 0
    assert wilson_interval(7, 7)[1] == 1
    assert clopper_pearson_interval(7, 7)[1] == 1


def test_impossible_counts_are_refused() -> None:
    """More events than units, or no units."""
    with pytest.raises(InvalidInputError, match=r"at most `n`, got 3\.0 of 2\.0"):
        wilson_interval(3, 2)
    with pytest.raises(InvalidInputError, match="`n`"):
        clopper_pearson_interval(0, 0)


def test_quantiles_are_those_of_the_tables() -> None:
    """The normal one at 95 %, and t on 10 degrees of freedom."""
    assert normal_critical(0.95) == 1.959963984540054
    assert student_critical(0.95, 10) == pytest.approx(2.228139, abs=1e-6)


def test_transformed_limits_agree_with_hand_computation() -> None:
    """A half width of h on the estimate is h times the slope of the transform."""
    assert plain_limits(0.9, 0.2, low=0, high=1) == (pytest.approx(0.7), 1)
    assert log_limits(2.0, 2.0 * math.log(3)) == pytest.approx((2 / 3, 6))
    assert logit_limits(0.5, 0.25 * math.log(3)) == pytest.approx((0.25, 0.75))
    assert fisher_limits(0.0, math.atanh(0.6)) == pytest.approx((-0.6, 0.6))


counts = st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counts, st.sampled_from([0.5, 0.8, 0.95, 0.999]))
def test_limits_solve_the_equations_that_define_them(
    found: tuple[int, int], confidence_level: float
) -> None:
    """Clopper and Pearson: tails of the binomial law. Wilson: the score test just rejects."""
    (events, n), tail = found, (1 - confidence_level) / 2
    lower, upper = clopper_pearson_interval(events, n, confidence_level=confidence_level)
    assert events == 0 or stats.binom.sf(events - 1, n, lower) == pytest.approx(tail)
    assert events == n or stats.binom.cdf(events, n, upper) == pytest.approx(tail)
    for limit in wilson_interval(events, n, confidence_level=confidence_level):
        gap = abs(events / n - limit)
        assert gap == pytest.approx(
            stats.norm.isf(tail) * math.sqrt(limit * (1 - limit) / n), abs=1e-9
        )


@settings(deadline=None)
@given(counts)
def test_intervals_mirror_and_rise(found: tuple[int, int]) -> None:
    """Counting the others mirrors both limits; one event more raises them."""
    events, n = found
    for interval in (wilson_interval, clopper_pearson_interval):
        lower, upper = interval(events, n)
        assert interval(n - events, n) == pytest.approx((1 - upper, 1 - lower), abs=1e-9)
        assert 0 <= lower <= events / n <= upper <= 1
        if events < n:
            higher = interval(events + 1, n)
            assert higher[0] > lower
            assert higher[1] > upper or upper == 1


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
@pytest.mark.parametrize(
    ("events", "n", "confidence_level", "message"),
    [
        (-0.1, 5, 0.95, r"`events` must lie in \[0, inf\], got -0.1"),
        (0, 0, 0.95, r"`n` must lie in \(0, inf\), got 0"),
        (0, -1, 0.95, r"`n` must lie in \(0, inf\), got -1"),
        (0, math.inf, 0.95, r"`n` must lie in \(0, inf\), got inf"),
        (5.1, 5, 0.95, r"`events` must be at most `n`, got 5.1 of 5.0"),
        ("a", 5, 0.95, "`events` must be a number"),
        (1, "b", 0.95, "`n` must be a number"),
        (1, 5, 1.0, "`confidence_level` must lie in"),
        (1, 5, 0.0, "`confidence_level` must lie in"),
    ],
)
def test_counts_outside_their_range_are_named(
    interval: Callable[..., tuple[float, float]],
    events: float,
    n: float,
    confidence_level: float,
    message: str,
) -> None:
    """Events from 0 to n, n above 0 and finite, the confidence level between 0 and 1."""
    with pytest.raises(InvalidInputError, match=message):
        interval(events, n, confidence_level=confidence_level)


def test_fractions_of_events_and_units_are_counts_too() -> None:
    """Less than one unit, and less than one event of it; both ends are exact."""
    for interval in (wilson_interval, clopper_pearson_interval):
        assert interval(0, 0.5)[0] == 0
        assert interval(0.5, 0.5)[1] == 1
        low, high = interval(0.25, 0.5)
        assert 0 < low < 0.5 < high < 1
        assert low == pytest.approx(1 - high)
    # One of one: the root of the tail; none of one mirrors it.
    assert clopper_pearson_interval(1, 1)[0] == pytest.approx(0.025)
    assert clopper_pearson_interval(0, 1)[1] == pytest.approx(0.975)


@settings(deadline=None)
@given(st.floats(0.02, 0.9), st.floats(0.001, 0.5))
def test_limits_on_a_scale_are_that_scales(value: float, half: float) -> None:
    """There, plus and minus half times the slope of the scale, and back."""
    logit = math.log(value / (1 - value))
    for limits, there, back, slope in (
        (log_limits, math.log(value), math.exp, 1 / value),
        (logit_limits, logit, lambda x: 1 / (1 + math.exp(-x)), 1 / (value * (1 - value))),
        (fisher_limits, math.atanh(value), math.tanh, 1 / (1 - value**2)),
    ):
        expected = back(there - half * slope), back(there + half * slope)
        assert limits(value, half) == pytest.approx(expected)
    assert plain_limits(value, half) == (value - half, value + half)
    assert plain_limits(value, 2.0, low=-0.5, high=0.95) == (-0.5, 0.95)


def test_a_spread_beyond_any_number_overflows_nothing() -> None:
    """A factor of exp(700), about 1e304, is as far as limits on the log scale go."""
    lower, upper = log_limits(0.5, 1e9)
    assert lower == pytest.approx(0.5 / math.exp(700), rel=1e-9)
    assert upper == pytest.approx(0.5 * math.exp(700), rel=1e-9)


@pytest.mark.parametrize(
    ("confidence_level", "value"), [(0.5, 0.6744897501960817), (0.9, 1.6448536269514722)]
)
def test_quantiles_follow_the_level(confidence_level: float, value: float) -> None:
    """The normal ones, and t's on as many degrees of freedom, fractions too."""
    assert normal_critical(confidence_level) == pytest.approx(value)
    for df in (1, 2.5, 30):
        assert student_critical(confidence_level, df) == pytest.approx(
            stats.t.ppf((1 + confidence_level) / 2, df)
        )


def test_limits_added_as_squares_are_those_of_the_paper() -> None:
    """0.6 (0.4 to 0.7) less 0.5 (0.45 to 0.65): by Pythagoras, and by the law of cosines."""
    rules = (lambda _: (0.4, 0.7), lambda _: (0.45, 0.65))

    assert added_limits((0.6, 0.5), rules, 0.0, 1.0, 0.95) == pytest.approx(
        (0.1 - math.hypot(0.2, 0.15), 0.1 + math.hypot(0.1, 0.05))
    )
    together = math.sqrt(0.1**2 + 0.05**2 - 2 * 0.6 * 0.1 * 0.05)
    assert added_limits((0.6, 0.5), rules, 0.6, 1.0, 0.95)[1] == pytest.approx(0.1 + together)
    assert added_limits((0.6, 0.5), rules, 0.0, 0.12, 0.95) == pytest.approx((-0.12, 0.12))


def test_limits_beyond_what_a_computer_squares_are_infinite() -> None:
    """A log loss has no end: a limit of 1e200 makes the difference's infinite, and no error."""
    rules = (lambda _: (0.1, 1e200), lambda _: (0.1, 0.3))

    lower, upper = added_limits((0.2, 0.2), rules, 0.5, math.inf, 0.95)
    assert -1 < lower < 0
    assert upper == math.inf
