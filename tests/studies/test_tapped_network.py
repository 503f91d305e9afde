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


def test_multiply_adds_are_counted_by_hand(tmp_path: Path) -> None:
    """Kernels of 3 by 3 at 8 x 8, 4 x 4 and 2 x 2 places, each layer on the maps before."""
    tapped = tap_network(save_network(tmp_path / "net.keras"))
    by_hand = 9 * (3 * 4 * 64 + 4 * 6 * 16 + 6 * 8 * 4)

    assert tapped.multiply_adds() == by_hand


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


def test_parts_keep_where_something_was_seen(tmp_path: Path) -> None:
    """Maps of 4 by 4 in 2 by 2 parts: the mean of each quarter, by rows."""
    tapped = tap_network(save_network(tmp_path / "net.keras"), layers=["r1@2"])
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.float32)
    found = keras.ops.convert_to_numpy(tapped.model(images))
    whole = tap_network(tmp_path / "net.keras", layers=["r1"]).maps("r1")
    maps = keras.ops.convert_to_numpy(whole(images))

    quarters = maps.reshape(2, 2, 2, 2, 2, 6).mean(axis=(2, 4)).reshape(2, 24)
    np.testing.assert_allclose(found, quarters, rtol=1e-5, atol=1e-6)
    assert tapped.maps("r1@2").output_shape == (None, 1, 1, 24)


def test_parts_that_do_not_divide_the_maps_leave_a_rest(tmp_path: Path) -> None:
    """Maps of 4 by 4 in 3 by 3 parts of one pixel: the last row and column are not seen."""
    tapped = tap_network(save_network(tmp_path / "net.keras"), layers=["r1@3"])
    images = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3)).astype(np.float32)
    found = keras.ops.convert_to_numpy(tapped.model(images))
    whole = tap_network(tmp_path / "net.keras", layers=["r1"]).maps("r1")
    maps = keras.ops.convert_to_numpy(whole(images))

    np.testing.assert_allclose(found[0], maps[0, :3, :3].reshape(-1), rtol=1e-5, atol=1e-6)


def test_narrow_sums_of_blocks_are_parted_by_default(tmp_path: Path) -> None:
    """Of three sums, the last two that are narrow and wide enough."""
    pixels = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(8, 1)(pixels)
    for number in range(3):
        more = keras.layers.ReLU()(keras.layers.Conv2D(8, 3, padding="same")(maps))
        maps = keras.layers.Add(name=f"sum{number}")([maps, more])
    maps = keras.layers.Add(name="small")([keras.layers.AveragePooling2D(8)(maps)] * 2)
    keras.Model(pixels, maps).save(tmp_path / "net.keras")
    taps = list(tap_network(tmp_path / "net.keras").places)

    assert [tap for tap in taps if "@" in tap] == ["sum1@4", "sum2@4"]
    with pytest.raises(InvalidInputError, match="too small for 'small@8'"):
        tap_network(tmp_path / "net.keras", layers=["small@8"])
