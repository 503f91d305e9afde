"""What every operation promises."""

import pytest

from prevalens.augmentation import Flip, Rotation
from prevalens.augmentation.operation import Operation, both_ways, span
from prevalens.exceptions import InvalidInputError


def test_one_number_means_both_ways() -> None:
    """15 is (-15, 15); a pair stays."""
    assert both_ways("degrees", 15) == (-15.0, 15.0)
    assert both_ways("degrees", (-5, 10)) == (-5.0, 10.0)


@pytest.mark.parametrize("value", [(2, 1), (1, 2, 3), (0, 99), "ab"])
def test_a_range_is_two_ordered_numbers_within_bounds(value: object) -> None:
    """Reversed, too long, out of bounds and no numbers are refused by name."""
    with pytest.raises(InvalidInputError, match="`factor`"):
        span("factor", value, low=0, high=10)  # type: ignore[arg-type]


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), (), (0.5, 2)])
def test_a_probability_is_a_chance(probability: object) -> None:
    """Numbers outside 0 to 1 and empty lists are refused."""
    with pytest.raises(InvalidInputError, match="`probability`"):
        Flip(probability=probability)  # type: ignore[arg-type]


def test_doing_nothing_is_known() -> None:
    """A zero range or a zero chance changes nothing."""
    assert Rotation(degrees=0).changes_nothing
    assert Rotation(degrees=5, probability=0).changes_nothing
    assert Rotation(degrees=5, probability=(0, 0)).changes_nothing
    assert Flip(horizontal=False, vertical=False).changes_nothing
    assert not Flip(vertical=False).changes_nothing
    assert not Rotation(degrees=(3, 3)).changes_nothing


def test_an_operation_as_such_draws_nothing() -> None:
    """The base class says to use a subclass."""
    with pytest.raises(TypeError, match="subclasses"):
        Operation().parameters()


def test_to_dict_is_plain_json() -> None:
    """Ranges become lists."""
    assert Rotation(degrees=3, probability=(0.1, 1)).to_dict() == {
        "operation": "rotation",
        "degrees": [-3.0, 3.0],
        "probability": [0.1, 1.0],
    }
