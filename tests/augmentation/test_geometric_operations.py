"""Ranges and names of the operations that move pixels."""

import pytest

from prevalens.augmentation import Flip, QuarterTurn, Rotation, Shear, Shift, Zoom
from prevalens.exceptions import InvalidInputError


def test_ranges_of_one_number() -> None:
    """Angles and shifts go both ways; a zoom goes from 1/f to f."""
    assert Rotation(degrees=20).degrees == (-20.0, 20.0)
    assert Shift(fraction=0.2).fraction == (-0.2, 0.2)
    assert Shear(degrees=4).degrees == (-4.0, 4.0)
    assert Zoom(factor=1.25).factor == (0.8, 1.25)


def test_parameters_by_name() -> None:
    """Each axis of flip, shift and shear is a draw of its own."""
    operations = (Flip(), QuarterTurn(), Rotation(), Shift(), Zoom(), Shear())

    assert [p.name for operation in operations for p in operation.parameters()] == [
        "flip_horizontal",
        "flip_vertical",
        "quarter_turns",
        "rotation",
        "shift_x",
        "shift_y",
        "zoom",
        "shear_x",
        "shear_y",
    ]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Zoom(factor=0.5), "`factor`"),
        (lambda: Zoom(factor=(0, 1)), "`factor`"),
        (lambda: Shear(degrees=60), "`degrees`"),
        (lambda: Rotation(degrees=-3), "`degrees`"),
        (lambda: Flip(horizontal=1), "`horizontal`"),
    ],
)
def test_senseless_settings_are_refused(make: object, named: str) -> None:
    """The text names the setting."""
    with pytest.raises(InvalidInputError, match=named):
        make()  # type: ignore[operator]


def test_ranges_that_lose_the_picture_say_so() -> None:
    """Shifts past half the frame and extreme zooms are too strong; usual ones are not."""
    assert "0.8" in Shift(fraction=0.8).too_strong
    assert "picture" in Zoom(factor=(0.1, 1)).too_strong
    assert not Shift().too_strong
    assert not Zoom().too_strong
    assert not Rotation(degrees=180).too_strong
