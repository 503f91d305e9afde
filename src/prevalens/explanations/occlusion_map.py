"""Occlusion maps: how much the answer changes when a place is covered."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError
from prevalens.explanations.activation_map import contrast_signs
from prevalens.explanations.network_graph import network_of

Square: TypeAlias = tuple[slice, slice]
Scorer: TypeAlias = Any  # a Keras model, a loaded Classifier, or a function of images
# Scores nearer to 0 or 1 than this count as this near: float32 cannot tell them apart.
_EDGE = 1e-7


def compute_occlusion_map(
    model: Scorer,
    images: ArrayLike,
    *,
    patch: int,
    stride: int | None = None,
    fill: float | ArrayLike | None = None,
    label: int | None = None,
    batch_size: int = 64,
) -> NDArray[np.float32]:
    """Cover each place of each image in turn and see how far the log-odds of a class fall.

    It needs nothing of the model but its scores, so it explains any model on any backend, at the
    price of one score per place.

    Args:
        model: A Keras classifier, a loaded `Classifier` (whose network's own log-odds are mapped,
            before temperature and prevalence), or any function from images to scores.
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        patch: Side of the covering square, in pixels.
        stride: Step between squares, in pixels, at most `patch`; by default half of it.
        fill: What covers: a level, a colour of shape `(channels,)`, or images of the images'
            shape (for example blurred ones); by default each image's mean colour, which for a
            cell on black is a choice to think about: 0 there covers with background.
        label: The class to explain; by default the last, which is the positive one.
        batch_size: Number of covered images that are scored at once.

    Returns:
        The fall of the log-odds, averaged over the squares that cover each pixel, shape
        `(batch, height, width)`; positive where the pixel speaks for the class.

    Raises:
        InvalidInputError: the model is none or takes several inputs, the square is larger than the
            images or the stride than the square, the images lack an axis, or the model's scores
            are not one row per image in [0, 1].

    References:
        Zeiler M. D., Fergus R. (2014). Visualizing and understanding convolutional networks. ECCV.

    Examples:
        >>> import numpy as np
        >>> def model(images):  # watches the red of one pixel
        ...     return 1 / (1 + np.exp(-0.02 * images[:, 2, 5, 0].astype(float)))
        >>> images = np.full((1, 6, 8, 3), 200, np.uint8)
        >>> heat = compute_occlusion_map(model, images, patch=1, fill=0)[0]
        >>> round(float(heat[2, 5]), 2), round(float(heat.sum()), 2)  # 0.02 x 200, there alone
        (4.0, 4.0)
    """
    model = network_of(model)
    pixels = np.asarray(images)
    if pixels.ndim != 4 or len(pixels) == 0:
        raise InvalidInputError(
            f"`images` must have the axes (batch, height, width, channels) and hold at least one "
            f"image, got shape {pixels.shape}. For one image pass image[None]."
        )
    patch = check_integer("patch", patch, minimum=1)
    step = max(1, patch // 2) if stride is None else check_integer("stride", stride, minimum=1)
    if patch > min(pixels.shape[1:3]) or step > patch:
        raise InvalidInputError(
            f"`patch` must fit into the images and `stride` into `patch`, so that every pixel is "
            f"covered; got patch {patch} and stride {step} for images of "
            f"{pixels.shape[1]}x{pixels.shape[2]}."
        )
    check_integer("batch_size", batch_size, minimum=1)
    cover = level_of(pixels, fill, name="fill")
    whole = log_odds_of(model, pixels, label, batch_size)
    squares = [
        (slice(top, top + patch), slice(left, left + patch))
        for top in _starts(pixels.shape[1], patch, step)
        for left in _starts(pixels.shape[2], patch, step)
    ]
    maps = []
    for image, under, odds in zip(pixels, cover, whole, strict=True):
        falls = [
            odds - log_odds_of(model, _covered(image, under, chunk), label, batch_size)
            for chunk in _chunks(squares, batch_size)
        ]
        maps.append(_mean_over_squares(np.concatenate(falls), squares, image.shape[:2]))
    return np.stack(maps).astype(np.float32)


def _chunks(squares: list[Square], size: int) -> Iterator[list[Square]]:
    return (squares[first : first + size] for first in range(0, len(squares), size))


def _covered(image: NDArray[Any], cover: NDArray[Any], squares: list[Square]) -> NDArray[Any]:
    """Return the image once for each square, with the square covered."""
    copies = np.repeat(image[None], len(squares), axis=0)
    for copy, square in zip(copies, squares, strict=True):
        copy[square] = cover[square]
    return copies


def _mean_over_squares(
    falls: NDArray[np.float64], squares: list[Square], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    total, count = np.zeros(shape), np.zeros(shape)
    for square, fall in zip(squares, falls, strict=True):
        total[square] += fall
        count[square] += 1
    return total / count


def _starts(length: int, patch: int, step: int) -> list[int]:
    """Return where the squares begin, so that the last one ends at the border."""
    return sorted({*range(0, length - patch + 1, step), length - patch})


def level_of(pixels: NDArray[Any], level: float | ArrayLike | None, *, name: str) -> NDArray[Any]:
    """Return images of one level, one colour, given ones, or each image's own mean colour.

    Args:
        pixels: Images of shape `(batch, height, width, channels)`.
        level: A number, a colour, images of the images' shape, or None for the mean colour.
        name: What the argument is called, for the error's text.
    """
    wanted = pixels.mean(axis=(1, 2), keepdims=True) if level is None else np.asarray(level)
    try:
        cover = np.broadcast_to(wanted, pixels.shape)
    except ValueError:
        raise InvalidInputError(
            f"`{name}` must be a number, a colour of {pixels.shape[3]} channels or images of shape "
            f"{pixels.shape}, got shape {wanted.shape}."
        ) from None
    if pixels.dtype == np.uint8:
        return np.clip(np.rint(cover), 0, 255).astype(np.uint8)
    return cover.astype(pixels.dtype)


def log_odds_of(
    model: Scorer, pixels: NDArray[Any], label: int | None, batch_size: int
) -> NDArray[np.float64]:
    """Return the log-odds of the class of each image, shape `(batch,)`."""
    found = [_scores(model, pixels[k : k + batch_size]) for k in range(0, len(pixels), batch_size)]
    scores = np.clip(np.concatenate(found), _EDGE, 1 - _EDGE)
    logits = np.log(scores)
    if scores.shape[1] == 1:
        logits = logits - np.log1p(-scores)
    return logits @ contrast_signs(scores.shape[1], label)


def _scores(model: Scorer, batch: NDArray[Any]) -> NDArray[np.float64]:
    # Compiled once for each shape of a batch, not run layer by layer.
    answer = model.predict_on_batch(batch) if isinstance(model, keras.Model) else model(batch)
    scores = np.asarray(keras.ops.convert_to_numpy(answer), dtype=np.float64)
    scores = scores[:, None] if scores.ndim == 1 else scores
    if scores.ndim != 2 or len(scores) != len(batch) or scores.min() < 0 or scores.max() > 1:
        raise InvalidInputError(
            f"The model must answer one row of scores in [0, 1] per image, got shape "
            f"{scores.shape} for {len(batch)} images, from {scores.min():g} to {scores.max():g}. "
            "Give its output a sigmoid or a softmax."
        )
    return scores
