"""What stands on a backbone: pooling, hidden layers, dropout, the output and its bias."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from prevalens._checks import check_choice, check_integer, check_number
from prevalens.exceptions import InvalidInputError


def output_bias(
    prevalence: float | Sequence[float] | None, *, n_classes: int, output: str
) -> list[float]:
    """Return the output bias at which an untrained model already answers the prevalence.

    Without it a rare class costs the first epochs, in which nothing but the bias is learnt.

    Args:
        prevalence: Share of the positive class in what the model is trained on (after any
            undersampling), in `(0, 1)`; or the share of each class, shape `(n_classes,)`,
            summing to 1. None gives zeros: classes in balance.
        n_classes: Number of classes, at least 2.
        output: `"sigmoid"` for one output, `"softmax"` for one a class.

    Returns:
        One bias for a sigmoid, `n_classes` for a softmax.

    References:
        Lin T.-Y. et al. (2017). Focal loss for dense object detection. ICCV, section 3.3.
    """
    if prevalence is None:
        return [0.0] * (1 if output == "sigmoid" else n_classes)
    shares = class_shares(prevalence, n_classes=n_classes)
    if output == "sigmoid":
        return [math.log(shares[1] / shares[0])]
    return [math.log(share) for share in shares]


def class_shares(prevalence: float | Sequence[float], *, n_classes: int) -> list[float]:
    """Return the share of each class from the positive's share, or check those given.

    Args:
        prevalence: Share of the positive class, in `(0, 1)`; or of each class, summing to 1.
        n_classes: Number of classes, at least 2.
    """
    if not isinstance(prevalence, Sequence):
        if n_classes != 2:
            raise InvalidInputError(
                f"With {n_classes} classes `prevalence` must name the share of each, "
                f"got {prevalence!r}."
            )
        share = check_number("prevalence", prevalence, low=0, high=1, open_low=True, open_high=True)
        return [1 - share, share]
    shares = [
        check_number("prevalence", share, low=0, high=1, open_low=True, open_high=True)
        for share in prevalence
    ]
    if len(shares) != n_classes or not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise InvalidInputError(
            f"`prevalence` must hold {n_classes} shares that sum to 1, got {list(prevalence)!r}."
        )
    return shares


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
    prevalence: float | Sequence[float] | None = None,
    dropout: float = 0.0,
) -> Any:
    """Put dropout and the output on pooled features.

    Args:
        features: Pooled features, shape `(batch, channels)`.
        n_classes: Number of classes, at least 2.
        output: `"sigmoid"`, one score of the positive class, or `"softmax"`, one per class.
        prevalence: As in `output_bias`.
        dropout: Share of features dropped while training, in `[0, 1)`.

    Returns:
        Scores in `[0, 1]`, shape `(batch, 1)` or `(batch, n_classes)`, always float32.
    """
    check_integer("n_classes", n_classes, minimum=2)
    check_choice("output", output, ("sigmoid", "softmax"))
    if output == "sigmoid" and n_classes != 2:
        raise InvalidInputError(
            f'`output` "sigmoid" is for 2 classes, got {n_classes}. Use "softmax".'
        )
    if check_number("dropout", dropout, low=0, high=1, open_high=True):
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    bias = output_bias(prevalence, n_classes=n_classes, output=output)
    # float32 whatever the policy: scores rounded to half precision tie and lose their tail.
    return keras.layers.Dense(
        len(bias),
        activation=output,
        bias_initializer=_bias_initializer(bias),
        dtype="float32",
        name="scores",
    )(features)


def _bias_initializer(bias: list[float]) -> Any:
    if len(bias) == 1:
        return keras.initializers.Constant(bias[0])
    return keras.initializers.Constant(bias)
