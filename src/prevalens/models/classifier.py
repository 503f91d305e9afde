"""create_classifier: any backbone as a classifier that is fed with pixels from 0 to 255."""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import keras

from prevalens._checks import check_choice, check_path, did_you_mean
from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.models.heads import add_output, pool
from prevalens.models.registry import (
    DEVIATION,
    MEAN,
    PREPROCESSING,
    Backbone,
    Preprocessing,
    check_image_size,
    find_backbone,
)

Weights: TypeAlias = str | os.PathLike[str] | None
Head: TypeAlias = Sequence[keras.layers.Layer] | Callable[[Any], Any]


def create_classifier(
    backbone: str | keras.Model | Callable[[Any], Any],
    *,
    image_size: int | tuple[int, int],
    n_classes: int = 2,
    multilabel: bool = False,
    output: str | None = None,
    weights: Weights = "imagenet",
    pooling: str = "avg",
    head: Head = (),
    prevalence: float | Sequence[float] | None = None,
    dropout: float = 0.0,
    freeze: bool = False,
    augmentation: keras.layers.Layer | None = None,
    preprocessing: str | Preprocessing | None = None,
    options: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> keras.Model:
    """Make a classifier that takes pixels from 0 to 255, whichever backbone it stands on.

    The preprocessing that the backbone was trained with is part of the model, so images are
    fed as they are read, uint8 or float, and a saved model needs no recipe beside it.

    Args:
        backbone: A network of `keras.applications` by name; or a model, such as a backbone of
            KerasHub; or anything that is called with images and answers features, as maps
            `(batch, height, width, channels)`, tokens `(batch, tokens, channels)` or pooled.
        image_size: Side of the square images, or their height and width, in pixels.
        n_classes: Number of classes, at least 2, of which an image has one; or of labels, at
            least 1.
        multilabel: Whether they are labels, any number of which an image may have.
        output: `"sigmoid"`, the score of the positive class, the default for two classes, or of
            each label; or `"softmax"`, a score for each class.
        weights: `"imagenet"`, which Keras downloads; the path of a weights file for the
            backbone without its top; or None to start from random numbers.
        pooling: `"avg"` or `"max"` over the feature maps.
        head: Layers between the pooled features and the output, or a function of features.
        prevalence: Share of the positive class (or of each class or label) in the training
            batches, which the untrained model answers; None for classes in balance.
        dropout: Share of features dropped before the output, in `[0, 1)`.
        freeze: Whether only the head is trained; the first of two phases of transfer.
        augmentation: A layer that changes the pixels while training.
        preprocessing: For a model of one's own, what pixels need before they enter it:
            `"inside"` (nothing), `"tf"`, `"torch"`, `"caffe"`, or a `Preprocessing`. A KerasHub
            backbone has nothing inside: its checkpoint's image converter says what it needs.
        options: Further arguments of the named backbone, for example `{"alpha": 0.25}`.
        dtype: A Keras dtype policy, for example `"mixed_float16"`; by default Keras' own.

    Returns:
        A model that is not compiled: images `(batch, height, width, 3)`, 0 to 255, to scores
        `(batch, 1)` or `(batch, n_classes)`.

    Raises:
        InvalidInputError: the backbone is unknown, the images are smaller than it accepts, or
            the weights do not fit.
        PrevalensError: ImageNet's weights cannot be downloaded.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> backbone = keras.Sequential(
        ...     [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = create_classifier(backbone, image_size=16, preprocessing="inside")
        >>> model.output_shape
        (None, 1)
    """
    with _policy(dtype):
        network, mode, size = _network(
            backbone, image_size=image_size, weights=weights, pooling=pooling, options=options
        )
        pixels = _preprocessing(preprocessing, mode)
        images = keras.Input((*size, 3), name="images")
        changed = images if augmentation is None else augmentation(images)
        features = pool(network(prepare(changed, pixels)), pooling=pooling)
        if isinstance(network, keras.layers.Layer):
            network.trainable = not freeze
        elif freeze:
            raise InvalidInputError("`freeze` needs a backbone that is a Keras layer or model.")
        scores = add_output(
            _through(head, features),
            n_classes=n_classes,
            multilabel=multilabel,
            output=output or ("sigmoid" if n_classes == 2 or multilabel else "softmax"),
            prevalence=prevalence,
            dropout=dropout,
        )
        return keras.Model(images, scores, name="classifier")


def _network(
    backbone: Any,
    *,
    image_size: int | tuple[int, int],
    weights: Weights,
    pooling: str,
    options: Mapping[str, Any] | None,
) -> tuple[Any, str | None, tuple[int, int]]:
    """Return the backbone, its preprocessing mode where known, and the image size."""
    if isinstance(backbone, str):
        entry = find_backbone(backbone)
        size = check_image_size(image_size, minimum=entry.minimum_size, name=entry.name)
        return (
            load_backbone(entry, size, weights=weights, pooling=pooling, options=options),
            (entry.mode),
            size,
        )
    if not callable(backbone):
        raise InvalidInputError(
            f"`backbone` must be a name, a model or a function of images, got {backbone!r}."
        )
    if options or weights not in ("imagenet", None):
        raise InvalidInputError(
            "`weights` and `options` are for backbones by name; a model has its own. Load the "
            "weights into the model, and leave both out."
        )
    size = check_image_size(image_size, minimum=1, name="The model")
    _check_takes(backbone, size)
    return backbone, None, size


def _check_takes(backbone: Any, size: tuple[int, int]) -> None:
    """Refuse images of a size that a model was not built for; some Keras models only warn."""
    built = getattr(backbone, "input_shape", None)
    if not isinstance(backbone, keras.Model) or not isinstance(built, tuple) or len(built) != 4:
        return
    if any(side not in (None, asked) for side, asked in zip(built[1:], (*size, 3), strict=True)):
        raise InvalidInputError(
            f"The backbone {backbone.name!r} takes images of shape (batch, "
            f"{', '.join(map(str, built[1:]))}), got `image_size` {size} and 3 channels. Give "
            "its own size, or build it for this one."
        )


def load_backbone(
    entry: Backbone,
    size: tuple[int, int],
    *,
    weights: Weights,
    pooling: str,
    options: Mapping[str, Any] | None,
) -> keras.Model:
    """Make a named backbone without its top; the same graph whatever the weights' source.

    Args:
        entry: The backbone.
        size: Height and width of the images, in pixels.
        weights: `"imagenet"`, a path, or None.
        pooling: `"avg"` or `"max"`, used where a normalisation follows the pooling.
        options: Further arguments that the backbone takes.
    """
    for name in options or {}:
        if name not in entry.options:
            raise InvalidInputError(
                f"{entry.name} takes the options {list(entry.options)}, got {name!r}."
                + did_you_mean(name, entry.options)
            )
    if weights not in ("imagenet", None):
        _check_weights(weights)
    make = getattr(keras.applications, entry.name)
    settings: dict[str, Any] = {
        "include_top": False,
        "input_shape": (*size, 3),
        "pooling": pooling if entry.normalises_last else None,
        **(options or {}),
    }
    network = (
        _download(make, settings, entry)
        if weights == "imagenet"
        else make(weights=None, **settings)
    )
    if entry.rescales_imagenet:
        network = _with_rescaling(network, fresh=weights != "imagenet")
    if weights not in ("imagenet", None):
        _load_weights(network, weights, entry)
    return network


def _download(make: Callable[..., Any], settings: dict[str, Any], entry: Backbone) -> Any:
    try:
        with warnings.catch_warnings():
            # Keras warns when it takes the 224-pixel weights for another size; they fit any.
            warnings.filterwarnings("ignore", message=".*input_shape.*")
            return make(weights="imagenet", **settings)
    except Exception as error:
        # Keras raises a bare Exception where a download fails.
        if "URL fetch failure" not in str(error):
            raise
        raise PrevalensError(
            f"The ImageNet weights of {entry.name} cannot be downloaded: {error}. Pass the path "
            "of its weights file (without top) as `weights`, or None to start from random "
            "weights."
        ) from error


def _with_rescaling(network: Any, *, fresh: bool) -> Any:
    """Return EfficientNet with the rescaling that Keras adds for ImageNet weights only.

    References:
        https://github.com/tensorflow/tensorflow/issues/49930
    """
    if not fresh:
        return network
    scale = [deviation**-0.5 for deviation in DEVIATION]

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        answer = layer(*args, **kwargs)
        if isinstance(layer, keras.layers.Normalization):
            return keras.layers.Rescaling(scale)(answer)
        return answer

    copy = keras.models.clone_model(network, call_function=call)
    normalisation = next(x for x in copy.layers if isinstance(x, keras.layers.Normalization))
    # As in the ImageNet files: with the rescaling this is (pixel / 255 - mean) / deviation.
    normalisation.adapt_mean.assign(MEAN)
    normalisation.adapt_variance.assign(DEVIATION)
    normalisation.finalize_state()
    return copy


def _check_weights(path: Any) -> None:
    if not Path(check_path("weights", path)).exists():
        raise InvalidInputError(
            f'`weights` must be "imagenet", None or the path of a file, got {str(path)!r}, '
            "which does not exist."
        )


def _load_weights(network: Any, path: Any, entry: Backbone) -> None:
    try:
        left_out = _say_what_is_left_out(network, path)
    except (ValueError, OSError, KeyError) as error:
        raise _misfit(path, entry, str(error)) from error
    if left_out:
        raise _misfit(path, entry, left_out)


def _say_what_is_left_out(network: Any, path: Any) -> str:
    """Load the weights; return Keras' words where some layers found nothing in the file."""
    # Keras 3.15 warns of this, and leaves random numbers in those layers.
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        network.load_weights(path)
    return " ".join(str(one.message) for one in said if "freshly-init" in str(one.message))


def _misfit(path: Any, entry: Backbone, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"The weights in {path} do not fit {entry.name} without its top: {reason} Give the "
        "file that belongs to it and to its `options`."
    )


def _preprocessing(asked: str | Preprocessing | None, mode: str | None) -> Preprocessing:
    if mode is not None and asked is not None:
        raise InvalidInputError(
            "`preprocessing` is for a model of your own; a backbone by name knows its own. "
            "Leave it out."
        )
    if isinstance(asked, Preprocessing):
        return asked
    if asked is None and mode is None:
        raise InvalidInputError(
            "A model as `backbone` needs `preprocessing`, one of "
            f"{', '.join(map(repr, PREPROCESSING))} or a Preprocessing: images are fed from "
            '0 to 255, and the model must get what it was trained on. "inside" changes nothing.'
        )
    return PREPROCESSING[check_choice("preprocessing", asked or mode, PREPROCESSING)]


def prepare(images: Any, pixels: Preprocessing) -> Any:
    """Return images as a backbone takes them."""
    if pixels.changes_nothing:
        return images
    if pixels.blue_first:
        images = keras.ops.flip(images, axis=-1)
    return keras.layers.Rescaling(
        list(pixels.scale), offset=list(pixels.offset), name="preprocessing"
    )(images)


def _through(head: Head, features: Any) -> Any:
    if callable(head):
        return head(features)
    for layer in head:
        features = layer(features)
    return features


@contextlib.contextmanager
def _policy(dtype: str | None) -> Iterator[None]:
    before = keras.config.dtype_policy()
    try:
        if dtype is not None:
            keras.config.set_dtype_policy(dtype)
        yield
    finally:
        keras.config.set_dtype_policy(before)
