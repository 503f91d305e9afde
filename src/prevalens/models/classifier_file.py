"""One file that answers: network, preprocessing, class names, threshold, prevalence."""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_choice, check_number
from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import read_images

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ClassifierCard:
    """What belongs to a classifier beside its weights.

    Args:
        classes: Names of the two classes, the positive one last.
        threshold: Corrected score from which the call is positive, in `[0, 1]`.
        threshold_origin: How the threshold was chosen, in words for a report.
        train_prevalence: Share of positives in the training batches, in `(0, 1)`.
        prevalence: Share of positives where the classifier is used, in `(0, 1)`; None leaves
            scores as they are.
        temperature: What the scores' log-odds are divided by before that, above 0; 1 where no
            temperature was fitted (Guo et al. 2017).
        library_version: Version of prevalens that wrote the file.
        format_version: Version of this record.
    """

    classes: tuple[str, str]
    threshold: float
    train_prevalence: float
    threshold_origin: str = ""
    prevalence: float | None = None
    temperature: float = 1.0
    library_version: str = field(default_factory=lambda: version("prevalens"))
    format_version: int = _VERSION

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(map(str, self.classes)))
        if len(set(self.classes)) != 2:
            raise InvalidInputError(
                f"`classes` must be two different names, got {list(self.classes)}."
            )
        check_number("threshold", self.threshold, low=0, high=1)
        check_number("temperature", self.temperature, low=0, open_low=True)
        for name in ("train_prevalence", "prevalence"):
            value = getattr(self, name)
            if value is not None:
                check_number(name, value, low=0, high=1, open_low=True, open_high=True)

    @property
    def positive(self) -> str:
        """Name of the positive class."""
        return self.classes[1]


