"""Opening a frozen backbone for the second phase of transfer."""

from typing import Any

import keras

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError


def unfreeze(
    model: keras.Model, *, last_layers: int | None = None, batch_normalization: bool = False
) -> int:
    """Make the last layers of a classifier's backbone trainable.

    Compile the model anew afterwards, with a rate ten or more times lower: the optimizer only
    knows the weights that were trainable when it was compiled. Batch normalisation stays in
    inference, because the statistics of small medical batches would undo what it learnt.

    Args:
        model: A model that `create_classifier` made with `freeze=True`.
        last_layers: Number of layers with weights to open, from the output backwards; None
            opens all.
        batch_normalization: Whether batch normalisation layers among them are opened too.

    Returns:
        Number of the model's weight arrays that are trainable now.

    Raises:
        InvalidInputError: the model has no backbone, or its backbone has fewer layers.

    Examples:
        >>> import keras
        >>> from prevalens.models import create_classifier
        >>> backbone = keras.Sequential(
        ...     [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = create_classifier(
        ...     backbone, image_size=16, preprocessing="inside", freeze=True
        ... )
        >>> unfreeze(model)
        4
    """
    backbone = find_backbone_layer(model)
    layers = [layer for layer in _leaves(backbone) if layer.weights]
    count = len(layers)
    if last_layers is not None and check_integer("last_layers", last_layers, minimum=1) > count:
        raise InvalidInputError(
            f"`last_layers` is {last_layers}, but the backbone has {count} layers with weights. "
            "Give a smaller number, or None for all."
        )
    backbone.trainable = True
    closed = layers[: 0 if last_layers is None else count - last_layers]
    for layer in layers:
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = layer not in closed and (batch_normalization or not normalises)
    return len(model.trainable_weights)


def find_backbone_layer(model: keras.Model) -> Any:
    """Return the backbone inside a classifier: the model among its layers.

    Raises:
        InvalidInputError: no layer is a model.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            return layer
    raise InvalidInputError(
        "The model has no backbone: none of its layers is a model. Use a model that "
        "create_classifier made from a name or a keras.Model."
    )


def _leaves(model: Any) -> list[Any]:
    """Return the layers of a model in order, those of nested models in their place."""
    found: list[Any] = []
    for layer in model.layers:
        found += _leaves(layer) if isinstance(layer, keras.Model) else [layer]
    return found
