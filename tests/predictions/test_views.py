"""Flips and turns at test time, on whichever backend runs this."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import predict_with_views

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3)).astype(np.uint8)


def reading(read: Callable[[object], object], shape: tuple[int, ...] = (4, 4, 3)) -> keras.Model:
    """Return a model that applies `read` to the images."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Lambda(read)(inputs))


def corner(images: object) -> object:
    """Read the first channel of the top left pixel."""
    return images[:, 0, 0, :1]  # type: ignore[index]


def test_eight_views_read_each_corner_twice() -> None:
    """The mean of a corner over the eight flips and turns is the mean of the four corners."""
    result = predict_with_views(reading(corner), IMAGES, batch_size=2)
    corners = IMAGES[:, [0, 0, 3, 3], [0, 3, 0, 3], 0].astype(float)

    np.testing.assert_allclose(result.scores, corners.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(result.spread, corners.std(axis=1), rtol=1e-5)
    assert result.per_view.shape == (8, 5)


def test_each_view_is_what_its_name_says() -> None:
    """Mirrored reads the top right corner; turned by 90 degrees counterclockwise too."""
    result = predict_with_views(
        reading(corner), IMAGES, views=["as_is", "mirrored", "turned_90", "turned_180"]
    )
    wanted = [IMAGES[:, 0, 0, 0], IMAGES[:, 0, 3, 0], IMAGES[:, 0, 3, 0], IMAGES[:, 3, 3, 0]]

    np.testing.assert_allclose(result.per_view, wanted)
    assert result.views == ("as_is", "mirrored", "turned_90", "turned_180")


def test_a_dataset_of_batches_with_labels_gives_the_same() -> None:
    """Batches of 2, 2 and 1 with labels, and channels kept apart as classes."""

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            part = IMAGES[2 * index : 2 * index + 2]
            return part, np.zeros(len(part))

    model = reading(lambda images: images[:, 1, 0])
    from_batches = predict_with_views(model, Batches())
    from_array = predict_with_views(model, IMAGES)

    assert from_batches.scores.shape == (5, 3)
    np.testing.assert_allclose(from_batches.scores, from_array.scores)


def test_channels_first() -> None:
    """The axes that turn are the last two; one view has no spread."""
    model = reading(lambda images: images[:, :1, 0, 0], (3, 4, 4))
    result = predict_with_views(
        model, IMAGES.transpose(0, 3, 1, 2), views="mirrored", data_format="channels_first"
    )

    np.testing.assert_allclose(result.scores, IMAGES[:, 0, 3, 0])
    assert (result.spread == 0).all()


def test_oblong_images_name_the_views_that_work() -> None:
    """A quarter turn would change the shape; half turns and mirrors do not."""
    model = reading(corner, (2, 4, 3))
    oblong = IMAGES[:, :2]
    with pytest.raises(InvalidInputError, match=r"height 2 and width 4.*'turned_180'"):
        predict_with_views(model, oblong)

    assert predict_with_views(model, oblong, views=["as_is", "turned_180"]).scores.shape == (5,)


@pytest.mark.parametrize(
    ("images", "views", "text"),
    [
        (IMAGES, ["mirored"], "`views` must.*Did you mean 'mirrored'"),
        (IMAGES, [], "at least one"),
        (IMAGES, ["as_is", "as_is"], "different"),
        (IMAGES[:0], ["as_is"], "got none"),
        (IMAGES[0], ["as_is"], r"got shape \(4, 4, 3\)"),
    ],
)
def test_senseless_asks_are_refused(images: np.ndarray, views: list[str], text: str) -> None:
    """Unknown, missing or repeated views, no images, a single image."""
    with pytest.raises(InvalidInputError, match=text):
        predict_with_views(reading(corner), images, views=views)
