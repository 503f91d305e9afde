"""A frozen network that gives the pooled maps of several of its layers in one pass.

`r2` is a layer whose maps are averaged; `r2@4` the same layer averaged in 4 by 4 parts of the
image, which keeps where something was seen.
"""

import math
import os
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from prevalens._checks import check_path, did_you_mean
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier import load_backbone
from prevalens.models.classifier_file import load_network
from prevalens.models.registry import check_image_size, find_backbone
from prevalens.studies.study_plan import names_network_file

_DEPTHS = (0.35, 0.5, 0.65, 0.8, 1.0)  # of the layers with maps, by their order
_PARTS = 4  # a side; the image in 4 by 4 parts
_NARROW = 128  # maps of a layer up to which its parts are tried: 16 times as many features


class TappedNetwork:
    """A network, the layers whose maps are pooled, and where each stands in the features.

    Args:
        network: From pixels to maps.
        layers: Names of the layers, from the input on; `name@4` keeps 4 by 4 parts.
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
            keras.layers.GlobalAveragePooling2D(name=f"tap_{place}")(_maps_of(network, name))
            for place, name in enumerate(layers)
        ]
        ends = np.cumsum([each.shape[-1] for each in pooled]).tolist()
        starts = [0, *ends[:-1]]
        self.places = {
            name: slice(start, end) for name, start, end in zip(layers, starts, ends, strict=True)
        }
        joined = pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="taps")(pooled)
        self.model = keras.Model(network.input, joined, name="tapped")

    def multiply_adds(self) -> int:
        """Return the multiply-adds for one image: each kernel's weights at each place it is laid.

        Raises:
            InvalidInputError: the network takes images of any size.
        """
        return _multiply_adds(self.model)

    def maps(self, *layers: str) -> keras.Model:
        """Return the network up to a layer; of several, or of parts, maps of one pixel."""
        found = [_maps_of(self.network, layer) for layer in layers]
        if len(found) > 1:
            means = [keras.layers.GlobalAveragePooling2D(keepdims=True)(each) for each in found]
            found = [keras.layers.Concatenate()(means)]
        return keras.Model(self.network.input, found[0])


def _multiply_adds(layer: Any) -> int:
    if inner := getattr(layer, "layers", ()):
        return sum(_multiply_adds(each) for each in inner)
    kernels = sum(math.prod(each.shape) for each in layer.weights if len(each.shape) > 1)
    if not kernels:
        return 0
    places = layer.output.shape[1:-1]
    if None in places:
        raise InvalidInputError(
            "The time of a network that takes images of any size cannot be estimated. Give one of "
            "a fixed size, or leave `minutes` (--minutes) out."
        )
    return int(kernels * math.prod(places))


def _maps_of(network: keras.Model, tap: str) -> Any:
    name, parts = _split(tap)
    maps = network.get_layer(name).output
    if parts == 1:
        return maps
    height, width, channels = maps.shape[1:]
    steps = (height // parts, width // parts)
    over = [side - step * parts for step, side in zip(steps, (height, width), strict=True)]
    if any(over):
        # Equal parts: what is left over at the right and the bottom is not seen.
        maps = keras.layers.Cropping2D(tuple((0, each) for each in over))(maps)
    maps = keras.layers.AveragePooling2D(steps)(maps)
    return keras.layers.Reshape((1, 1, parts * parts * channels))(maps)


def _split(tap: str) -> tuple[str, int]:
    name, _, parts = tap.rpartition("@")
    return (name, int(parts)) if name and parts.isdecimal() and int(parts) > 0 else (tap, 1)


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
        layers: Names of layers with maps, `name@4` for 4 by 4 parts; by default five along the
            depth, the last among them, and the parts of up to two narrow ones in its middle.
        image_size: Side of the images, for a network by name.
        preprocessing: What pixels need before the network of a file.

    Raises:
        InvalidInputError: there is no such file, network or layer, or a layer has no maps.
        PrevalensError: ImageNet's weights cannot be downloaded.
    """
    name = check_path("weights", weights)
    if names_network_file(name):
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
        layer, parts = _split(asked)
        if layer not in maps:
            raise InvalidInputError(
                f"{name} has no layer {layer!r} with maps." + did_you_mean(layer, maps)
            )
        if min(side or 0 for side in network.get_layer(layer).output.shape[1:3]) < parts > 1:
            raise InvalidInputError(f"The maps of {layer!r} are too small for {asked!r}.")
    return TappedNetwork(network, list(layers) or _along_the_depth(network, maps), needs)


def _along_the_depth(network: keras.Model, maps: Sequence[str]) -> list[str]:
    """Return layers after an activation where there are some, evenly along the depth."""
    active = [name for name in maps if _is_active(network.get_layer(name))]
    names = [*active, *([maps[-1]] if maps[-1] not in active else [])] if active else [*maps]
    places = [round(depth * (len(names) - 1)) for depth in _DEPTHS]
    return [*(names[place] for place in sorted(set(places))), *_in_parts(network, maps)]


def _in_parts(network: keras.Model, maps: Sequence[str]) -> list[str]:
    """Return the last two narrow sums of blocks whose maps are wide enough to be parted."""
    found = []
    for name in maps:
        layer = network.get_layer(name)
        height, width, channels = layer.output.shape[1:]
        wide = None not in (height, width) and min(height, width) >= 2 * _PARTS
        if isinstance(layer, keras.layers.Add) and channels <= _NARROW and wide:
            found.append(f"{name}@{_PARTS}")
    return found[-2:]


def _is_active(layer: Any) -> bool:
    kinds = (keras.layers.ReLU, keras.layers.Activation, keras.layers.LeakyReLU)
    return isinstance(layer, kinds)


def _gives_maps(layer: Any) -> bool:
    if isinstance(layer, keras.layers.InputLayer | keras.layers.Rescaling):
        return False
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and not isinstance(layer, keras.layers.Normalization)
