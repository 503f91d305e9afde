"""Integrated gradients: how the log-odds of a class divide among the pixels."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError
from prevalens.explanations.activation_map import class_contrast, final_dense, images_of
from prevalens.explanations.gradient import gradient_of
from prevalens.explanations.occlusion_map import level_of

# What the sum of a map may miss of the gain: the share that its authors allow of what the map
# divides, or log-odds that move no score by more than 0.00025.
_SHARE_MISSED = 0.05
_LOG_ODDS_MISSED = 1e-3


def draw_integrated_gradients(
    model: keras.Model,
    images: ArrayLike,
    *,
    baseline: float | ArrayLike | None = None,
    steps: int = 64,
    label: int | None = None,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Divide among the pixels what the log-odds of a class gain from a baseline to the image.

    The gradient is averaged on the straight way from the baseline to the image and multiplied by
    the way. A map therefore sums to the gain ("completeness"), which is checked. Where an image
    equals the baseline its map is 0, whatever the model makes of that place: on cells cut out on
    black, a black baseline says nothing of the background.

    Args:
        model: A classifier that ends in a `Dense` layer, such as
            `prevalens.models.create_classifier` makes.
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        baseline: What to compare with: a level, a colour of shape `(channels,)`, or images of the
            images' shape; by default each image's mean colour.
        steps: Number of gradients on the way, at least 2, by Gauss and Legendre's rule.
        label: The class to explain; by default the last, which is the positive one.
        batch_size: Number of gradients that are taken at once.

    Returns:
        The gain in log-odds (with a softmax, of the logit minus the mean of the others') that
        falls to each pixel, summed over its channels, shape `(batch, height, width)`.

    Raises:
        InvalidInputError: the model does not end in a `Dense` layer or has no such class, the
            images' shape is not the model's, the backend takes no gradients, or a map's sum misses
            the gain by more than 5 % of what the map divides.

    References:
        Sundararajan M., Taly A., Yan Q. (2017). Axiomatic attribution for deep networks. ICML.
    """
    log_odds = _log_odds_of(model, label)
    pixels = images_of(model, images).astype(np.float32)
    starts = level_of(pixels, baseline, name="baseline")
    check_integer("steps", steps, minimum=2)
    check_integer("batch_size", batch_size, minimum=1)
    maps = []
    for number, (image, start) in enumerate(zip(pixels, starts, strict=True)):
        slope = _mean_gradient(log_odds, start, image, steps=steps, batch_size=batch_size)
        heat = ((image - start) * slope).sum(axis=-1)
        last, first = keras.ops.convert_to_numpy(log_odds(np.stack([image, start]))).astype(float)
        _check_complete(heat, gain=last - first, number=number, steps=steps)
        maps.append(heat)
    return np.stack(maps).astype(np.float32)


def _log_odds_of(model: keras.Model, label: int | None) -> Callable[[Any], Any]:
    """Return the function from images to the log-odds of the class, shape `(batch,)`."""
    final = final_dense(model)
    weights, bias = class_contrast(final, label)
    # Not from the scores: near 0 and 1 float32 has lost what the log-odds still tell.
    features = keras.Model(model.input, final.input)

    def log_odds(pixels: Any) -> Any:
        found = keras.ops.cast(features(pixels, training=False), "float32")
        return keras.ops.matmul(found, weights[:, None])[:, 0] + bias

    return log_odds


def _mean_gradient(
    log_odds: Callable[[Any], Any],
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    *,
    steps: int,
    batch_size: int,
) -> NDArray[np.float64]:
    """Return the mean of the gradient on the straight way, shape `(height, width, channels)`."""
    places, shares = np.polynomial.legendre.leggauss(steps)
    mean = np.zeros(end.shape)
    for first in range(0, steps, batch_size):
        some = slice(first, first + batch_size)
        way = (places[some, None, None, None] + 1) / 2
        gradients = gradient_of(log_odds, (start + way * (end - start)).astype(np.float32))
        mean += np.tensordot(shares[some] / 2, gradients.astype(np.float64), axes=1)
    return mean


def _check_complete(heat: NDArray[np.float64], *, gain: float, number: int, steps: int) -> None:
    missed = abs(heat.sum() - gain)
    allowed = max(_LOG_ODDS_MISSED, _SHARE_MISSED * max(abs(gain), np.abs(heat).sum()))
    # Turned round, so that nan is refused too.
    if not missed <= allowed:
        raise InvalidInputError(
            f"The map of image {number} sums to {heat.sum():.4g}, but its log-odds are {gain:.4g} "
            f"above its baseline's; {steps} steps are too few, or a part of the model has no "
            "gradient (rounding, whole numbers, half precision). Give more `steps`; if that does "
            "not help, use `draw_occlusion_map`."
        )
