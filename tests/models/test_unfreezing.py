"""Unfreezing opens the backbone's last layers, and keeps batch normalisation in inference."""

from typing import Any

import numpy as np
import pytest

from prevalens import models
from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras


def frozen() -> Any:
    """Return a classifier on a frozen backbone: conv (2), norm (4), conv (2); head (2)."""
    backbone = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(4, 3, name="low"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Conv2D(4, 3, name="high"),
        ]
    )
    return models.create_classifier(
        backbone, image_size=16, weights=None, preprocessing="tf", freeze=True
    )


@pytest.mark.parametrize(
    ("settings", "arrays"),
    [
        ({"last_layers": 1}, 4),
        ({"last_layers": 2}, 4),
        ({"last_layers": 2, "batch_normalization": True}, 6),
        ({}, 6),
        ({"batch_normalization": True}, 8),
    ],
)
def test_the_arrays_that_train_are_counted(settings: dict[str, Any], arrays: int) -> None:
    """Head 2, each convolution 2, normalisation 2 of its 4: sums counted by hand."""
    assert models.unfreeze(frozen(), **settings) == arrays


def test_what_is_open_moves_and_what_is_closed_does_not() -> None:
    """After recompiling, steps move the last convolution alone; statistics stand still."""
    model = frozen()
    models.unfreeze(model, last_layers=2)
    model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy", jit_compile=False)
    layers = next(layer for layer in model.layers if isinstance(layer, keras.Model)).layers
    before = [[np.array(w, copy=True) for w in layer.get_weights()] for layer in layers]
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    # The output's kernel starts at 0: the backbone's first gradient is that of the second step.
    model.fit(images, np.array([0.0, 1.0, 0.0, 1.0]), epochs=2, verbose=0)
    moved = [
        any(not np.array_equal(a, b) for a, b in zip(old, layer.get_weights(), strict=True))
        for old, layer in zip(before, layers, strict=True)
    ]

    assert moved == [False, False, True]


def test_too_many_layers_and_no_backbone_are_refused() -> None:
    """More layers than there are, and a model without a backbone, are refused."""
    with pytest.raises(InvalidInputError, match="`last_layers` is 4, but the backbone has 3"):
        models.unfreeze(frozen(), last_layers=4)
    with pytest.raises(InvalidInputError, match="has no backbone"):
        models.unfreeze(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]))
