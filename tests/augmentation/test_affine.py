"""The one matrix, against numpy's own flips and turns and against hand-made matrices."""

import math

import numpy as np

from prevalens.augmentation import Flip, QuarterTurn, Rotation, Shear, Shift, Zoom
from prevalens.augmentation.affine import source_matrices


def matrix(height: int = 5, width: int = 7, **parameters: float) -> np.ndarray:
    """Return the matrix of one image, of all operations that have a parameter here."""
    sampled = {name: np.asarray([value], dtype=np.float32) for name, value in parameters.items()}
    every = (Flip(), QuarterTurn(), Zoom(), Shear(), Rotation(), Shift())
    used = [o for o in every if {p.name for p in o.parameters()} & parameters.keys()]
    return np.asarray(source_matrices(used, sampled, height=height, width=width, xp=np)[0])


def test_no_operation_is_the_identity() -> None:
    """The rows of the result are those of the source, for as many images as there are numbers."""
    result = source_matrices([], {"exposure": np.ones(2)}, height=3, width=3, xp=np)

    assert result.tolist() == [[[1, 0, 0], [0, 1, 0]]] * 2


def test_a_flip_reads_from_the_other_end() -> None:
    """Column 0 of the result is column 6 of the source."""
    result = matrix(flip_horizontal=1, flip_vertical=0) @ [0, 2, 1]

    assert result.tolist() == [6, 2]


def test_a_shift_moves_right_and_down() -> None:
    """With 2/7 of a width of 7, result column 3 shows source column 1."""
    np.testing.assert_allclose(matrix(shift_x=2 / 7, shift_y=-1 / 5) @ [3, 3, 1], [1, 4], atol=1e-5)


def test_a_zoom_by_two_reads_half_as_far_from_the_centre() -> None:
    """The centre (3, 2) stays; 2 pixels from it come from 1 pixel from it."""
    assert (matrix(zoom=2) @ [5, 2, 1]).tolist() == [4, 2]


def test_a_rotation_goes_counterclockwise() -> None:
    """After 90 degrees the pixel above the centre shows what was right of it."""
    np.testing.assert_allclose(matrix(5, 5, rotation=90) @ [2, 1, 1], [3, 2], atol=1e-5)


def test_the_order_is_flip_zoom_shear_rotation_shift() -> None:
    """The matrix inverts the product of hand-made 3x3 matrices in that order."""
    angle, slant_x, slant_y = math.radians(30), math.radians(10), math.radians(-5)
    centre = np.asarray([[1, 0, 3], [0, 1, 2], [0, 0, 1]])
    flip = np.diag([-1, 1, 1])
    quarter = np.asarray([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    zoom = np.diag([1.2, 1.2, 1])
    shear = np.asarray([[1, math.tan(slant_x), 0], [math.tan(slant_y), 1, 0], [0, 0, 1]])
    c, s = math.cos(angle), math.sin(angle)
    rotation = np.asarray([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    shift = np.asarray([[1, 0, 0.1 * 7], [0, 1, -0.2 * 5], [0, 0, 1]])
    forward = shift @ centre @ rotation @ shear @ zoom @ quarter @ flip @ np.linalg.inv(centre)
    made = matrix(
        flip_horizontal=1,
        flip_vertical=0,
        quarter_turns=1,
        zoom=1.2,
        shear_x=10,
        shear_y=-5,
        rotation=30,
        shift_x=0.1,
        shift_y=-0.2,
    )

    np.testing.assert_allclose(made, np.linalg.inv(forward)[:2], atol=1e-4)
