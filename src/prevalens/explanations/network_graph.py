"""The graph of a classifier, from its images to its one answer, which maps are made of."""

from typing import Any

import keras

from prevalens.exceptions import InvalidInputError

_OCCLUSION = "Use `compute_occlusion_map`, which needs no more than its scores."


def network_of(model: Any) -> Any:
    """Return the network of a loaded `Classifier`, or the model or function itself.

    Raises:
        InvalidInputError: it is neither, is a model without layers, or takes several inputs.
    """
    if not callable(model):
        raise InvalidInputError(
            f"`model` must be a Keras model, a loaded Classifier or a function of images, got "
            f"{model!r:.60}. Load a file by load_classifier or keras.models.load_model."
        )
    inner = getattr(model, "model", None)
    if isinstance(inner, keras.Model) and not isinstance(model, keras.Model):
        return inner
    if isinstance(model, keras.Sequential) and not model.layers:
        raise InvalidInputError(f"`model` must answer images, but {model.name!r} has no layers.")
    if isinstance(model, keras.Model) and len(_ends(model, "inputs")) > 1:
        raise InvalidInputError(
            f"A map is of one image, but {model.name!r} takes {len(model.inputs)} inputs. Give a "
            "function of the images alone to `compute_occlusion_map`, with the other inputs set."
        )
    return model


def graph_of(model: Any) -> keras.Model:
    """Return the network of a model as one with known inputs and one output, its layers shared.

    Raises:
        InvalidInputError: as in `network_of`; or its graph is not known, because it has no input
            shape yet or is a subclass of `keras.Model`, it has several outputs, or channels first.
    """
    network = network_of(model)
    if not isinstance(network, keras.Model):
        raise InvalidInputError(
            f"This map is made of the layers of a Keras model, got a {type(network).__name__}. "
            f"{_OCCLUSION}"
        )
    inputs, outputs = _ends(network, "inputs"), _ends(network, "outputs")
    if not inputs:
        remedy = (
            "Put keras.Input((height, width, channels)) first, or call it on images once"
            if isinstance(network, keras.Sequential)
            else "Write it with keras.Input and keras.Model(inputs, outputs)"
        )
        raise InvalidInputError(
            f"This map needs the graph of {network.name!r} from its input on, which is not known "
            f"({type(network).__name__} without an input). {remedy}; or, needing no graph: "
            f"{_OCCLUSION[0].lower()}{_OCCLUSION[1:]}"
        )
    if len(outputs) > 1:
        raise InvalidInputError(
            f"A map explains one answer, but {network.name!r} has {len(outputs)} outputs. Give "
            "keras.Model(model.inputs, model.outputs[0]), or another of them."
        )
    if any(getattr(layer, "data_format", None) == "channels_first" for layer in network.layers):
        raise InvalidInputError(
            f"Images are (batch, height, width, channels), but a layer of {network.name!r} takes "
            f"channels first. Build it with data_format='channels_last'."
        )
    # A Sequential that was never called has no `input`, though its graph is known.
    known = isinstance(network, keras.Sequential)
    return keras.Model(inputs[0], outputs[0], name=network.name) if known else network


def part_of(start: Any, end: Any, network: keras.Model) -> keras.Model:
    """Return the part of a network from one tensor to another.

    Raises:
        InvalidInputError: something else goes into `end` too, or the layers were first used in
            another network.
    """
    try:
        part = keras.Model(start, end)
    except ValueError:
        part = None
    # Earlier versions of Keras make it, and fail where it is called.
    own = 0 if part is None else sum(isinstance(x, keras.layers.InputLayer) for x in part.layers)
    if part is None or own > 1:
        raise InvalidInputError(
            f"The head of {network.name!r} takes more than the feature maps that are pooled last, "
            "so that no map of these is the answer's, or its layers are in another network too. "
            f"Load it anew from its file where that is so; else: {_OCCLUSION}"
        )
    return part


def _ends(model: keras.Model, kind: str) -> list[Any]:
    """Return the model's inputs or outputs; none where its graph is not known."""
    try:
        return list(getattr(model, kind) or [])
    except (AttributeError, ValueError):
        return []
