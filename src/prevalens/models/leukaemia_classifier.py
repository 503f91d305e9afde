"""The packaged classifier of acute lymphoblastic leukaemia (ALL) in single-cell images."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from prevalens.models.classifier import Weights, create_classifier
from prevalens.models.registry import Preprocessing


def all_classifier(
    *,
    image_size: int | tuple[int, int] = 300,
    weights: Weights = "imagenet",
    backbone: str | keras.Model | Callable[[Any], Any] = "EfficientNetB3",
    output: str = "softmax",
    prevalence: float | Sequence[float] | None = None,
    freeze: bool = False,
    augmentation: keras.layers.Layer | None = None,
    preprocessing: str | Preprocessing | None = None,
    learning_rate: float = 1e-3,
    options: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> keras.Model:
    """Make the compiled ALL network: EfficientNetB3, its pooled maxima, and a regularised head.

    Maxima over the feature maps, batch normalisation, 256 units with the published penalties,
    dropout 0.45, a softmax over normal and leukaemic, Adamax. Labels are class numbers
    `(batch,)`, 1 for leukaemia, as the datasets of `prevalens.batches` give them.

    Args:
        image_size: Side of the square images, or height and width, in pixels.
        weights: `"imagenet"`, the path of a weights file for the backbone, or None.
        backbone: Another network of `keras.applications` by name, or a model or function of
            images, for example a light one.
        output: `"softmax"`, as published, or `"sigmoid"`.
        prevalence: Share of leukaemia in the training batches; None for classes in balance.
        freeze: Whether only the head is trained.
        augmentation: A layer that changes the pixels while training.
        preprocessing: What pixels need before a backbone that is not given by name; see
            `create_classifier`.
        learning_rate: Rate that Adamax starts with, above 0.
        options: Further arguments of the backbone, for example `{"alpha": 0.25}`.
        dtype: A Keras dtype policy, for example `"mixed_float16"`.

    Returns:
        A compiled model: images `(batch, height, width, 3)`, 0 to 255, to scores.

    Raises:
        InvalidInputError: as in `create_classifier`.
        PrevalensError: ImageNet's weights cannot be downloaded.

    Examples:
        >>> import keras
        >>> backbone = keras.Sequential(
        ...     [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = all_classifier(backbone=backbone, image_size=16, preprocessing="inside")
        >>> model.output_shape
        (None, 2)
    """
    model = create_classifier(
        backbone,
        image_size=image_size,
        output=output,
        weights=weights,
        pooling="max",
        head=_published_head,
        prevalence=prevalence,
        dropout=0.45,
        freeze=freeze,
        augmentation=augmentation,
        preprocessing=preprocessing,
        options=options,
        dtype=dtype,
    )
    one = output == "sigmoid"
    model.compile(
        optimizer=keras.optimizers.Adamax(learning_rate),
        # With class numbers as labels this is the published categorical cross-entropy.
        loss="binary_crossentropy" if one else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def _published_head(features: Any) -> Any:
    penalties = {
        "kernel_regularizer": keras.regularizers.L2(0.016),
        "activity_regularizer": keras.regularizers.L1(0.006),
        "bias_regularizer": keras.regularizers.L1(0.006),
    }
    features = keras.layers.BatchNormalization(momentum=0.99, epsilon=0.001)(features)
    return keras.layers.Dense(256, activation="relu", name="hidden", **penalties)(features)
