"""Tests of differences, margins and several comparisons."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import compare_models
from prevalens.metrics.contrast import (
    Contrast,
    holm,
    non_inferiority,
    p_from_limits,
    tail,
    two_sided,
)
from prevalens.metrics.estimate import Estimate


def estimate(value: float, lower: float, upper: float) -> Estimate:
    """Make an estimate with the given limits."""
    return Estimate(
        value=value,
        lower=lower,
        upper=upper,
        confidence_level=0.95,
        method="by hand",
        unit="image",
        n=99,
    )


def contrast(value: float, error: float) -> Contrast:
    """Make a normal contrast with the given standard error."""
    half = 1.959963984540054 * error
    whole = estimate(value, value - half, value + half)
    return Contrast(
        whole, estimate(0.8, 0.7, 0.9), estimate(0.7, 0.6, 0.8), 0.1, "equal", "z", error
    )


def test_p_values_are_those_of_the_tables() -> None:
    """1.96 normal errors; 2.228 errors on ten degrees of freedom."""
    assert two_sided(1.959963984540054, 1, math.inf) == pytest.approx(0.05)
    assert two_sided(-2.2281388519649, 1, 10) == pytest.approx(0.05)
    assert tail(0, 3) == 0.5


def test_non_inferiority_is_shown_where_the_lower_limit_clears_the_margin() -> None:
    """A difference of -.01 with error .02: -.049 clears a margin of .05 but not of .04."""
    made = contrast(-0.01, 0.02)
    assert non_inferiority(made, margin=0.05).shown is True
    assert non_inferiority(made, margin=0.05).p_value == pytest.approx(tail(2, math.inf))
    close = non_inferiority(made, margin=0.04)
    assert close.shown is False
    assert close.p_value == pytest.approx(tail(1.5, math.inf))
    assert "at least 0.04 lower" in close.hypothesis


def test_losses_turn_the_question_round() -> None:
    """A Brier score .01 higher, upper limit .049: within a margin of .05."""
    made = contrast(0.01, 0.02)
    assert non_inferiority(made, margin=0.05, higher_is_better=False).shown is True
    assert non_inferiority(made, margin=0.04, higher_is_better=False).shown is False


def test_a_margin_must_be_above_0() -> None:
    """A margin of 0 would be superiority."""
    with pytest.raises(InvalidInputError, match="`margin`"):
        non_inferiority(contrast(0.0, 0.1), margin=0)


def test_holm_steps_down_and_never_back() -> None:
    """The worked steps: 4 x .005, 3 x .011, 2 x .02, 1 x .04, each at least the one before."""
    adjusted = holm({"d": 0.04, "a": 0.005, "c": 0.02, "b": 0.011})
    assert adjusted == pytest.approx({"d": 0.04, "a": 0.02, "c": 0.04, "b": 0.033})
    assert list(adjusted) == ["d", "a", "c", "b"]
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    with pytest.raises(InvalidInputError, match="at least one"):
        holm({})
    with pytest.raises(InvalidInputError, match=r"p_values\['a'\]"):
        holm({"a": 1.2})


def test_a_contrast_becomes_plain_values() -> None:
    """Estimates as dictionaries, the p value beside its hypothesis."""
    plain = contrast(0.1, 0.02).to_dict()
    assert plain["difference"]["value"] == 0.1
    assert (plain["p_value"], plain["hypothesis"]) == (0.1, "equal")


def test_without_an_error_the_limit_alone_decides() -> None:
    """A difference whose interval has no standard error: shown by its limit, no p value."""
    made = contrast(-0.01, 0.02)
    bare = Contrast(made.difference, made.first, made.second, 0.1, "equal", "exact", None)
    judged = non_inferiority(bare, margin=0.05)
    assert (judged.shown, judged.p_value) == (True, None)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=6))
def test_holm_lies_between_each_value_and_bonferroni(p_values: dict[str, float]) -> None:
    """Never below the value, never above as many times it; the order is kept, names are labels."""
    adjusted = holm(p_values)
    for name, p_value in p_values.items():
        assert p_value <= adjusted[name] <= min(1, len(p_values) * p_value) + 1e-15
    ranked = sorted(p_values, key=lambda name: p_values[name])
    assert [adjusted[name] for name in ranked] == sorted(adjusted.values())
    assert holm(dict(reversed(p_values.items()))) == adjusted


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.2), st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_a_wider_margin_is_easier_to_meet(
    value: float, error: float, one: float, other: float
) -> None:
    """What is shown at a margin is shown at a wider one, and p agrees with the limit."""
    made = contrast(value, error)
    near, far = (non_inferiority(made, margin=margin) for margin in sorted((one, other)))
    assert far.shown or not near.shown
    assert far.p_value <= near.p_value  # type: ignore[operator]
    if abs(near.p_value - 0.025) > 1e-9:  # type: ignore[operator]
        assert near.shown == (near.p_value < 0.025)  # type: ignore[operator]


def test_without_limits_nothing_is_shown() -> None:
    """Neither that it is no worse nor that it is; the confidence level is the contrast's own."""
    made = contrast(0.1, 0.02)
    bare = Contrast(
        replace(made.difference, lower=None, upper=None, confidence_level=0.8),
        made.first,
        made.second,
        None,
        "equal",
        "z",
        None,
    )
    judged = non_inferiority(bare, margin=0.05)
    assert (judged.shown, judged.p_value, judged.confidence_level) == (None, None, 0.8)


