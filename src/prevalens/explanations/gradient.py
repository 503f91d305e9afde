"""The gradient of scores by the pixels, in each backend's own words.

Keras 3.15 has no neutral call for a gradient.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._optional import require
from prevalens.exceptions import InvalidInputError


def gradient_of(function: Callable[[Any], Any], pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gradient of each image's number by that image's own pixels.

    Args:
        function: From a tensor of images to one number an image, shape `(batch,)`; the images
            must not mix, as they do not at inference.
        pixels: Images, shape `(batch, height, width, channels)`.

    Returns:
        Gradients of the images' shape; 0 where nothing that is answered has a gradient.

    Raises:
        InvalidInputError: the active backend takes no gradients.
    """
    backend = keras.backend.backend()
    if backend not in _GRADIENTS:
        raise InvalidInputError(
            f"The backend {backend!r} takes no gradients. Set KERAS_BACKEND to one of "
            f"{', '.join(_GRADIENTS)}, or use `compute_occlusion_map`, which needs none."
        )
    tensor = keras.ops.convert_to_tensor(pixels, dtype="float32")
    found = _GRADIENTS[backend](function, tensor)
    if found is None:
        return np.zeros(pixels.shape, np.float32)
    return np.asarray(keras.ops.convert_to_numpy(found), np.float32)


def _by_jax(function: Callable[[Any], Any], tensor: Any) -> Any:
    jax = require("jax", extra="jax")
    return jax.grad(lambda images: function(images).sum())(tensor)


def _by_tensorflow(function: Callable[[Any], Any], tensor: Any) -> Any:
    tensorflow = require("tensorflow", extra="tensorflow")
    with tensorflow.GradientTape() as tape:
        tape.watch(tensor)
        answer = function(tensor)
    return tape.gradient(answer, tensor)


def _by_torch(function: Callable[[Any], Any], tensor: Any) -> Any:
    torch = require("torch", extra="torch")
    images = tensor.detach().requires_grad_()
    total = function(images).sum()
    if not total.requires_grad:
        return None
    return torch.autograd.grad(total, images, allow_unused=True)[0]


_GRADIENTS = {"jax": _by_jax, "tensorflow": _by_tensorflow, "torch": _by_torch}
