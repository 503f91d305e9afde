"""A classifier that was loaded: give it paths or pixels, get scores and predictions."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import read_images
from prevalens.images.readers.reader import Reader
from prevalens.models.classifier_card import ClassifierCard, correct


@dataclass(frozen=True, eq=False)
class Answer:
    """What a classifier answers for each image.

    Args:
        scores: Probability of the positive class, shape `(n_images,)`; of several classes, or of
            each of several labels, shape `(n_images, n_classes)`.
        is_positive: Whether a score reaches its threshold, of the same shape. Without thresholds
            (several classes): whether the class has the largest score.
        names: Name of the predicted class, shape `(n_images,)`: with several classes that of the
            largest score; with several labels all that are positive, joined by `"; "`.
    """

    scores: NDArray[np.float64]
    is_positive: NDArray[np.bool_]
    names: NDArray[np.str_]


class Classifier:
    """A loaded classifier, taken wherever a Keras model is: maps, views, features, `Predictions`.

    Called with images it gives an `Answer`; `predict` and `predict_on_batch` give what Keras'
    methods of these names do, with the card's temperature and prevalence applied.

    Args:
        model: Network from pixels, 0 to 255, to scores, as `save_classifier` was given it.
        card: What belongs to it.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> model = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
        ... )
        >>> card = ClassifierCard(classes=("well", "sick"), threshold=0.3, train_prevalence=0.5)
        >>> Classifier(model, card).predict(np.zeros((2, 8, 8, 3)), verbose=0).shape
        (2, 1)
    """

    def __init__(self, model: keras.Model, card: ClassifierCard) -> None:
        self.model = model
        self.card = card

    def __call__(
        self,
        images: Sequence[str | os.PathLike[str]] | NDArray[Any],
        *,
        prevalence: float | Sequence[float] | None = None,
        batch_size: int = 32,
        reader: Reader | None = None,
    ) -> Answer:
        """Answer for each image.

        Args:
            images: Paths of image files; or pixels, `(n_images, height, width, 3)`, 0 to 255.
            prevalence: Share of positives (or of each class or label) where these images come
                from, in `(0, 1)`; by default the card's.
            batch_size: Images read and scored at a time.
            reader: What reads the paths, as for `prevalens.images.read_image`: the one that the
                cohort trained on had.
        """
        card = self.card
        check_integer("batch_size", batch_size, minimum=1)
        if prevalence is not None:
            card = replace(card, prevalence=prevalence)  # type: ignore[arg-type]
        width = 1 if card.is_binary else len(card.classes)
        parts = [
            self._scores(
                self.model.predict(self._pixels(images[k : k + batch_size], reader), verbose=0)
            )
            for k in range(0, len(images), batch_size)
        ]
        return _answer(_corrected(np.concatenate([np.empty((0, width)), *parts]), card), card)

    def predict(self, x: Any, **settings: Any) -> NDArray[np.float64]:
        """Return the corrected scores of images or of a dataset, in order.

        Args:
            x: What Keras' `predict` takes.
            **settings: As of Keras' `predict`, for example `batch_size` and `verbose`.

        Returns:
            Shape `(n_images, 1)` with two classes, else `(n_images, n_classes)`.
        """
        return _corrected(self._scores(self.model.predict(x, **settings)), self.card)

    def predict_on_batch(self, x: Any) -> NDArray[np.float64]:
        """Return the corrected scores of one batch, of the shape that `predict` gives."""
        return _corrected(self._scores(self.model.predict_on_batch(x)), self.card)

    def _pixels(self, images: Any, reader: Reader | None) -> NDArray[Any]:
        height, width = self.model.input_shape[1:3]
        if not isinstance(images, np.ndarray):
            return np.asarray(read_images(images, size=(height, width), reader=reader))
        if images.ndim != 4 or images.shape[1:] != (height, width, 3):
            raise InvalidInputError(
                f"Pixels must have the shape (n_images, {height}, {width}, 3), got "
                f"{images.shape}. Resize them, or give paths."
            )
        if not np.isfinite(images).all():
            raise InvalidInputError(
                "Pixels must be finite numbers, 0 to 255, got nan or infinity. Look for broken "
                "images, or give paths."
            )
        return images

    def _scores(self, found: Any) -> NDArray[np.float64]:
        scores = np.asarray(found, dtype=np.float64)
        return scores[:, -1:] if self.card.is_binary else scores


def _corrected(scores: NDArray[np.float64], card: ClassifierCard) -> NDArray[np.float64]:
    # The logarithm of a score of 0 is right as it is: minus infinity.
    with np.errstate(divide="ignore"):
        return np.asarray(correct(scores, card, ops=np), dtype=np.float64)


def _answer(scores: NDArray[np.float64], card: ClassifierCard) -> Answer:
    classes = np.asarray(card.classes)
    if card.is_binary:
        positive = scores[:, 0] >= np.float64(card.threshold)  # type: ignore[arg-type]
        return Answer(scores[:, 0], positive, classes[positive.astype(int)])
    largest = scores.argmax(axis=1)
    if card.threshold is None:
        positive = largest[:, None] == np.arange(len(classes))
    else:
        positive = scores >= np.asarray(card.threshold)
    if card.multilabel:
        named = ["; ".join(classes[row]) for row in positive]
        return Answer(scores, positive, np.asarray(named, dtype=np.str_))
    return Answer(scores, positive, classes[largest])
