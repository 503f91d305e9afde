"""Occlusion maps of models whose answer to a covered image is known by hand."""

import keras
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.explanations import compute_occlusion_map

pytestmark = pytest.mark.keras


def logistic(logits: np.ndarray) -> np.ndarray:
    """Return the scores of log-odds."""
    return 1 / (1 + np.exp(-logits))


def watches_one_pixel(images: np.ndarray) -> np.ndarray:
    """Score by the red of the pixel in row 2, column 5: log-odds of 0.02 a level."""
    return logistic(0.02 * images[:, 2, 5, 0].astype(float))


def test_covering_the_watched_pixel_is_all_that_counts() -> None:
    """One-pixel squares filled with 0: the map is 0.02 x 200 = 4 there and 0 elsewhere."""
    image = np.full((1, 6, 8, 3), 200, dtype=np.uint8)
    expected = np.zeros((6, 8))
    expected[2, 5] = 4

    found = compute_occlusion_map(watches_one_pixel, image, patch=1, fill=0)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_overlapping_squares_are_averaged() -> None:
    """Two of the three 2-wide squares in a row of 4 cover the watched pixel; hand count.

    Squares start at columns 0, 1, 2 of a 2x4 image, and the pixel in column 1 is watched: squares
    0 and 1 make the log-odds fall by 3. Pixel averages: (3, (3+3)/2, (3+0)/2, 0).
    """

    def model(images: np.ndarray) -> np.ndarray:
        return logistic(0.03 * images[:, 0, 1, 0].astype(float))[:, None]

    image = np.full((1, 2, 4, 1), 100, dtype=np.uint8)
    found = compute_occlusion_map(model, image, patch=2, stride=1, fill=0)[0]
    np.testing.assert_allclose(found, [[3, 3, 1.5, 0]] * 2, atol=1e-5)


def test_the_last_square_ends_at_the_border() -> None:
    """Every pixel is covered even where the stride does not divide the side."""

    def model(images: np.ndarray) -> np.ndarray:
        return logistic(0.01 * images[:, 6, 6, 0].astype(float))

    image = np.full((1, 7, 7, 3), 100, dtype=np.uint8)
    found = compute_occlusion_map(model, image, patch=4, stride=4, fill=0)[0]
    assert found[6, 6] == pytest.approx(1, abs=1e-5)
    assert found[0, 0] == pytest.approx(0, abs=1e-6)


def test_label_turns_the_sign_and_softmax_contrasts() -> None:
    """Two softmax outputs: the log-odds of class 1 are twice its logit's distance from the mean."""

    def model(images: np.ndarray) -> np.ndarray:
        score = watches_one_pixel(images)
        return np.stack([1 - score, score], axis=1)

    image = np.full((1, 6, 8, 3), 200, dtype=np.uint8)
    one = compute_occlusion_map(model, image, patch=1, fill=0, label=1)[0]
    none = compute_occlusion_map(model, image, patch=1, fill=0, label=0)[0]
    assert one[2, 5] == pytest.approx(4, abs=1e-5)
    np.testing.assert_allclose(one, -none, atol=1e-6)


def test_the_default_cover_is_the_images_mean_colour() -> None:
    """A flat image is covered by itself: nothing changes."""
    image = np.full((2, 6, 8, 3), 77, dtype=np.uint8)

    np.testing.assert_array_equal(compute_occlusion_map(watches_one_pixel, image, patch=3), 0)


def test_a_keras_model_is_asked_in_inference() -> None:
    """Dropout is off, so two maps of one model agree."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    once = compute_occlusion_map(model, images, patch=4, batch_size=3)

    assert once.shape == (2, 8, 8)
    np.testing.assert_allclose(once, compute_occlusion_map(model, images, patch=4), atol=1e-5)
    assert np.abs(once).max() > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patch": 7}, "got patch 7 and stride 3 for images of 6x8"),
        ({"patch": 2, "stride": 3}, "every pixel is covered; got patch 2 and stride 3"),
        ({"patch": 0}, "`patch` must be a whole number >= 1"),
        ({"patch": 2, "fill": (1, 2)}, "a colour of 3 channels"),
        ({"patch": 2, "label": 2}, "2 classes, got 2"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], message: str) -> None:
    """Each refusal states the rule and the value."""
    image = np.zeros((1, 6, 8, 3), dtype=np.uint8)
    with pytest.raises(InvalidInputError, match=message):
        compute_occlusion_map(watches_one_pixel, image, **settings)  # type: ignore[arg-type]


def test_an_image_without_a_batch_axis_is_refused() -> None:
    """The remedy is in the text."""
    with pytest.raises(InvalidInputError, match=r"image\[None\]"):
        compute_occlusion_map(watches_one_pixel, np.zeros((6, 8, 3)), patch=1)


def test_logits_are_refused_as_scores() -> None:
    """A model without an activation at its end answers no probabilities."""
    with pytest.raises(InvalidInputError, match="Give its output a sigmoid or a softmax"):
        compute_occlusion_map(lambda x: np.full(len(x), 3.0), np.zeros((1, 6, 8, 3)), patch=1)
