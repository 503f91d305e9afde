"""Grad-CAM against its closed form for a linear head."""

import keras
import numpy as np
import pytest

from prevalens.exceptions import DataWarning
from prevalens.explanations import compute_activation_map, grad_cam

pytestmark = pytest.mark.keras


def network(pooling: type[keras.layers.Layer]) -> keras.Model:
    """Make a convolution, a pooling and a linear head with random weights."""
    images = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(5, 3, activation="relu")(images / 255)
    scores = keras.layers.Dense(1, "sigmoid")(pooling()(features))
    model = keras.Model(images, scores)
    random = np.random.default_rng(1)
    for weights in model.trainable_weights:
        weights.assign(random.normal(size=weights.shape))
    return model


IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)


def test_with_a_mean_it_is_the_positive_part_of_the_activation_map() -> None:
    """The mean gradient of a mean over 36 places is weight / 36."""
    model = network(keras.layers.GlobalAveragePooling2D)
    bias = keras.ops.convert_to_numpy(model.layers[-1].bias)[0]
    expected = np.maximum(compute_activation_map(model, IMAGES) - bias, 0) / 36

    found = grad_cam(model, IMAGES, batch_size=2)
    assert found.shape == (3, 6, 6)
    assert found.max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_with_a_maximum_it_is_of_what_the_answer_used() -> None:
    """Each channel has a gradient at one place of 36, so its mean is weight / 36 there too."""
    model = network(keras.layers.GlobalMaxPooling2D)
    weights = keras.ops.convert_to_numpy(model.layers[-1].kernel)[:, 0]
    places = keras.Model(model.input, model.layers[-2].input)
    features = keras.ops.convert_to_numpy(places(IMAGES))

    np.testing.assert_allclose(
        grad_cam(model, IMAGES), np.maximum(features @ weights / 36, 0), atol=1e-5
    )


def test_the_other_class_has_what_speaks_against() -> None:
    """The maps of both classes do not overlap, for they are two parts of one sum."""
    model = network(keras.layers.GlobalAveragePooling2D)
    both = [grad_cam(model, IMAGES, label=label) for label in (0, 1)]

    np.testing.assert_array_equal(both[0] * both[1], 0)
    assert both[0].max() > 0


def test_a_map_of_one_place_says_so() -> None:
    """A model that averages layers puts their means side by side: nothing is left of where."""
    images = keras.Input((8, 8, 3))
    first = keras.layers.Conv2D(4, 3, activation="relu")(images / 255)
    second = keras.layers.Conv2D(3, 3, activation="relu")(first)
    means = [keras.layers.GlobalAveragePooling2D(keepdims=True)(of) for of in (first, second)]
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Concatenate()(means))
    model = keras.Model(images, keras.layers.Dense(1, "sigmoid")(pooled))
    for explain in (grad_cam, compute_activation_map):
        with pytest.warns(DataWarning, match=r"one place, .* 1x1.* `compute_occlusion_map`"):
            assert explain(model, IMAGES).shape == (3, 1, 1)
