"""One kernel for defocus and motion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.augmentation.blur import blur, blur_kernels


def one(radius: float, length: float = 0, angle: float = 0) -> dict[str, np.ndarray]:
    """Return the parameters of one image."""
    values = {"defocus": radius, "motion_length": length, "motion_angle": angle}
    return {name: np.asarray([value], dtype=np.float32) for name, value in values.items()}


def test_no_radius_and_no_length_change_nothing() -> None:
    """The kernel is a single 1, and the picture comes back exactly."""
    image = np.random.default_rng(0).uniform(0, 255, (1, 6, 7, 3)).astype(np.float32)

    np.testing.assert_array_equal(blur(image, one(0), reach=2, xp=np), image)


def test_a_radius_of_one_half_is_a_plus() -> None:
    """Distance 0 weighs 1, distance 1 weighs 0, so radius 1/2 is still one pixel; radius 1: 1/2.

    Radius 1 weighs the centre 1, the four neighbours 1/2, the diagonals 1.5 - sqrt(2); together
    3 + 4 * 0.0858 = 3.343.
    """
    diagonal = 1.5 - 2**0.5
    kernel = np.asarray([[diagonal, 0.5, diagonal], [0.5, 1, 0.5], [diagonal, 0.5, diagonal]])

    np.testing.assert_allclose(blur_kernels(one(0.5), reach=1, xp=np)[0, 1], [0, 1, 0])
    np.testing.assert_allclose(
        blur_kernels(one(1), reach=1, xp=np)[0], kernel / (3 + 4 * diagonal), atol=1e-6
    )


@pytest.mark.parametrize(("angle", "row", "column"), [(0, 3, slice(1, 6)), (90, slice(1, 6), 3)])
def test_motion_is_a_line_along_its_angle(angle: float, row: object, column: object) -> None:
    """A line of 4 pixels weighs five places, the outermost as much as the rest."""
    kernel = blur_kernels(one(0.5, 4, angle), reach=3, xp=np)[0]

    np.testing.assert_allclose(kernel[row, column], 0.2, atol=1e-5)
    np.testing.assert_allclose(kernel.sum(), 1, atol=1e-5)


@given(radius=st.floats(0, 3), length=st.floats(0, 4), angle=st.floats(0, 180))
@settings(max_examples=30, deadline=None)
def test_blur_keeps_a_flat_picture_flat(radius: float, length: float, angle: float) -> None:
    """Every kernel sums to 1, at the edges too."""
    flat = np.full((1, 5, 5, 1), 80, np.float32)

    np.testing.assert_allclose(
        blur(flat, one(radius, length, angle), reach=6, xp=np), 80, rtol=1e-5
    )


def test_without_a_drawn_blur_the_picture_is_itself() -> None:
    """A policy without defocus draws no such parameter."""
    picture = np.zeros((1, 5, 5, 1), np.float32)

    assert blur(picture, {}, reach=6, xp=np) is picture
