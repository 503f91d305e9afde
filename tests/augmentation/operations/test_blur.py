"""One kernel for defocus and motion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.augmentation import Blur
from prevalens.augmentation.operations.blur import blur_kernels, spread_by_shifts
from prevalens.exceptions import InvalidInputError


def one(radius: float, length: float = 0, angle: float = 0) -> dict[str, np.ndarray]:
    """Return the parameters of one image."""
    values = {"defocus": radius, "motion_length": length, "motion_angle": angle}
    return {name: np.asarray([value], dtype=np.float32) for name, value in values.items()}


def blurred(image: np.ndarray, radius: float, length: float = 0, angle: float = 0) -> np.ndarray:
    """Return one image blurred by the formula of the layer, with a kernel of 13x13."""
    operation = Blur(defocus=(0, 5), motion=(0, 2))
    assert operation.reach == 7
    return np.asarray(operation.change(image, one(radius, length, angle), xp=np))


def test_no_radius_and_no_length_change_nothing() -> None:
    """The kernel is a single 1, and the picture comes back exactly."""
    image = np.random.default_rng(0).uniform(0, 255, (1, 6, 7, 3)).astype(np.float32)

    np.testing.assert_array_equal(blurred(image, 0), image)


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

    np.testing.assert_allclose(blurred(flat, radius, length, angle), 80, rtol=1e-5)


@given(radius=st.floats(0, 3), length=st.floats(0, 4), angle=st.floats(0, 180))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("opencv", [True, False])
def test_the_host_blurs_as_the_layer_does(
    radius: float, length: float, angle: float, opencv: bool
) -> None:
    """With OpenCV or without, to a thousandth of a grey level, at the edges too."""
    library = pytest.importorskip("cv2") if opencv else None
    image = np.random.default_rng(1).uniform(0, 255, (1, 9, 4, 2)).astype(np.float32)
    planes = np.array(image[0].transpose(2, 0, 1), order="C")
    wanted = blurred(image, radius, length, angle)[0]
    sampled = one(radius, length, angle)
    result = Blur(defocus=(0, 5), motion=(0, 4)).change_on_host(planes, sampled, library=library)

    np.testing.assert_allclose(result.transpose(1, 2, 0), wanted, atol=1e-3)


def test_shifted_copies_are_weighed_by_the_kernel() -> None:
    """A kernel with a 2 left of its centre and a 3 below reads those two neighbours."""
    wide = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    kernel = np.zeros((1, 3, 3), np.float32)
    kernel[0, 1, 0], kernel[0, 2, 1] = 2, 3

    assert spread_by_shifts(wide, kernel, xp=np).ravel().tolist() == [2 * 3 + 3 * 7]


def test_settings() -> None:
    """Radius 1.5 and half a line of 4 end within 3.5 + half a pixel: 4 pixels."""
    assert Blur(defocus=(0, 1.5), motion=(0, 4)).reach == 4
    assert Blur(defocus=(0, 0.4), motion=0).reach == 1
    assert Blur(defocus=0, motion=0).changes_nothing
    with pytest.raises(InvalidInputError, match="`defocus`"):
        Blur(defocus=(0, 99))
