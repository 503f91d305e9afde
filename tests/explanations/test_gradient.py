"""The gradient is the same on each backend that takes one."""

from typing import Any

import keras
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.explanations.gradient import gradient_of

pytestmark = pytest.mark.keras

PIXELS = np.random.default_rng(0).normal(size=(2, 3, 4, 1)).astype(np.float32)


def test_each_image_has_its_own_gradient() -> None:
    """The gradient of k times the sum of squares of image k - 1 is 2 k x."""

    def weighted(images: Any) -> Any:
        return keras.ops.sum(images**2, axis=(1, 2, 3)) * keras.ops.convert_to_tensor([1.0, 2.0])

    expected = PIXELS * np.array([2.0, 4.0])[:, None, None, None]
    np.testing.assert_allclose(gradient_of(weighted, PIXELS), expected, rtol=1e-6)


def test_what_does_not_depend_on_the_pixels_has_gradient_0() -> None:
    """A constant has no slope; nor has a number that was rounded."""

    def constant(images: Any) -> Any:
        return keras.ops.ones(len(images))

    def rounded(images: Any) -> Any:
        return keras.ops.sum(keras.ops.round(images), axis=(1, 2, 3))

    for function in (constant, rounded):
        np.testing.assert_array_equal(gradient_of(function, PIXELS), np.zeros(PIXELS.shape))


def test_a_backend_without_gradients_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the backends that have them, and the map that needs none."""
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")
    with pytest.raises(
        InvalidInputError, match=r"'openvino' takes no.*jax, tensorflow, torch.*occ"
    ):
        gradient_of(lambda images: images, PIXELS)
