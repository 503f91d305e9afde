"""Functions of planes, by OpenCV or numpy."""

from typing import Any

import numpy as np
import pytest

from prevalens.augmentation.host_functions import (
    as_bytes,
    as_planes,
    exponential,
    logarithm,
    square_root,
)

PLANES = np.random.default_rng(0).uniform(0.5, 5, (3, 4, 5)).astype(np.float32)


@pytest.fixture(params=["opencv", "numpy"])
def library(request: pytest.FixtureRequest) -> Any:
    """Return OpenCV, and None in its place."""
    return pytest.importorskip("cv2") if request.param == "opencv" else None


@pytest.mark.parametrize(
    ("function", "wanted"), [(logarithm, np.log), (exponential, np.exp), (square_root, np.sqrt)]
)
def test_functions_are_those_of_numpy(function: Any, wanted: Any, library: Any) -> None:
    """To float32's last digits, written over what came; of no pixels none."""
    planes = PLANES.copy()
    result = function(planes, library=library)

    np.testing.assert_allclose(result, wanted(PLANES.astype(np.float64)), rtol=2e-6)
    assert np.shares_memory(result, planes)
    assert function(np.zeros((3, 0, 5), np.float32), library=library).shape == (3, 0, 5)


@pytest.mark.parametrize("channels", [1, 2, 3, 7])
def test_a_picture_comes_back_from_its_planes(channels: int, library: Any) -> None:
    """Channels first as float32, and back as bytes."""
    image = np.random.default_rng(1).integers(0, 256, (4, 5, channels), dtype=np.uint8)
    planes = as_planes(image, library=library)

    assert planes.shape == (channels, 4, 5)
    assert planes.dtype == np.float32
    np.testing.assert_array_equal(planes, image.transpose(2, 0, 1))
    np.testing.assert_array_equal(as_bytes(planes, library=library), image)


def test_levels_are_rounded_and_cut_off(library: Any) -> None:
    """-3 is 0, 0.4 is 0, 99.6 is 100 and 300 is 255."""
    levels = np.asarray([-3, 0.4, 99.6, 300], np.float32).reshape(1, 1, 4)

    assert as_bytes(levels, library=library).ravel().tolist() == [0, 0, 100, 255]
