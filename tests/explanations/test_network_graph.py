"""Maps are made of the graph of one network, or refused in the library's own words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="no Keras is installed")

from prevalens.exceptions import InvalidInputError  # noqa: E402
from prevalens.explanations import (  # noqa: E402
    compute_activation_map,
    compute_deletion_test,
    compute_integrated_gradients,
    compute_occlusion_map,
    grad_cam,
)

pytestmark = pytest.mark.keras
OF_THE_GRAPH = (compute_activation_map, grad_cam, compute_integrated_gradients)


def occlusion(model: Any, images: np.ndarray) -> np.ndarray:
    """Return an occlusion map with a square of 4 pixels."""
    return compute_occlusion_map(model, images, patch=4)


def deletion(model: Any, images: np.ndarray) -> object:
    """Return the deletion test of some map."""
    return compute_deletion_test(model, images, images[..., 0])


def pixels() -> np.ndarray:
    """Return two images of 8 x 8."""
    return np.random.default_rng(3).uniform(0, 255, (2, 8, 8, 3)).astype("float32")


def layers(activation: str = "sigmoid", data_format: str = "channels_last") -> list[Any]:
    """Return a network without an input."""
    return [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, padding="same", data_format=data_format),
        keras.layers.GlobalAveragePooling2D(data_format=data_format),
        keras.layers.Dense(1, activation=activation),
    ]


class Written(keras.Model):
    """A network as a subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.all = keras.Sequential(layers())

    def call(self, images: Any) -> Any:
        """Return the scores."""
        return self.all(images)


def with_ages() -> Any:
    """Return a network of images and ages."""
    images, ages = keras.Input((8, 8, 3)), keras.Input((1,))
    pooled = keras.layers.GlobalAveragePooling2D()(images)
    both = keras.layers.Concatenate()([pooled, ages])
    return keras.Model([images, ages], keras.layers.Dense(1, activation="sigmoid")(both))


def beside_pooling() -> Any:
    """Return a network whose head looks at the image past the feature maps, too."""
    images = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(images))
    both = keras.layers.Concatenate()([pooled, keras.layers.Flatten()(images)])
    return keras.Model(images, keras.layers.Dense(1, activation="sigmoid")(both))


def two_answers() -> Any:
    """Return a network of two outputs."""
    images = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(images)
    return keras.Model(
        images, [keras.layers.Dense(1, activation="sigmoid")(pooled) for _ in range(2)]
    )


@pytest.mark.parametrize("draw", OF_THE_GRAPH)
def test_a_sequential_is_drawn_as_the_same_network_of_functions(draw: Callable[..., Any]) -> None:
    """With an input, never called; and without one, called once."""
    outputs = inputs = keras.Input((8, 8, 3))
    for layer in layers():
        outputs = layer(outputs)
    known = keras.Model(inputs, outputs)
    expected = draw(known, pixels())

    fresh = keras.Sequential([keras.Input((8, 8, 3)), *layers()])
    called = keras.Sequential(layers())
    called(pixels())
    for network in (fresh, called):
        network.set_weights(known.get_weights())

    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(draw(fresh, pixels()), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(draw(called, pixels()), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("draw", OF_THE_GRAPH)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: keras.Sequential(layers()), r"Put keras\.Input.*first, or call it.*occlusion_map"),
        (Written, r"Written without an input\)\. Write it with keras\.Input"),
        (two_answers, r"has 2 outputs\. Give keras\.Model\(model\.inputs"),
        (
            lambda: keras.Sequential([keras.Input((8, 8, 3)), *layers("relu")]),
            "a softmax or no activation; that of .* has relu",
        ),
        (
            lambda: keras.Sequential(
                [keras.Input((3, 8, 8)), *layers(data_format="channels_first")]
            ),
            "takes channels first",
        ),
        (lambda: lambda images: images[:, 0, 0, 0], "of the layers of a Keras model, got a func"),
    ],
    ids=["no input", "subclass", "outputs", "activation", "channels first", "function"],
)
def test_a_graph_that_is_not_known_is_refused(
    draw: Callable[..., Any], make: Callable[[], Any], reason: str
) -> None:
    """Never a map of something else, nor an error out of Keras."""
    with pytest.raises(InvalidInputError, match=reason):
        draw(make(), pixels())


@pytest.mark.parametrize("draw", [compute_activation_map, grad_cam])
def test_a_head_that_sees_more_than_the_maps_has_none_of_them(draw: Callable[..., Any]) -> None:
    """What is left of the answer would be said to be all of it."""
    with pytest.raises(InvalidInputError, match="takes more than the feature maps"):
        draw(beside_pooling(), pixels())


@pytest.mark.parametrize("draw", [*OF_THE_GRAPH, occlusion, deletion])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: "model.keras", r"got 'model\.keras'\. Load a file by load_classifier"),
        (lambda: None, "got None"),
        (keras.Sequential, "has no layers"),
        (with_ages, "takes 2 inputs"),
    ],
    ids=["path", "nothing", "empty", "inputs"],
)
def test_what_is_no_model_of_images_is_refused(
    draw: Callable[..., Any], make: Callable[[], Any], reason: str
) -> None:
    """By every kind of map, and by the test of them."""
    with pytest.raises(InvalidInputError, match=reason):
        draw(make(), pixels())