@keras.saving.register_keras_serializable(package="prevalens")
class CardLayer(keras.layers.Layer):
    """Passes scores on unchanged and carries the card through `.keras` files."""

    def __init__(self, card: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.card = dict(card)

    def call(self, scores: Any) -> Any:
        """Return the scores."""
        return scores

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what makes the layer anew."""
        return {**super().get_config(), "card": self.card}


@dataclass(frozen=True)
class Answer:
    """What a classifier says of each image.

    Args:
        scores: Probability of the positive class, shape `(n_images,)`.
        calls: Whether the call is positive, shape `(n_images,)`.
        names: Name of the called class, shape `(n_images,)`.
    """

    scores: NDArray[np.float64]
    calls: NDArray[np.bool_]
    names: NDArray[np.str_]


class Classifier:
    """A loaded classifier: give it paths or pixels, get scores and calls.

    Args:
        model: Network from pixels, 0 to 255, to scores, as `save_classifier` was given it.
        card: What belongs to it.
    """

    def __init__(self, model: keras.Model, card: ClassifierCard) -> None:
        self.model = model
        self.card = card

    def __call__(
        self,
        images: Sequence[str | os.PathLike[str]] | NDArray[Any],
        *,
        prevalence: float | None = None,
        batch_size: int = 32,
    ) -> Answer:
        """Answer for each image.

        Args:
            images: Paths of image files; or pixels, `(n_images, height, width, 3)`, 0 to 255.
            prevalence: Share of positives where these images come from, in `(0, 1)`; by
                default the card's.
            batch_size: Images read and scored at a time.
        """
        card = self.card if prevalence is None else replace(self.card, prevalence=prevalence)
        parts = [
            self._positive_scores(self._pixels(images[start : start + batch_size]))
            for start in range(0, len(images), batch_size)
        ]
        scores = _corrected(np.concatenate([np.empty(0), *parts]), card)
        calls = scores >= card.threshold
        return Answer(scores, calls, np.asarray(card.classes)[calls.astype(int)])

    def _pixels(self, images: Any) -> NDArray[Any]:
        height, width = self.model.input_shape[1:3]
        if not isinstance(images, np.ndarray):
            return np.asarray(read_images(images, size=(height, width)))
        if images.ndim != 4 or images.shape[1:] != (height, width, 3):
            raise InvalidInputError(
                f"Pixels must have the shape (n_images, {height}, {width}, 3), got "
                f"{images.shape}. Resize them, or give paths."
            )
        return images

    def _positive_scores(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        scores = np.asarray(self.model.predict(pixels, verbose=0), dtype=np.float64)
        return scores[:, -1]


def save_classifier(model: keras.Model, path: str | os.PathLike[str], card: ClassifierCard) -> None:
    """Write a two-class classifier with its card as one `.keras` file, whole or not at all.

    Args:
        model: Network that takes pixels, 0 to 255, and answers one score or two.
        path: The file, ending in `.keras`.
        card: What belongs to it.

    Raises:
        InvalidInputError: the path has another ending, or the model is not for two classes.
    """
    check_choice("path's ending", Path(path).suffix, [".keras"])
    if model.output_shape[-1] not in (1, 2) or len(model.output_shape) != 2:
        raise InvalidInputError(
            "A classifier file is for two classes, one score or two an image, got the output "
            f"shape {model.output_shape}. Save other models with Keras' own `model.save`."
        )
    record = {**asdict(card), "classes": list(card.classes)}
    carried = keras.Model(model.inputs, CardLayer(record, name="card")(model.outputs[0]))
    with whole_file(path) as temporary:
        carried.save(temporary)


def load_classifier(path: str | os.PathLike[str]) -> Classifier:
    """Read what `save_classifier` wrote; Keras' safe mode stays on.

    Args:
        path: The `.keras` file.

    Raises:
        InvalidInputError: the file is absent, cut, hostile (it wants code to be run), of a
            later version or a newer Keras, or no classifier file.
    """
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise InvalidInputError(
            f"{path} cannot be read as a classifier{_newer_keras(path)}: {error} Give a whole "
            "file that save_classifier wrote, from someone you trust."
        ) from error
    cards = [layer for layer in model.layers if isinstance(layer, CardLayer)]
    if not cards:
        raise InvalidInputError(
            f"{path} is a Keras model without a classifier's card. Load it with Keras, and write "
            "it with save_classifier."
        )
    # Without the layer of the card, so that the network ends where maps of it look for the end.
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
    network = keras.Model(inputs, cards[-1].input, name="classifier")
    return Classifier(network, _card(path, cards[-1].card))


def _newer_keras(path: str | os.PathLike[str]) -> str:
    """Say which Keras wrote the file, where it is newer than this one."""
    try:
        with zipfile.ZipFile(path) as archive:
            writer = str(json.loads(archive.read("metadata.json"))["keras_version"])
        newer = _numbers(writer) > _numbers(keras.version())
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return ""
    here = keras.version()
    return f" (Keras {writer} wrote it, and this is {here}: install keras>={writer})" * newer


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2])


def _card(path: str | os.PathLike[str], record: dict[str, Any]) -> ClassifierCard:
    found = record.get("format_version")
    if found != _VERSION:
        raise InvalidInputError(
            f"{path} has version {found!r}; this prevalens reads {_VERSION}. "
            f"It was written by prevalens {record.get('library_version')}: use that one."
        )
    names = {column.name for column in fields(ClassifierCard)}
    if set(record) != names:
        raise InvalidInputError(
            f"{path} was edited: its card holds {sorted(record)}, not {sorted(names)}."
        )
    return ClassifierCard(**{**record, "classes": tuple(record["classes"])})


def _corrected(scores: NDArray[np.float64], card: ClassifierCard) -> NDArray[np.float64]:
    """Apply the temperature, then Bayes' rule on the odds for the card's prevalence."""
    if card.temperature != 1:
        yes, no = scores ** (1 / card.temperature), (1 - scores) ** (1 / card.temperature)
        scores = yes / (yes + no)
    if card.prevalence is None:
        return scores
    here, there = card.prevalence, card.train_prevalence
    factor = here / (1 - here) / (there / (1 - there))
    return scores * factor / (scores * factor + 1 - scores)
