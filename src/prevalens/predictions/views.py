"""Test-time views: the scores of an image turned and mirrored, and how much they vary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_choice, check_integer
from prevalens.exceptions import InvalidInputError

# Quarter turns counterclockwise, after a mirroring of left and right where there is one.
VIEWS: dict[str, tuple[bool, int]] = {
    "as_is": (False, 0),
    "turned_90": (False, 1),
    "turned_180": (False, 2),
    "turned_270": (False, 3),
    "mirrored": (True, 0),
    "mirrored_turned_90": (True, 1),
    "mirrored_turned_180": (True, 2),
    "mirrored_turned_270": (True, 3),
}


@dataclass(frozen=True, eq=False)
class ViewScores:
    """Scores of each image over its views.

    Attributes:
        scores: Mean over the views, `(n_rows,)` for one output, else `(n_rows, n_classes)`.
        spread: Standard deviation over the views, of the same shape: how far the model disagrees
            with itself about one image. 0 where only one view was asked for.
        per_view: Scores of each view, `(n_views, n_rows)` or `(n_views, n_rows, n_classes)`.
        views: Names of the views, in the order of `per_view`.

    Examples:
        >>> import numpy as np
        >>> views = ("as_is", "mirrored")
        >>> per_view = np.array([[0.2, 0.9], [0.4, 0.9]])  # of two images
        >>> made = ViewScores(per_view.mean(axis=0), per_view.std(axis=0), per_view, views)
        >>> made.scores.round(2).tolist(), made.spread.round(2).tolist()
        ([0.3, 0.9], [0.1, 0.0])
    """

    scores: NDArray[np.float64]
    spread: NDArray[np.float64]
    per_view: NDArray[np.float64]
    views: tuple[str, ...]


def predict_with_views(
    model: Any,
    images: Any,
    *,
    views: Sequence[str] = tuple(VIEWS),
    batch_size: int = 32,
    data_format: str | None = None,
) -> ViewScores:
    """Predict each image in several orientations; give the mean and the spread.

    A cell has no up and no left, so its eight flips and turns are as good as the image itself;
    averaging over them lowers the error that comes from the orientation, and their spread shows
    where the model is unsure. A chest X-ray has a left: name only the views that keep the
    diagnosis, or none beside `"as_is"`.

    Args:
        model: A Keras model with one image input; its scores are `(batch, 1)` or
            `(batch, n_classes)`.
        images: Array of shape `(n_rows, height, width, channels)`, or a dataset with a length
            whose items are batches `images` or `(images, labels)`, such as
            `prevalens.batches.ImageDataset`.
        views: Names from `VIEWS`; quarter turns by 90 and 270 degrees need square images.
        batch_size: Images at a time, for an array.
        data_format: "channels_last" or "channels_first"; by default Keras' setting.

    Raises:
        InvalidInputError: a view is unknown or repeated, there are no images, or the images are
            oblong and a view would turn them.

    References:
        Ayhan & Berens, "Test-time data augmentation for estimation of heteroscedastic aleatoric
        uncertainty in deep neural networks", MIDL 2018.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> model = keras.Sequential(
        ...     [keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(),
        ...      keras.layers.Dense(1, "sigmoid")]
        ... )
        >>> images, views = np.zeros((2, 4, 4, 3), np.uint8), ("as_is", "mirrored")
        >>> made = predict_with_views(model, images, views=views)
        >>> made.per_view.shape, made.spread.tolist()  # a mean does not change with the view
        ((2, 2), [0.0, 0.0])
    """
    named = check_views(views)
    layout = data_format or keras.config.image_data_format()
    check_choice("data_format", layout, ("channels_last", "channels_first"))
    axes = (1, 2) if layout == "channels_last" else (2, 3)
    found: list[NDArray[np.float64]] = []
    widest = 0
    for batch in _batches(images, check_integer("batch_size", batch_size, minimum=1)):
        _refuse_oblong(batch, axes, named)
        widest = max(widest, len(batch))
        # A short last batch is filled up, so that nothing is compiled for its shape.
        filled = np.concatenate([batch, np.repeat(batch[-1:], widest - len(batch), axis=0)])
        seen = [model.predict_on_batch(turn_view(filled, name, axes)) for name in named]
        found.append(np.asarray(seen, dtype=np.float64)[:, : len(batch)])
    if not found:
        raise InvalidInputError("`images` must hold at least one image, got none.")
    per_view = np.concatenate(found, axis=1)
    per_view = per_view[..., 0] if per_view.shape[-1] == 1 else per_view
    return ViewScores(per_view.mean(axis=0), per_view.std(axis=0), per_view, named)


def check_views(views: Sequence[str]) -> tuple[str, ...]:
    """Return the names of views, or say which are unknown or repeated."""
    named = (views,) if isinstance(views, str) else tuple(views)
    for name in named:
        check_choice("views", name, VIEWS)
    if not named or len(set(named)) < len(named):
        raise InvalidInputError(f"`views` must name different views, at least one, got {views!r}.")
    return named


def _batches(images: Any, batch_size: int) -> Iterator[NDArray[Any]]:
    if hasattr(images, "shape"):
        for start in range(0, len(images), batch_size):
            yield np.asarray(images[start : start + batch_size])
        return
    for index in range(len(images)):
        batch = images[index]
        yield np.asarray(batch[0] if isinstance(batch, tuple | list) else batch)


def _refuse_oblong(batch: NDArray[Any], axes: tuple[int, int], views: Sequence[str]) -> None:
    if batch.ndim != 4:
        raise InvalidInputError(
            f"Images must come as (batch, height, width, channels), got shape {batch.shape}."
        )
    height, width = (batch.shape[axis] for axis in axes)
    turning = [name for name in views if VIEWS[name][1] % 2]
    if height != width and turning:
        square = [name for name, (_, turns) in VIEWS.items() if turns % 2 == 0]
        raise InvalidInputError(
            f"Views {', '.join(turning)} need square images, got height {height} and width "
            f"{width}. Use views={square}."
        )


def turn_view(batch: NDArray[Any], name: str, axes: tuple[int, int]) -> NDArray[Any]:
    """Return a batch of images as one of `VIEWS` shows them; `axes` are height and width."""
    mirrored, turns = VIEWS[name]
    batch = np.flip(batch, axis=axes[1]) if mirrored else batch
    # PyTorch takes no array with negative strides.
    return np.ascontiguousarray(np.rot90(batch, turns, axes=axes))
