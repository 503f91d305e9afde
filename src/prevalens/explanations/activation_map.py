"""Class activation maps: what the head says of each place of the last feature map."""

import warnings
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.explanations.network_graph import graph_of, part_of

Maps = NDArray[np.float32]  # (batch, map_height, map_width), log-odds
_LAST = (keras.activations.linear, keras.activations.sigmoid, keras.activations.softmax)
_POOLING = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)


def compute_activation_map(
    model: Any,
    images: ArrayLike,
    *,
    label: int | None = None,
    reference: ArrayLike | None = None,
    batch_size: int = 32,
) -> Maps:
    """Ask the head of a classifier about each place of the last feature map, one by one.

    The head (all that follows global pooling) is applied to the feature vector of each place as if
    the whole image looked like that place. With average pooling and a linear head this is the class
    activation map of Zhou et al., and its mean over the places is the model's own log-odds. With
    any other pooling or head the map is not tied to the answer: it shows what the head would make
    of each place alone, of which the model need not have used any. A warning says so, and
    `compute_deletion_test` tells whether such a map is faithful. No gradient is taken, so it is the
    same on every backend.

    Args:
        model: A classifier whose feature maps go through a global pooling layer and end in a
            `Dense` layer, such as `prevalens.models.create_classifier` makes; or a loaded
            `Classifier` (whose network's own log-odds are mapped, before temperature and
            prevalence).
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        label: The class to explain, as an index into the classes; by default the last, which is
            the positive one. With a sigmoid output, 0 turns the sign.
        reference: What to compare with, shape `(height, width, channels)` or, for several,
            `(n, height, width, channels)`; the mean of its maps is subtracted. Log-odds of places
            have no zero of their own: where the objects are aligned, as cells in the middle of
            their images are, images of the other class show best what tells the classes apart.
        batch_size: Number of images that go through the model at once.

    Returns:
        One map per image, in log-odds for the class (with a softmax, its logit minus the mean of
        the others'), shape `(batch, map_height, map_width)`. Large where the place speaks for it.

    Raises:
        InvalidInputError: the model has no known input, several outputs, no global pooling layer
            of its own, does not end in a `Dense` layer that makes logits, a sigmoid or a softmax,
            has no such class, or the images' shape is not the model's.

    Warns:
        DataWarning: the mean of a map is not the model's log-odds, or the map has one place.

    References:
        Zhou B. et al. (2016). Learning deep features for discriminative localization. CVPR.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> from prevalens.models import create_classifier
        >>> backbone = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255),
        ...      keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = create_classifier(backbone, image_size=8, preprocessing="inside")
        >>> compute_activation_map(model, np.ones((2, 8, 8, 3), np.uint8)).shape
        (2, 6, 6)
    """
    network = graph_of(model)
    pooling, final = pooling_of(network), final_dense(network)
    weights, bias = class_contrast(final, label)
    check_integer("batch_size", batch_size, minimum=1)
    places = part_of(network.input, pooling.input, network)
    steps = _between(pooling, final, network)
    pixels = images_of(network, images)
    _warn_untied(pooling, steps)
    warn_of_one_place(places)

    def maps_of(batch: NDArray[Any]) -> Maps:
        features = keras.ops.convert_to_numpy(places(batch, training=False))
        vectors = features.reshape(-1, features.shape[-1])
        if steps is not None:
            vectors = keras.ops.convert_to_numpy(steps(vectors, training=False))
        return (vectors @ weights + bias).reshape(features.shape[:3])

    def all_maps(pixels: NDArray[Any]) -> Maps:
        chunks = [pixels[k : k + batch_size] for k in range(0, len(pixels), batch_size)]
        return np.concatenate([maps_of(chunk) for chunk in chunks]).astype(np.float32)

    maps = all_maps(pixels)
    if reference is None:
        return maps
    others = np.asarray(reference)
    others = images_of(network, others if others.ndim == 4 else others[None])
    return maps - all_maps(others).mean(0)


def warn_of_one_place(places: keras.Model) -> None:
    """Warn where the feature maps before pooling have one place: the map is then one number.

    So it is of small images, and of a model that averages layers (`prevalens study`), whose maps
    are averaged before they are put side by side.
    """
    if tuple(places.output_shape[1:3]) == (1, 1):
        warnings.warn(
            "The map has one place, because the feature maps before pooling are 1x1: it says how "
            "the model answers, and nothing of where. Use `compute_occlusion_map`, which covers "
            "the places of the image itself.",
            DataWarning,
            stacklevel=3,
        )


