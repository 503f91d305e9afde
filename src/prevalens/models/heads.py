"""What stands on a backbone: pooling, hidden layers, dropout, the output and its bias."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_choice, check_integer, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.models.class_shares import class_shares, label_shares


def output_bias(
    prevalence: float | Sequence[float] | None,
    *,
    n_classes: int,
    output: str,
    multilabel: bool = False,
) -> list[float]:
    """Return the output bias at which an untrained model already answers the prevalence.

    Without it a rare class costs the first epochs, in which nothing but the bias is learnt.

    Args:
        prevalence: Share of the positive class in what the model is trained on (after any
            undersampling), in `(0, 1)`; or the share of each class, shape `(n_classes,)`,
            summing to 1; or of each label. None gives zeros: classes in balance.
        n_classes: Number of classes, at least 2; or of labels.
        output: `"sigmoid"` for one output (or one a label), `"softmax"` for one a class.
        multilabel: Whether the classes are labels, any number of which an image may have.

    Returns:
        One bias for a sigmoid, `n_classes` for a softmax and for labels.

    References:
        Lin T.-Y. et al. (2017). Focal loss for dense object detection. ICCV, section 3.3.
    """
    if prevalence is None:
        return [0.0] * (n_classes if multilabel or output == "softmax" else 1)
    if multilabel:
        labels = label_shares(prevalence)
        if len(labels) != n_classes:
            raise InvalidInputError(
                f"With {n_classes} labels `prevalence` must name the share of each, "
                f"got {prevalence!r}."
            )
        return [math.log(share / (1 - share)) for share in labels]
    shares = class_shares(prevalence, n_classes=n_classes)
    if output == "sigmoid":
        return [math.log(shares[1] / shares[0])]
    return [math.log(share) for share in shares]


def pool(features: Any, *, pooling: str) -> Any:
    """Pool feature maps `(batch, height, width, channels)` to `(batch, channels)`.

    Args:
        features: What the backbone answers; `(batch, tokens, channels)`, as of a transformer, is
            pooled over the tokens, and `(batch, channels)` passed through.
        pooling: `"avg"` or `"max"`.

    Raises:
        InvalidInputError: the backbone answers something else.
    """
    check_choice("pooling", pooling, ("avg", "max"))
    axes = len(getattr(features, "shape", ()))
    if axes == 2:
        return features
    if axes not in (3, 4):
        found = sorted(features) if isinstance(features, dict) else features
        raise InvalidInputError(
            "The backbone must answer one tensor of shape (batch, height, width, channels), "
            f"(batch, tokens, channels) or (batch, channels), got {found}. Give a function of "
            "images that picks one: `lambda images: backbone(images)[...]`."
        )
    layers = keras.layers
    if pooling == "max":
        kind = layers.GlobalMaxPooling2D if axes == 4 else layers.GlobalMaxPooling1D
        return kind(name="max_pool")(features)
    kind = layers.GlobalAveragePooling2D if axes == 4 else layers.GlobalAveragePooling1D
    return kind(name="avg_pool")(features)


def add_output(
    features: Any,
    *,
    n_classes: int,
    output: str,
    multilabel: bool = False,
    prevalence: float | Sequence[float] | None = None,
    dropout: float = 0.0,
) -> Any:
    """Put dropout and the output on pooled features.

    The output's kernel starts at 0, so that an untrained model answers the prevalence whatever
    the features and their scale.

    Args:
        features: Pooled features, shape `(batch, channels)`.
        n_classes: Number of classes, at least 2; or of labels, at least 1.
        output: `"sigmoid"`, one score of the positive class (or of each label), or `"softmax"`,
            one per class.
        multilabel: Whether the classes are labels, any number of which an image may have.
        prevalence: As in `output_bias`.
        dropout: Share of features dropped while training, in `[0, 1)`.

    Returns:
        Scores in `[0, 1]`, shape `(batch, 1)` or `(batch, n_classes)`, always float32.
    """
    check_integer("n_classes", n_classes, minimum=1 if multilabel else 2)
    check_choice("output", output, ("sigmoid", "softmax"))
    if multilabel and output == "softmax":
        raise InvalidInputError(
            '`output` "softmax" is for classes, of which an image has one; labels need "sigmoid".'
        )
    if output == "sigmoid" and n_classes != 2 and not multilabel:
        raise InvalidInputError(
            f'`output` "sigmoid" is for 2 classes, got {n_classes}. Use "softmax", or give '
            "`multilabel=True` where an image may have several."
        )
    if check_number("dropout", dropout, low=0, high=1, open_high=True):
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    bias = output_bias(prevalence, n_classes=n_classes, output=output, multilabel=multilabel)
    # float32 whatever the policy: scores rounded to half precision tie and lose their tail.
    return keras.layers.Dense(
        len(bias),
        activation=output,
        kernel_initializer="zeros",
        bias_initializer=_bias_initializer(bias),
        dtype="float32",
        name="scores",
    )(features)


def _bias_initializer(bias: list[float]) -> Any:
    if len(bias) == 1:
        return keras.initializers.Constant(bias[0])
    return keras.initializers.Constant(bias)
