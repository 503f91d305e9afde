"""Integrated gradients: closed forms, and the sum that every map must have."""

from typing import Any

import keras
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.explanations import compute_integrated_gradients
from prevalens.models import create_classifier

pytestmark = pytest.mark.keras


def pixels(n: int = 2, size: int = 6) -> np.ndarray:
    """Return random images of 3 channels."""
    return np.random.default_rng(0).integers(0, 256, (n, size, size, 3)).astype(np.uint8)


def flat_network(*layers: keras.layers.Layer) -> keras.Model:
    """Make a network of layers on the pixels in a row, over 255."""
    keras.utils.set_random_seed(2)
    images = keras.Input((6, 6, 3))
    features = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    for layer in layers:
        features = layer(features)
    return keras.Model(images, features)


def deep_network(outputs: int, activation: str) -> keras.Model:
    """Make strided convolutions, pooling and the brief's kind of head, with random weights."""
    images = keras.Input((24, 24, 3))
    features = keras.layers.Rescaling(1 / 127.5, -1)(images)
    for filters in (8, 12):
        features = keras.layers.Conv2D(filters, 3, 2, activation="relu")(features)
    features = keras.layers.GlobalMaxPooling2D()(features)
    for layer in (keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)):
        features = layer(features)
    scores = keras.layers.Dense(outputs, activation)(features)
    model = keras.Model(images, scores)
    # Drawn here: Keras' own numbers change with its version.
    rng = np.random.default_rng(3)
    for weights in model.trainable_weights:
        if weights.path.endswith("kernel"):
            inputs = np.prod(weights.shape[:-1])
            weights.assign(rng.normal(0, 2 / np.sqrt(inputs), weights.shape))
    return model


