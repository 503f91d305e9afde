"""A network gives the pooled maps of several layers in one pass."""

from pathlib import Path

import keras
import numpy as np
import pytest
from studies.small_network import save_network

from prevalens.exceptions import InvalidInputError
from prevalens.studies.tapped_network import tap_network

pytestmark = pytest.mark.keras


def test_each_place_holds_the_mean_of_its_layers_maps(tmp_path: Path) -> None:
    """Side by side, in the order of depth, computed in one pass."""
    tapped = tap_network(save_network(tmp_path / "net.keras"), layers=["r0", "r2"])
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.float32)
    joined = keras.ops.convert_to_numpy(tapped.model(images))

    assert tapped.places == {"r0": slice(0, 4), "r2": slice(4, 12)}
    for layer, place in tapped.places.items():
        maps = keras.ops.convert_to_numpy(tapped.maps(layer)(images))
        np.testing.assert_allclose(joined[:, place], maps.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)


def test_layers_are_taken_along_the_depth(tmp_path: Path) -> None:
    """Of three activations, those along the depth: the second, the last."""
    tapped = tap_network(save_network(tmp_path / "net.keras"))

    assert list(tapped.places) == ["r1", "r2"]


def test_what_has_no_maps_is_refused(tmp_path: Path) -> None:
    """An unknown layer with the nearest name; a network of dense layers."""
    path = save_network(tmp_path / "net.keras")
    with pytest.raises(InvalidInputError, match="no layer 'r9' with maps"):
        tap_network(path, layers=["r9"])
    flat = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    flat.save(tmp_path / "flat.keras")
    with pytest.raises(InvalidInputError, match="has no layer that gives maps"):
        tap_network(tmp_path / "flat.keras")


def test_a_name_is_a_network_of_keras(tmp_path: Path) -> None:
    """A misspelt one is refused before anything is downloaded."""
    with pytest.raises(InvalidInputError, match="EfficientNetB0"):
        tap_network("EfficientNetB00")