def test_a_hypothesis_names_the_side_on_which_loss_lies() -> None:
    """Lower where higher is better, higher where it is not; margin and confidence are kept."""
    made = contrast(0.01, 0.02)
    judged = non_inferiority(made, margin=0.05)
    assert judged.hypothesis == "the first is at least 0.05 lower than the second"
    assert (judged.margin, judged.confidence_level) == (0.05, 0.95)
    # 3 errors above -.05.
    assert judged.p_value == pytest.approx(0.0013498980316301)
    judged = non_inferiority(made, margin=0.05, higher_is_better=False)
    assert judged.hypothesis == "the first is at least 0.05 higher than the second"
    assert judged.p_value == pytest.approx(tail(2, math.inf))


def test_degrees_of_freedom_reach_the_one_sided_value() -> None:
    """Ten of them: 2.228 errors leave .025 above."""
    made = replace(contrast(0.0, 0.02), df=10)
    judged = non_inferiority(made, margin=0.02 * 2.2281388519649)
    assert judged.p_value == pytest.approx(0.025)
    assert tail(2.2281388519649, 10) == pytest.approx(0.025)
    assert two_sided(0.02 * 2.2281388519649, 0.02, 10) == pytest.approx(0.05)


def test_a_limit_at_the_margin_shows_nothing() -> None:
    """The lower limit must lie above it."""
    made = Contrast(
        estimate(0.0, -0.05, 0.05), estimate(0.8, 0.7, 0.9), estimate(0.8, 0.7, 0.9), 1, "", ""
    )
    for better in (True, False):
        assert non_inferiority(made, margin=0.05, higher_is_better=better).shown is False
        assert non_inferiority(made, margin=0.051, higher_is_better=better).shown is True


def test_without_a_difference_there_is_no_value() -> None:
    """A refused difference has neither, even beside an error."""
    refused = Estimate(None, None, None, 0.95, "", "image", 9, not_estimable="no positive images")
    made = replace(contrast(0.1, 0.02), difference=refused)
    assert non_inferiority(made, margin=0.05).p_value is None
    assert non_inferiority(made, margin=0.05).shown is None


def test_plain_values_hold_both_sides_and_the_method() -> None:
    """Six entries, each under its name."""
    plain = contrast(0.1, 0.02).to_dict()
    assert list(plain) == ["difference", "first", "second", "p_value", "hypothesis", "method"]
    assert (plain["first"]["value"], plain["second"]["value"], plain["method"]) == (0.8, 0.7, "z")


@pytest.mark.parametrize("p_value", [-0.01, 1.01])
def test_a_p_value_outside_0_to_1_is_refused_by_its_name(p_value: float) -> None:
    """The ends are values."""
    with pytest.raises(InvalidInputError, match=r"`p_values\['b'\]` must lie in \[0, 1\]"):
        holm({"a": 0.5, "b": p_value})
    assert holm({"a": 0.0, "b": 1.0}) == {"a": 0.0, "b": 1.0}


def test_limits_that_only_touch_zero_give_one_p_value_from_both_sides() -> None:
    """F2 of two patients: over a range of levels the limit is 0, by rounding above or below it."""
    labels, patients = [0, 0, 1, 1], [0, 1, 1, 0]
    one, two = [0.1, 0.2, 0.1, 0.5], [1 / 7, 4 / 7, 1 / 7, 4 / 7]
    asked = {"measure": "f2", "threshold": 0.5, "patients": patients}
    made, turned = (
        compare_models(labels, *pair, **asked)  # type: ignore[arg-type]
        for pair in ((one, two), (two, one))
    )

    assert made.difference.lower == pytest.approx(0, abs=1e-12)
    assert made.p_value == pytest.approx(turned.p_value, rel=1e-6)


def test_limits_are_not_asked_at_levels_that_are_rounding() -> None:
    """Student's quantile at 6 degrees of freedom is 0 there: two alike groups have p = 1."""
    levels = []

    def limits(level: float) -> tuple[float, float]:
        levels.append(level)
        return -stdtrit(6, 0.5 + level / 2), 1.0

    assert p_from_limits(limits, 0.0) == 1.0
    assert stdtrit(6, 0.5 + 1.3e-8 / 2) == 0 < stdtrit(6, 0.5 + min(levels) / 2)