def _warn_untied(pooling: keras.layers.Layer, steps: keras.Model | None) -> None:
    linear = steps is None or all(map(_is_affine, steps.layers))
    if linear and isinstance(pooling, keras.layers.GlobalAveragePooling2D):
        return
    what = "its pooling is not the average" if linear else "its head is not linear"
    warnings.warn(
        f"The map is not tied to the model's answer, because {what}: it shows what the head would "
        "make of each place alone. Say so in its caption, and ask `compute_deletion_test` whether "
        "it is faithful, or use `compute_integrated_gradients` or `compute_occlusion_map`.",
        DataWarning,
        stacklevel=3,
    )


def _is_affine(layer: keras.layers.Layer) -> bool:
    """Whether a layer, at inference, takes the mean of vectors to the mean of its answers."""
    layers = keras.layers
    if isinstance(layer, layers.Dense):
        return layer.activation is keras.activations.linear
    return isinstance(layer, layers.InputLayer | layers.Dropout | layers.BatchNormalization)


def images_of(model: keras.Model, images: ArrayLike) -> NDArray[Any]:
    """Return the images as an array, or say which shape the model takes."""
    pixels = np.asarray(images)
    expected = model.input_shape[1:]
    fits = pixels.ndim == 4 and all(
        want in (None, got) for want, got in zip(expected, pixels.shape[1:], strict=True)
    )
    if not fits or len(pixels) == 0:
        raise InvalidInputError(
            f"The model takes images of shape (batch, {', '.join(map(str, expected))}) and at "
            f"least one of them, got shape {pixels.shape}. Add the batch axis, or resize them."
        )
    return pixels


def pooling_of(model: keras.Model) -> keras.layers.Layer:
    """Return the last global pooling layer, before which the feature maps are.

    Raises:
        InvalidInputError: the model has none.
    """
    found = [layer for layer in model.layers if isinstance(layer, _POOLING)]
    if not found:
        raise InvalidInputError(
            "An activation map needs the feature maps before global pooling, but none of the "
            f"{len(model.layers)} layers of {model.name!r} is a GlobalAveragePooling2D or "
            "GlobalMaxPooling2D. Use `compute_occlusion_map`, which needs no layer."
        )
    return found[-1]


def final_dense(model: keras.Model) -> keras.layers.Dense:
    """Return the last layer of a classifier, whose weights make its log-odds.

    Raises:
        InvalidInputError: it is no `Dense` layer, or what it makes is neither logits nor scores.
    """
    final = model.layers[-1]
    if not isinstance(final, keras.layers.Dense):
        raise InvalidInputError(
            f"This map reads the weights of the last layer, which must be a Dense; "
            f"{model.name!r} ends in {type(final).__name__}. Use `compute_occlusion_map`."
        )
    if final.activation not in _LAST:
        raise InvalidInputError(
            "This map is in log-odds, which the last layer makes with a sigmoid, a softmax or no "
            f"activation; that of {model.name!r} has {getattr(final.activation, '__name__', '?')}. "
            "Use `compute_occlusion_map` of a function from images to scores."
        )
    return final


def _between(
    pooling: keras.layers.Layer, final: keras.layers.Dense, network: keras.Model
) -> keras.Model | None:
    """Return the head from pooled features to the last layer's input; None where it is nothing."""
    if pooling.output is final.input:
        return None
    return part_of(pooling.output, final.input, network)


def class_contrast(
    final: keras.layers.Dense, label: int | None
) -> tuple[NDArray[np.float32], np.float32]:
    """Return the weights and the bias of the class' log-odds against the other classes."""
    kernel = keras.ops.convert_to_numpy(final.kernel)
    bias = keras.ops.convert_to_numpy(final.bias) if final.use_bias else np.zeros(kernel.shape[1])
    signs = contrast_signs(kernel.shape[1], label)
    return (kernel @ signs).astype(np.float32), np.float32(bias @ signs)


def contrast_signs(n_outputs: int, label: int | None) -> NDArray[np.float64]:
    """Return what each output's logit counts in the log-odds of a class, shape `(n_outputs,)`.

    Raises:
        InvalidInputError: there is no such class.
    """
    n_classes = max(n_outputs, 2)
    asked = n_classes - 1 if label is None else check_integer("label", label, minimum=0)
    if asked >= n_classes:
        raise InvalidInputError(
            f"`label` must index into the model's {n_classes} classes, got {asked}. "
            f"Use 0 to {n_classes - 1}."
        )
    if n_outputs == 1:
        return np.array([1.0 if asked else -1.0])
    signs = np.full(n_outputs, -1 / (n_outputs - 1))
    signs[asked] = 1
    return signs
