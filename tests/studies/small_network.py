"""A network of three layers with maps, whose first sees brightness, as a `.keras` file."""

from pathlib import Path

import numpy as np


def save_network(path: Path, *, size: int = 16) -> Path:
    """Write it, weights drawn with one seed; pixels from 0 to 255 are rescaled inside."""
    import keras  # noqa: PLC0415 - files that need no backend import this one

    rng = np.random.default_rng(3)
    images = keras.Input((size, size, 3))
    features = keras.layers.Rescaling(1 / 255)(images)
    for number, filters in enumerate((4, 6, 8)):
        features = keras.layers.Conv2D(filters, 3, strides=2, padding="same", name=f"c{number}")(
            features
        )
        features = keras.layers.ReLU(name=f"r{number}")(features)
    model = keras.Model(images, features)
    # By numpy, so that every backend tries the same network.
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    model.save(path)
    return path
