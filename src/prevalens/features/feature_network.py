"""The part of a network that ends in features: pooled maps, or what the last layer reads."""

import hashlib
import json
import os
from typing import Any, TypeAlias

import keras

from prevalens._checks import did_you_mean
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier import prepare
from prevalens.models.classifier_file import load_network
from prevalens.models.heads import pool
from prevalens.models.loaded_classifier import Classifier
from prevalens.models.registry import PREPROCESSING, Preprocessing

Network: TypeAlias = keras.Model | Classifier | str | os.PathLike[str]


def feature_network(
    network: Network,
    *,
    layer: str | None,
    pooling: str,
    preprocessing: str | Preprocessing | None,
    size: tuple[int, int] | None,
) -> keras.Model:
    """Return a network from pixels, 0 to 255, to features `(batch, n_features)`.

    Args:
        network: A Keras model, a loaded `Classifier`, or the path of a `.keras` file.
        layer: Name of the layer whose output is taken; by default the input of the last `Dense`
            layer where the network is a classifier, else its output.
        pooling: `"avg"` or `"max"` over feature maps.
        preprocessing: As in `create_classifier`; None for a network that has it inside.
        size: Height and width of the images; by default the network's own.

    Raises:
        InvalidInputError: there is no such layer, the size is not the network's, or what the
            pixels need is not said.
    """
    model: Any = network.model if isinstance(network, Classifier) else network
    if isinstance(model, str | os.PathLike):
        model = load_network(model)
    if not isinstance(model, keras.Model):
        raise InvalidInputError(
            f"`network` must be a Keras model, a Classifier or a .keras file, got {model!r}."
        )
    body = _cut(model, layer)
    images = keras.Input((*_size_of(model, size), 3), name="images")
    prepared = _prepared(images, model, preprocessing)
    features = pool(body(prepared, training=False), pooling=pooling)
    return keras.Model(images, keras.ops.cast(features, "float32"), name="features")


def _size_of(model: keras.Model, size: tuple[int, int] | None) -> tuple[int, int]:
    shape = model.input_shape
    own: tuple[Any, Any] = (
        shape[1:3] if isinstance(shape, tuple) and len(shape) == 4 else (None, None)
    )
    if size is None:
        if None in own:
            raise InvalidInputError(
                "Give `image_size`: the network takes images of any size, and the features depend "
                "on it."
            )
        return own
    if any(side not in (None, asked) for side, asked in zip(own, size, strict=True)):
        raise InvalidInputError(
            f"The network takes images of {own[0]}x{own[1]} pixels, got `image_size` {size}. "
            "Leave it out."
        )
    return size


def _prepared(images: Any, model: keras.Model, asked: str | Preprocessing | None) -> Any:
    inside = any(
        isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization)
        for layer in model._flatten_layers()  # noqa: SLF001 (Keras' only list of nested layers)
    )
    if asked is None and not inside:
        raise InvalidInputError(
            "The network has no layer that rescales pixels, so say what they need from 0 to 255: "
            f"`preprocessing` is one of {', '.join(map(repr, PREPROCESSING))} or a Preprocessing; "
            '"inside" changes nothing.'
        )
    from_name = PREPROCESSING.get(asked) if isinstance(asked, str) else asked
    if isinstance(asked, str) and from_name is None:
        raise InvalidInputError(
            f"`preprocessing` must be one of {', '.join(map(repr, PREPROCESSING))}, got {asked!r}."
            + did_you_mean(asked, PREPROCESSING)
        )
    return images if from_name is None else prepare(images, from_name)


def _cut(model: keras.Model, layer: str | None) -> keras.Model:
    if layer is None:
        final = model.layers[-1]
        if isinstance(final, keras.layers.Dense) and len(final.output.shape) == 2:
            return keras.Model(model.inputs, final.input)
        return model
    if layer in {each.name for each in model.layers}:
        return keras.Model(model.inputs, model.get_layer(layer).output)
    for inner in model.layers:
        if isinstance(inner, keras.Model) and layer in {each.name for each in inner.layers}:
            # What enters the backbone inside a classifier: Keras 3 has no public name for it.
            (before,) = inner._inbound_nodes[-1].input_tensors  # noqa: SLF001
            part = keras.Model(inner.inputs, inner.get_layer(layer).output)
            return keras.Model(model.inputs, part(before))
    names = [each.name for each in model._flatten_layers(include_self=False)]  # noqa: SLF001
    raise InvalidInputError(
        f"The network has no layer {layer!r}; it has {len(names)}, the last of them "
        f"{', '.join(names[-5:])}." + did_you_mean(layer, names)
    )


def _without_names(config: Any) -> Any:
    """Number the layers of a config: Keras counts names up, so a network made twice has two."""
    numbers: dict[str, str] = {}

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("name"), str):
                numbers.setdefault(part["name"], f"layer {len(numbers)}")
            part = list(part.values())
        for inner in part if isinstance(part, list) else ():
            collect(inner)

    def replace(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: replace(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [replace(inner) for inner in part]
        return numbers.get(part, part) if isinstance(part, str) else part

    collect(config)
    return replace(config)


def name_network(network: keras.Model) -> str:
    """Return the SHA-256 of a network's layers and weights, and of the active backend.

    Raises:
        InvalidInputError: a layer cannot say what it is made of.
    """
    digest = hashlib.sha256(keras.backend.backend().encode())
    try:
        config = _without_names(json.loads(json.dumps(network.get_config(), default=str)))
        digest.update(json.dumps(config, sort_keys=True).encode())
    except NotImplementedError as error:
        raise InvalidInputError(
            f"`store` needs a network whose layers have a `get_config`: {error}"
        ) from error
    for variable in network.weights:
        array = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
        digest.update(f"{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
