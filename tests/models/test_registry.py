"""The registry agrees with Keras: names, minimum sizes, preprocessing."""

import importlib
import inspect

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.models.registry import (
    BACKBONES,
    PREPROCESSING,
    check_image_size,
    find_backbone,
)


@pytest.mark.keras
def test_every_backbone_of_keras_is_registered() -> None:
    """The names are those of all the networks in keras.applications, no more and no less."""
    applications = importlib.import_module("keras").applications
    networks = {name for name, value in vars(applications).items() if inspect.isfunction(value)}

    assert networks == set(BACKBONES)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("mode", "module"), [("tf", "mobilenet"), ("torch", "densenet"), ("caffe", "resnet50")]
)
def test_the_preprocessing_is_that_of_keras(mode: str, module: str) -> None:
    """Scale, offset and channel order give what Keras' own preprocess_input gives."""
    keras_module = importlib.import_module(f"keras.applications.{module}")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("float32")
    ours = PREPROCESSING[mode]
    prepared = pixels[..., ::-1] if ours.blue_first else pixels

    np.testing.assert_allclose(
        prepared * np.array(ours.scale) + np.array(ours.offset),
        keras_module.preprocess_input(pixels.copy()),
        atol=1e-4,
    )


@pytest.mark.keras
@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_each_mode_is_the_one_of_its_module(name: str) -> None:
    """A backbone's mode changes pixels as the preprocess_input beside it in Keras does."""
    function = vars(importlib.import_module("keras").applications)[name]
    module = importlib.import_module(function.__module__)
    pixels = np.full((1, 1, 1, 3), 200, "float32") + np.array([0, 10, 20], "float32")
    ours = BACKBONES[name].preprocessing
    prepared = pixels[..., ::-1] if ours.blue_first else pixels
    theirs = module.preprocess_input
    if function.__module__.endswith("resnet") and "V2" in name:
        theirs = importlib.import_module("keras.applications.resnet_v2").preprocess_input

    np.testing.assert_allclose(
        prepared * np.array(ours.scale) + np.array(ours.offset), theirs(pixels.copy()), atol=1e-4
    )


def test_capitals_do_not_matter() -> None:
    """A backbone is found whatever its capitals."""
    assert find_backbone("efficientnetv2s").name == "EfficientNetV2S"


def test_an_unknown_backbone_suggests_the_nearest() -> None:
    """A misspelt name lists the backbones and suggests the nearest."""
    with pytest.raises(InvalidInputError, match=r"got 'EficientNetB3'.*mean 'EfficientNetB3'"):
        find_backbone("EficientNetB3")


@pytest.mark.parametrize("size", [31, (32, 31), (16, 64)])
def test_images_below_the_minimum_are_refused(size: int | tuple[int, int]) -> None:
    """A side under the minimum is refused with the minimum and the remedy."""
    with pytest.raises(InvalidInputError, match=r"Net needs images of at least 32x32.*larger"):
        check_image_size(size, minimum=32, name="Net")


def test_one_number_is_a_square() -> None:
    """A single side stands for both; a pair is height and width."""
    assert check_image_size(40, minimum=32, name="Net") == (40, 40)
    assert check_image_size((40, 50), minimum=32, name="Net") == (40, 50)
    with pytest.raises(InvalidInputError, match=r"a side or \(height, width\)"):
        check_image_size((1, 2, 3), minimum=1, name="Net")  # type: ignore[arg-type]
