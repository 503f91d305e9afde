"""Integrated gradients: how the log-odds of a class divide among the pixels."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer, check_number, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.explanations.activation_map import (
    class_contrast,
    final_dense,
    images_of,
    network_of,
)
from prevalens.explanations.gradient import gradient_of
from prevalens.explanations.occlusion_map import level_of

# Log-odds that a map's sum may miss whatever the gain: no score moves by more than 0.00025.
_LOG_ODDS_MISSED = 1e-3


def compute_integrated_gradients(
    model: Any,
    images: ArrayLike,
    *,
    baseline: float | ArrayLike | None = None,
    steps: int = 64,
    max_steps: int = 2048,
    tolerance: float = 0.05,
    label: int | None = None,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Divide among the pixels what the log-odds of a class gain from a baseline to the image.

    The gradient is averaged on the straight way from the baseline to the image and multiplied by
    the way. A map therefore sums to the gain ("completeness"): steps are doubled until it does.
    Where an image equals the baseline its map is 0, whatever the model makes of that place: on
    cells cut out on black, a black baseline says nothing of the background.

    Args:
        model: A classifier that ends in a `Dense` layer, such as
            `prevalens.models.create_classifier` makes, or a loaded `Classifier` (whose network's
            own log-odds are divided, before temperature and prevalence).
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        baseline: What to compare with: a level, a colour of shape `(channels,)`, or images of the
            images' shape; by default each image's mean colour.
        steps: Number of gradients on the way to begin with, at least 2, by Gauss and Legendre's
            rule.
        max_steps: Number of gradients on the way at most, at least `steps`.
        tolerance: Share of the gain that the sum of a map may miss, at least 0. Its authors'
            share is 0.05; a larger one says aloud that maps are less complete.
        label: The class to explain; by default the last, which is the positive one.
        batch_size: Number of gradients that are taken at once.

    Returns:
        The gain in log-odds (with a softmax, of the logit minus the mean of the others') that
        falls to each pixel, summed over its channels, shape `(batch, height, width)`.

    Raises:
        InvalidInputError: the model does not end in a `Dense` layer or has no such class, the
            images' shape is not the model's, the backend takes no gradients, or a map's sum still
            misses the gain by more than `tolerance` of it (and by 0.001) after `max_steps`; the
            text says of which images, and by how much.

    References:
        Sundararajan M., Taly A., Yan Q. (2017). Axiomatic attribution for deep networks. ICML.
    """
    network = network_of(model)
    log_odds = _log_odds_of(network, label)
    pixels = images_of(network, images).astype(np.float32)
    starts = level_of(pixels, baseline, name="baseline")
    check_integer("steps", steps, minimum=2)
    check_integer("max_steps", max_steps, minimum=steps)
    check_number("tolerance", tolerance, low=0)
    check_integer("batch_size", batch_size, minimum=1)
    maps, missed = [], {}
    for number, (image, start) in enumerate(zip(pixels, starts, strict=True)):
        last, first = keras.ops.convert_to_numpy(log_odds(np.stack([image, start]))).astype(float)
        gain, count = float(last - first), steps
        while True:
            slope = _mean_gradient(log_odds, start, image, steps=count, batch_size=batch_size)
            heat = ((image - start) * slope).sum(axis=-1)
            gap = abs(float(heat.sum()) - gain)
            # Turned round, so that nan is a miss too.
            if gap <= max(_LOG_ODDS_MISSED, tolerance * abs(gain)) or not np.isfinite(gap):
                break
            if 2 * count > max_steps or not heat.any():
                break
            count *= 2
        if not gap <= max(_LOG_ODDS_MISSED, tolerance * abs(gain)):
            missed[number] = (float(heat.sum()), gain, count)
        maps.append(heat)
    if missed:
        raise _incomplete(missed, tolerance)
    return np.stack(maps).astype(np.float32)


def _incomplete(missed: dict[int, tuple[float, float, int]], tolerance: float) -> InvalidInputError:
    shares = {
        number: abs(found - gain) / abs(gain) if gain else np.inf
        for number, (found, gain, _) in missed.items()
    }
    worst = max(shares, key=shares.__getitem__)
    found, gain, steps = missed[worst]
    return InvalidInputError(
        f"The maps of {len(missed)} images do not sum to the gain ({name_some(missed)}). The worst "
        f"is that of image {worst}: it sums to {found:.4g}, but its log-odds are {gain:.4g} above "
        f"its baseline's, {shares[worst]:.0%} of the gain missed where {tolerance:.0%} may be. "
        f"After {steps} steps that are too few, or a part of the model has no gradient (rounding, "
        "whole numbers, half precision). Give more `max_steps`; take the maps as they are with a "
        "larger `tolerance`; or use `compute_occlusion_map`."
    )


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
