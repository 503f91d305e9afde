"""A frozen network that gives the pooled maps of several of its layers in one pass."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens._checks import did_you_mean
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier import load_backbone
from prevalens.models.classifier_file import load_network
from prevalens.models.registry import check_image_size, find_backbone

_DEPTHS = (0.35, 0.5, 0.65, 0.8, 1.0)  # of the layers with maps, by their order


class TappedNetwork:
    """A network, the layers whose maps are pooled, and where each stands in the features.

    Args:
        network: From pixels to maps.
        layers: Names of the layers, from the input on.
        preprocessing: What pixels need, or None where it is inside.

    Attributes:
        model: From pixels to the pooled maps of all layers side by side.
        places: By layer, its columns among the features.
    """

    def __init__(
        self, network: keras.Model, layers: Sequence[str], preprocessing: str | None
    ) -> None:
        self.network = network
        self.preprocessing = preprocessing
        pooled = [
            keras.layers.GlobalAveragePooling2D(name=f"tap_{place}")(network.get_layer(name).output)
            for place, name in enumerate(layers)
        ]
        ends = np.cumsum([each.shape[-1] for each in pooled]).tolist()
        starts = [0, *ends[:-1]]
        self.places = {
            name: slice(start, end) for name, start, end in zip(layers, starts, ends, strict=True)
        }
        joined = pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="taps")(pooled)
        self.model = keras.Model(network.input, joined, name="tapped")

    def maps(self, layer: str) -> keras.Model:
        """Return the network up to a layer."""
        return keras.Model(self.network.input, self.network.get_layer(layer).output)


def tap_network(
    weights: str | os.PathLike[str],
    *,
    layers: Sequence[str] = (),
    image_size: int | None = None,
    preprocessing: str | None = None,
) -> TappedNetwork:
    """Load a network and tap it.

    Args:
        weights: A `.keras` file of a network without its top; or the name of a network of
            `keras.applications`, with ImageNet weights.
        layers: Names of layers with maps; by default five along the depth, the last among them.
        image_size: Side of the images, for a network by name.
        preprocessing: What pixels need before the network of a file.

    Raises:
        InvalidInputError: there is no such file, network or layer, or a layer has no maps.
        PrevalensError: ImageNet's weights cannot be downloaded.
    """
    name = os.fspath(weights)
    if name.endswith((".keras", ".h5")) or os.sep in name or Path(name).exists():
        network, needs = load_network(name), preprocessing
    else:
        entry = find_backbone(name)
        size = check_image_size(image_size or 224, minimum=entry.minimum_size, name=entry.name)
        network = load_backbone(entry, size, weights="imagenet", pooling="avg", options=None)
        needs = entry.mode
    maps = [layer.name for layer in network.layers if _gives_maps(layer)]
    if not maps:
        raise InvalidInputError(
            f"{name} has no layer that gives maps (batch, height, width, channels). Give a "
            "convolutional network without its top."
        )
    for asked in layers:
        if asked not in maps:
            raise InvalidInputError(
                f"{name} has no layer {asked!r} with maps." + did_you_mean(asked, maps)
            )
    return TappedNetwork(network, list(layers) or _along_the_depth(network, maps), needs)


def _along_the_depth(network: keras.Model, maps: Sequence[str]) -> list[str]:
    """Return layers after an activation where there are some, evenly along the depth."""
    active = [name for name in maps if _is_active(network.get_layer(name))]
    names = [*active, *([maps[-1]] if maps[-1] not in active else [])] if active else [*maps]
    places = [round(depth * (len(names) - 1)) for depth in _DEPTHS]
    return [names[place] for place in sorted(set(places))]


def _is_active(layer: Any) -> bool:
    kinds = (keras.layers.ReLU, keras.layers.Activation, keras.layers.LeakyReLU)
    return isinstance(layer, kinds)


def _gives_maps(layer: Any) -> bool:
    if isinstance(layer, keras.layers.InputLayer | keras.layers.Rescaling):
        return False
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and not isinstance(layer, keras.layers.Normalization)