def log_scores(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the logarithms of the model's scores in double precision."""
    return np.log(np.asarray(keras.ops.convert_to_numpy(model(images)), dtype=np.float64))


def test_a_linear_model_gives_weight_times_difference() -> None:
    """For log-odds w . x / 255 the map is w (x - baseline) / 255, summed over the channels."""
    model = flat_network(keras.layers.Dense(1, "sigmoid"))
    weights = keras.ops.convert_to_numpy(model.layers[-1].kernel).reshape(6, 6, 3)
    baseline = np.array([10.0, 100.0, 200.0])

    maps = compute_integrated_gradients(model, pixels(), baseline=baseline, steps=2)
    expected = (weights * (pixels() - baseline) / 255).sum(axis=-1)
    np.testing.assert_allclose(maps, expected, atol=1e-5)


def test_a_hidden_layer_gives_its_closed_form() -> None:
    """A unit v tanh(z) gives each pixel v w (x - b) (tanh z1 - tanh z0) / (z1 - z0).

    The same numbers on every backend, since nothing of a backend is in them.
    """
    model = flat_network(keras.layers.Dense(4, "tanh"), keras.layers.Dense(1, "sigmoid"))
    kernel, bias, out, _ = (
        np.asarray(keras.ops.convert_to_numpy(one), dtype=np.float64) for one in model.weights
    )
    image = pixels(1).reshape(-1) / 255
    start, end = np.full(len(image), 30 / 255) @ kernel + bias, image @ kernel + bias
    slope = out[:, 0] * (np.tanh(end) - np.tanh(start)) / (end - start)
    expected = ((image - 30 / 255) * (kernel @ slope)).reshape(6, 6, 3).sum(axis=-1)

    found = compute_integrated_gradients(model, pixels(1), baseline=30, steps=32, batch_size=5)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize("baseline", [None, 0, [255, 0, 90], pixels(3, 24)[::-1].tolist()])
def test_a_map_sums_to_the_gain_in_log_odds(baseline: Any) -> None:
    """Completeness, to 1 % of the gain or 0.01, from a colour, a level, an image or the mean."""
    model, images = deep_network(1, "sigmoid"), pixels(3, 24)
    level = images.mean((1, 2), keepdims=True) if baseline is None else np.asarray(baseline)
    starts = np.broadcast_to(level, images.shape).astype(np.float32)
    gains = [
        logs[:, 0] - np.log1p(-np.exp(logs[:, 0]))
        for logs in (log_scores(model, images), log_scores(model, starts))
    ]

    maps = compute_integrated_gradients(model, images, baseline=baseline, steps=512, batch_size=256)
    expected = gains[0] - gains[1]
    assert np.abs(expected).max() > 0.3
    np.testing.assert_allclose(maps.sum((1, 2)), expected, rtol=0.01, atol=0.01)


def test_a_softmax_map_sums_to_the_gain_of_the_contrast() -> None:
    """For three classes the map of class 1 sums to the gain of log p1 - (log p0 + log p2) / 2."""
    model, images = deep_network(3, "softmax"), pixels(2, 24)
    maps = compute_integrated_gradients(
        model, images, baseline=0, label=1, steps=512, batch_size=256
    )
    logs = log_scores(model, images) - log_scores(model, np.zeros((1, 24, 24, 3)))

    expected = logs[:, 1] - (logs[:, 0] + logs[:, 2]) / 2
    np.testing.assert_allclose(maps.sum((1, 2)), expected, rtol=0.01, atol=0.01)


def test_the_other_class_of_two_has_the_opposite_map() -> None:
    """What speaks for the one speaks against the other; the last class is the default."""
    model = flat_network(keras.layers.Dense(3, "tanh"), keras.layers.Dense(2, "softmax"))
    for_one = compute_integrated_gradients(model, pixels(), label=1)

    np.testing.assert_allclose(
        for_one, -compute_integrated_gradients(model, pixels(), label=0), atol=1e-5
    )
    np.testing.assert_allclose(for_one, compute_integrated_gradients(model, pixels()), atol=1e-6)


def test_an_image_like_its_baseline_has_an_empty_map() -> None:
    """By default that is an image of one colour; pixels unlike the baseline alone get a share."""
    model = flat_network(keras.layers.Dense(1, "sigmoid"))
    flat = np.full((1, 6, 6, 3), 90, np.uint8)
    dotted = flat.copy()
    dotted[0, 2, 3] = 200

    np.testing.assert_array_equal(compute_integrated_gradients(model, flat), 0)
    heat = compute_integrated_gradients(model, dotted, baseline=90)[0]
    assert np.flatnonzero(heat).tolist() == [2 * 6 + 3]


def test_a_score_that_float32_rounds_to_1_is_still_divided() -> None:
    """Log-odds of 40 are divided whole, although the score has no digit left to tell."""
    final = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")
    model = flat_network(final)
    white = np.full((1, 6, 6, 3), 255, np.uint8)
    final.kernel.assign(final.kernel * 40 / 108)
    assert float(keras.ops.convert_to_numpy(model(white))[0, 0]) == 1.0

    heat = compute_integrated_gradients(model, white, baseline=0)
    np.testing.assert_allclose(heat, np.full((1, 6, 6), 40 / 36), rtol=1e-5)


def test_the_classifiers_of_this_library_are_divided() -> None:
    """A named backbone with its preprocessing inside; the map has the images' size."""
    keras.utils.set_random_seed(5)
    model = create_classifier(
        keras.layers.Conv2D(6, 3, 2, activation="relu"),
        image_size=24,
        weights=None,
        preprocessing="tf",
        augmentation=keras.layers.RandomFlip(),
    )
    # The output starts at 0; any other kernel has a map.
    model.layers[-1].kernel.assign(np.random.default_rng(5).normal(size=(6, 1)))
    maps = compute_integrated_gradients(model, pixels(2, 24))

    assert maps.shape == (2, 24, 24)
    assert maps.std() > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"baseline": np.zeros((4, 4))}, r"`baseline` must be a number.*got shape \(4, 4\)"),
        ({"baseline": np.nan}, "sums to nan"),
        ({"steps": 1}, "`steps` must be a whole number >= 2"),
        ({"label": 2}, "2 classes, got 2. Use 0 to 1"),
        ({"images": pixels()[0]}, "Add the batch axis"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    """Each refusal names the setting and what it must be."""
    model = flat_network(keras.layers.Dense(1, "sigmoid"))
    with pytest.raises(InvalidInputError, match=message):
        compute_integrated_gradients(model, **{"images": pixels(), **settings})


def test_a_model_that_does_not_end_in_dense_is_refused() -> None:
    """The error says in what it ends, and which map needs no layer."""
    model = flat_network(keras.layers.Dense(1), keras.layers.ReLU())
    with pytest.raises(InvalidInputError, match=r"ends in ReLU\. Use `compute_occlusion_map`"):
        compute_integrated_gradients(model, pixels())


def steep_network() -> keras.Model:
    """Make a network whose gradient is a jump on the way from black to the image."""
    steep = flat_network(keras.layers.Dense(1, "tanh"), keras.layers.Dense(1, "sigmoid"))
    steep.layers[-2].kernel.assign(np.full((108, 1), 1.0))
    steep.layers[-2].bias.assign([-50.0])
    # Its layers were made before the seed was set.
    steep.layers[-1].kernel.assign([[1.5]])
    return steep


def test_steps_are_added_until_the_map_sums_to_the_gain() -> None:
    """From 2 steps, which step over a jump of the gradient, to as many as find it."""
    steep = steep_network()
    logs = log_scores(steep, pixels(1))[0, 0], log_scores(steep, pixels(1) * 0)[0, 0]
    gain = np.subtract(*(log - np.log1p(-np.exp(log)) for log in logs))

    heat = compute_integrated_gradients(steep, pixels(1), baseline=0, steps=2)[0]
    assert abs(gain) > 0.1
    assert heat.sum() == pytest.approx(gain, rel=0.05)


def test_what_stays_incomplete_is_refused_with_its_gap() -> None:
    """A jump with 2 steps at most, or a rounded pixel: which images, and what share is missed."""
    with pytest.raises(
        InvalidInputError, match=r"1 images .*\(0\).* missed where 5% may be. After 2 steps"
    ):
        compute_integrated_gradients(steep_network(), pixels(1), baseline=0, steps=2, max_steps=2)

    images = keras.Input((6, 6, 3))
    flat = keras.layers.Flatten()(keras.ops.round(images / 255))
    rounding = keras.Model(images, keras.layers.Dense(1, "sigmoid")(flat))
    with pytest.raises(InvalidInputError, match=r"sums to 0, .* 100% of the gain.* no gradient"):
        compute_integrated_gradients(rounding, pixels(1), baseline=0)


def test_a_tolerance_of_all_takes_a_map_as_it_is() -> None:
    """With a tolerance of 1 a map that sums to nothing is returned: it was asked for aloud."""
    images = keras.Input((6, 6, 3))
    flat = keras.layers.Flatten()(keras.ops.round(images / 255))
    rounding = keras.Model(images, keras.layers.Dense(1, "sigmoid")(flat))

    maps = compute_integrated_gradients(rounding, pixels(1), baseline=0, tolerance=1.0)
    np.testing.assert_array_equal(maps, 0)
