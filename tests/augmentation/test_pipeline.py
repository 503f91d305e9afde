"""From parameters to pictures, and what is refused before."""

import numpy as np
import pytest

from prevalens.augmentation import (
    Elastic,
    Exposure,
    Flip,
    Noise,
    QuarterTurn,
    Rotation,
    Shift,
    Stain,
    WhiteBalance,
)
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.operations.elastic import GRID
from prevalens.augmentation.pipeline import (
    check_parameters,
    check_pictures,
    field_operations,
    matrix_operations,
    movement_of,
    pixel_operations,
    places_of,
)
from prevalens.exceptions import InvalidInputError


def test_operations_are_applied_in_their_order_whatever_the_list() -> None:
    """Flip before rotation before shift, stain before exposure before noise."""
    listed = [Noise(), Shift(), Exposure(), Rotation(), Elastic(), Stain(), Flip()]

    assert matrix_operations(listed) == [Flip(), Rotation(), Shift()]
    assert field_operations(listed) == [Elastic()]
    assert pixel_operations(listed) == [Stain(), Exposure(), Noise()]


def test_an_elastic_field_joins_the_places_of_the_matrix() -> None:
    """Control points that all move by 0.25 of a width of 8 shift the reading by 2 pixels."""
    movements = np.full((1, GRID * GRID), 0.25, np.float32)
    drawn = {"elastic_x": movements, "elastic_y": np.zeros_like(movements)}
    places = places_of([Elastic()], drawn, height=4, width=8, xp=np)

    assert places is not None
    np.testing.assert_allclose(places[0][0, 1], np.arange(8) + 2, atol=1e-5)
    np.testing.assert_allclose(places[1][0, :, 3], np.arange(4), atol=1e-5)


def test_nothing_moved_is_none() -> None:
    """Light alone needs no interpolation; a matrix alone has no field."""
    assert places_of([Exposure()], {"exposure": np.ones(1)}, height=4, width=4, xp=np) is None
    movement = movement_of([Rotation()], {"rotation": np.ones(1)}, height=4, width=4, xp=np)

    assert movement is not None
    assert movement[1] is None


@pytest.mark.parametrize(
    ("operations", "shape", "text"),
    [
        ([Flip()], (4, 4, 3), r"shape \(4, 4, 3\).*image\[None\]"),
        ([Flip()], (2, 3, 16, 16), "last axis, got height 3, width 16 and 16"),
        ([QuarterTurn()], (2, 4, 6, 3), "square images, got height 4 and width 6.*quarter_turn"),
        ([Stain(), WhiteBalance()], (2, 4, 4, 1), "stain, white_balance need red.*1 channels"),
        ([Exposure()], (2, 4, 4, 4), r"exposure .*transparency.*images\[\.\.\., :-1\]"),
        ([Noise()], (2, 4, 4, 2), "last of 2 channels"),
    ],
)
def test_images_that_cannot_be_changed_are_refused(
    operations: list[Operation], shape: tuple[int, ...], text: str
) -> None:
    """Single images, channels first, oblong turns, grey stains, transparency."""
    with pytest.raises(InvalidInputError, match=text):
        check_pictures(operations, shape)


@pytest.mark.parametrize(
    ("operations", "shape"),
    [
        ([Flip()], (None, None, None, 4)),
        ([Flip(), QuarterTurn(), Exposure()], (None, 4, 4, 1)),
        ([Exposure()], (2, 4, 4, 7)),
        ([Flip()], (1, 1, 1, 1)),
        ([Stain()], (1, 3, 1, 3)),
    ],
)
def test_images_that_can_be_changed_are_taken(
    operations: list[Operation], shape: tuple[int | None, ...]
) -> None:
    """Unknown sizes, moved transparency, grey light, many channels, one pixel."""
    check_pictures(operations, shape)


@pytest.mark.parametrize(
    ("sampled", "text"),
    [
        ({"shift_x": np.ones(2)}, "one of the two only: 'shift_y'"),
        ({"shift_x": np.ones(2), "shift_y": np.ones(2), "zoom": np.ones(2)}, "only: 'zoom'"),
        ({"shift_x": np.ones(3), "shift_y": np.ones(2)}, "got 2 images and {'shift_x': 3}"),
        ({"shift_x": np.ones((2, 2)), "shift_y": np.ones(2)}, r"1 numbers .*shape \(2, 2\)"),
    ],
)
def test_parameters_of_another_policy_are_refused(
    sampled: dict[str, np.ndarray], text: str
) -> None:
    """One too few, one too many, other lengths, other sizes: none is passed over."""
    with pytest.raises(InvalidInputError, match=text):
        check_parameters([Shift()], sampled, 2)
