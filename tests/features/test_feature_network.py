"""Where a network is cut, what its pixels need, and its name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.features.feature_network import feature_network, name_network  # noqa: E402
from prevalens.models import Classifier, ClassifierCard, create_classifier  # noqa: E402

pytestmark = pytest.mark.keras

DEFAULTS: dict[str, Any] = {"layer": None, "pooling": "avg", "preprocessing": None, "size": None}


def backbone(scale: float = 1 / 255) -> Any:
    """Return two layers by name: pixels scaled, and doubled."""
    images = keras.Input((4, 4, 3), name="pixels")
    scaled = keras.layers.Rescaling(scale, name="scaled")(images)
    return keras.Model(images, keras.layers.Rescaling(2, name="doubled")(scaled), name="backbone")


def on_white(network: Any, **settings: Any) -> list[float]:
    """Return the features of a white image."""
    body = feature_network(network, **{**DEFAULTS, **settings})
    height, width = body.input_shape[1:3]
    found = body.predict_on_batch(np.full((1, height, width, 3), 255, np.uint8))
    return [round(value, 4) for value in np.asarray(found)[0].tolist()]


def test_a_layer_is_found_by_its_name_also_inside_a_backbone() -> None:
    """White is 1 after the first layer and 2 after the second, before a classifier or in it."""
    inside = create_classifier(backbone(), image_size=4, weights=None, preprocessing="inside")
    card = ClassifierCard(classes=("n", "y"), threshold=0.5, train_prevalence=0.5)
    for network in (backbone(), inside, Classifier(inside, card)):
        assert on_white(network) == [2, 2, 2]
        assert on_white(network, layer="scaled") == [1, 1, 1]
    with pytest.raises(InvalidInputError, match=r"no layer 'scald'.* Did you mean 'scaled'"):
        on_white(inside, layer="scald")


def test_preprocessing_comes_before_the_network() -> None:
    """From 0 to 255, "tf" gives white 1 and doubles it; a name that is none is refused."""
    assert on_white(backbone(1), preprocessing="tf") == [2, 2, 2]
    with pytest.raises(InvalidInputError, match="Did you mean 'caffe'"):
        on_white(backbone(), preprocessing="cafe")


def test_a_network_that_scales_nothing_must_be_told() -> None:
    """What its pixels need is never guessed."""
    images = keras.Input((4, 4, 3))
    plain = keras.Model(images, keras.layers.Conv2D(2, 3)(images))
    with pytest.raises(InvalidInputError, match="say what they need from 0 to 255"):
        on_white(plain)
    assert len(on_white(plain, preprocessing="inside")) == 2


def test_the_size_is_the_networks_own_or_asked_for() -> None:
    """A network of one size refuses others; one of any size must be given one."""
    with pytest.raises(InvalidInputError, match="takes images of 4x4 pixels, got"):
        on_white(backbone(), size=(5, 5))
    images = keras.Input((None, None, 3))
    free = keras.Model(images, keras.layers.Rescaling(1 / 255)(images))
    with pytest.raises(InvalidInputError, match="Give `image_size`"):
        on_white(free)
    assert on_white(free, size=(5, 3)) == [1, 1, 1]


def test_a_file_is_read_and_anything_else_refused(tmp_path: Path) -> None:
    """The path of a .keras file, of any Keras model."""
    backbone().save(tmp_path / "b.keras")

    assert on_white(tmp_path / "b.keras") == [2, 2, 2]
    with pytest.raises(InvalidInputError, match="must be a Keras model"):
        on_white(7)


def test_the_name_follows_weights_and_layers() -> None:
    """Made twice, with other names of layers, it is the same; another weight or setting is not."""

    def named(kernel: float, scale: float) -> str:
        images = keras.Input((4, 4, 3))
        scaled = keras.layers.Rescaling(scale)(images)
        final = keras.layers.Dense(2, kernel_initializer="zeros")
        model = keras.Model(images, keras.ops.cast(final(scaled), "float32"))
        final.kernel.assign(np.full((3, 2), kernel))
        return name_network(model)

    assert named(1, 1) == named(1, 1)
    assert len({named(1, 1), named(2, 1), named(1, 2)}) == 3
