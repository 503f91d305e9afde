"""A classifier answers for paths and pixels; the file's own tests hold the rest."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.exceptions import InvalidInputError
from prevalens.images import FileReader

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models import Classifier, ClassifierCard  # noqa: E402

pytestmark = pytest.mark.keras


def classifier() -> Classifier:
    """Return a classifier whose score is the sigmoid of the mean of 4 pixels less 1/2."""
    images = keras.Input((2, 2, 3))
    mean = keras.ops.mean(images / 255, axis=(1, 2, 3))[:, None]
    final = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones")
    card = ClassifierCard(classes=("no", "yes"), threshold=0.6, train_prevalence=0.5)
    return Classifier(keras.Model(images, final(mean)), card)


def test_an_answer_has_scores_sides_and_names() -> None:
    """The sigmoid of 0 and of 1; only the second reaches the threshold of 0.6."""
    images = np.stack([np.zeros((2, 2, 3)), np.full((2, 2, 3), 255.0)])
    answer = classifier()(images, batch_size=1)

    np.testing.assert_allclose(answer.scores, [0.5, 1 / (1 + np.exp(-1))], rtol=1e-6)
    assert answer.is_positive.tolist() == [False, True]
    assert answer.names.tolist() == ["no", "yes"]
    assert answer == answer  # noqa: PLR0124 - by identity: of arrays there is no one truth
    assert answer != classifier()(images)


def test_no_images_have_no_answer() -> None:
    """Nothing asked, nothing answered, and of the right shape."""
    assert classifier()(np.zeros((0, 2, 2, 3))).scores.shape == (0,)


def test_another_shape_is_refused() -> None:
    """The text says which shape the network takes."""
    with pytest.raises(InvalidInputError, match=r"\(n_images, 2, 2, 3\), got \(1, 3, 2, 3\)"):
        classifier()(np.zeros((1, 3, 2, 3)))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_an_image(batch_size: int) -> None:
    """Steps of -1 through the images would reach none of them, and answer for none."""
    with pytest.raises(InvalidInputError, match="`batch_size` must be a whole number >= 1"):
        classifier()(np.zeros((3, 2, 2, 3)), batch_size=batch_size)


def test_pixels_that_are_no_numbers_are_refused() -> None:
    """TensorFlow's rectifier makes 0 of nan, and a network a score of it."""
    with pytest.raises(InvalidInputError, match="must be finite numbers, 0 to 255"):
        classifier()(np.full((1, 2, 2, 3), np.nan))


def test_images_are_read_by_the_reader_given(tmp_path: Path) -> None:
    """Of 12 bits 4095 is white, a mean of 1; read as 16 bits it is 16 of 255."""
    values = np.full((2, 2), 4095, dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    stated = classifier()([tmp_path / "a.png"], reader=FileReader(bits=12))
    plain = classifier()([tmp_path / "a.png"])

    np.testing.assert_allclose(stated.scores, [1 / (1 + np.exp(-1))], rtol=1e-6)
    np.testing.assert_allclose(plain.scores, [1 / (1 + np.exp(-16 / 255))], rtol=1e-6)
