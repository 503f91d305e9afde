"""The packaged ALL network is the published one, layer by layer."""

from typing import Any

import numpy as np
import pytest

from prevalens import models

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras

LIGHT: dict[str, Any] = {
    "image_size": 32,
    "weights": None,
    "backbone": "MobileNet",
    "options": {"alpha": 0.25},
}


@pytest.mark.published
def test_the_network_is_the_published_one() -> None:
    """EfficientNetB3, pooled maxima, normalisation, 256 penalised units, dropout, softmax.

    Counted by hand: B3's last maps have 1536 channels; normalisation 4 * 1536 = 6144, dense
    1536 * 256 + 256 = 393472, output 256 * 2 + 2 = 514; the backbone has 10,783,535 weights.
    """
    model = models.all_classifier(weights=None)
    layers = [(type(layer).__name__, layer.count_params()) for layer in model.layers]

    assert layers == [
        ("InputLayer", 0),
        ("Functional", 10_783_535),
        ("GlobalMaxPooling2D", 0),
        ("BatchNormalization", 6_144),
        ("Dense", 393_472),
        ("Dropout", 0),
        ("Dense", 514),
    ]
    assert model.input_shape == (None, 300, 300, 3)
    assert model.output_shape == (None, 2)
    assert model.layers[1].name == "efficientnetb3"
    normalisation, hidden, dropout, scores = model.layers[3:]
    assert (normalisation.momentum, normalisation.epsilon) == (0.99, 0.001)
    assert hidden.activation is keras.activations.relu
    assert float(hidden.kernel_regularizer.l2) == pytest.approx(0.016)
    assert float(hidden.activity_regularizer.l1) == pytest.approx(0.006)
    assert float(hidden.bias_regularizer.l1) == pytest.approx(0.006)
    assert dropout.rate == 0.45
    assert scores.activation is keras.activations.softmax
    assert isinstance(model.optimizer, keras.optimizers.Adamax)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-3)
    assert all(layer.trainable for layer in model.layers)


@pytest.mark.published
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_it_learns_from_class_numbers(output: str) -> None:
    """One step on labels 0 and 1 gives a finite loss and an accuracy, with either output."""
    model = models.all_classifier(output=output, **LIGHT)
    model.run_eagerly = True
    images = np.random.default_rng(2).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    labels = (np.arange(8) % 2).astype("float32")
    history = model.fit(images, labels, verbose=0).history

    assert np.isfinite(history["loss"][0])
    assert 0 <= history["accuracy"][0] <= 1


def test_class_numbers_give_the_published_loss() -> None:
    """The compiled loss on class numbers equals the categorical cross-entropy on one-hots."""
    loss = keras.losses.get(models.all_classifier(**LIGHT).loss)
    scores = np.array([[0.9, 0.1], [0.3, 0.7]], "float32")
    ours = keras.ops.convert_to_numpy(loss(np.array([0.0, 1.0]), scores))

    np.testing.assert_allclose(ours.mean(), -(np.log(0.9) + np.log(0.7)) / 2, rtol=1e-5)
