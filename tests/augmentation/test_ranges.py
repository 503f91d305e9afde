"""The settings of operations, and their checks."""

import pytest

from prevalens.augmentation.ranges import Parameter, both_ways, check_probability, ratio, span
from prevalens.exceptions import InvalidInputError


def test_one_number_means_both_ways() -> None:
    """15 is (-15, 15); a pair stays; a factor of 1.25 is (0.8, 1.25)."""
    assert both_ways("degrees", 15) == (-15.0, 15.0)
    assert both_ways("degrees", (-5, 10)) == (-5.0, 10.0)
    assert ratio("factor", 1.25) == (0.8, 1.25)
    assert span("read", 3, low=0, high=9) == (3.0, 3.0)


INFINITY = float("inf")


@pytest.mark.parametrize("value", [(2, 1), (1, 2, 3), (0, 99), "ab"])
def test_a_range_is_two_ordered_numbers_within_bounds(value: object) -> None:
    """Reversed, too long, out of bounds and no numbers are refused by name."""
    with pytest.raises(InvalidInputError, match="`factor`"):
        span("factor", value, low=0, high=10)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [INFINITY, (0, INFINITY), (-INFINITY, 0)])
def test_no_range_is_endless(value: object) -> None:
    """What is sampled evenly from an endless range is no number."""
    with pytest.raises(InvalidInputError, match="finite ends"):
        both_ways("fraction", value)  # type: ignore[arg-type]


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), (), (0.5, 2), True])
def test_a_probability_is_a_chance(probability: object) -> None:
    """Numbers outside 0 to 1, empty lists and truth values are refused."""
    with pytest.raises(InvalidInputError, match="`probability`"):
        check_probability(probability)  # type: ignore[arg-type]


def test_chances_are_numbers_or_a_tuple() -> None:
    """A list per class is kept as a tuple, so that the operation can be compared."""
    assert check_probability(1) == 1.0
    assert check_probability([0, 1]) == (0.0, 1.0)  # type: ignore[arg-type]


def test_a_parameter_stands_for_no_change_at_zero() -> None:
    """Unless it is said otherwise: one even number per image, in the operation's one gate."""
    parameter = Parameter("angle", -1, 1)

    assert (parameter.identity, parameter.scale, parameter.size) == (0.0, "uniform", 1)
    assert (parameter.gate, parameter.strength) == ("all", True)
