"""Grad-CAM: feature maps weighted by their mean gradient."""

from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer
from prevalens.explanations.activation_map import (
    class_contrast,
    final_dense,
    images_of,
    pooling_of,
    warn_of_one_place,
)
from prevalens.explanations.gradient import gradient_of
from prevalens.explanations.network_graph import graph_of, part_of


def grad_cam(
    model: Any, images: ArrayLike, *, label: int | None = None, batch_size: int = 32
) -> NDArray[np.float32]:
    """Weight the last feature maps by the mean gradient of the class' log-odds; keep what is for.

    The gradient is taken at the image itself, so the map belongs to the answer with any pooling
    and any head. With average pooling and a linear head it is the positive part of
    `compute_activation_map` without its bias, divided by the number of places.

    Args:
        model: As in `compute_activation_map`.
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        label: The class to explain; by default the last, which is the positive one.
        batch_size: Number of images that go through the model at once.

    Returns:
        One map an image, at least 0, shape `(batch, map_height, map_width)`.

    Raises:
        InvalidInputError: as in `compute_activation_map`, or the backend takes no gradients.

    Warns:
        DataWarning: the map has one place, and so says nothing of where.

    References:
        Selvaraju R. R. et al. (2017). Grad-CAM: visual explanations from deep networks via
        gradient-based localization. ICCV.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> from prevalens.models import create_classifier
        >>> backbone = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = create_classifier(backbone, image_size=8, preprocessing="inside")
        >>> grad_cam(model, np.ones((2, 8, 8, 3), np.uint8)).shape
        (2, 6, 6)
    """
    network = graph_of(model)
    pooling, final = pooling_of(network), final_dense(network)
    weights, bias = class_contrast(final, label)
    check_integer("batch_size", batch_size, minimum=1)
    pixels = images_of(network, images)
    places = part_of(network.input, pooling.input, network)
    warn_of_one_place(places)
    head = part_of(pooling.input, final.input, network)

    def log_odds(features: Any) -> Any:
        found = keras.ops.cast(head(features, training=False), "float32")
        return keras.ops.matmul(found, weights[:, None])[:, 0] + bias

    maps = []
    for first in range(0, len(pixels), batch_size):
        batch = places(pixels[first : first + batch_size], training=False)
        features = np.asarray(keras.ops.convert_to_numpy(batch), dtype=np.float32)
        slopes = gradient_of(log_odds, features).mean(axis=(1, 2), keepdims=True)
        maps.append(np.maximum((features * slopes).sum(axis=-1), 0))
    return np.concatenate(maps).astype(np.float32)
