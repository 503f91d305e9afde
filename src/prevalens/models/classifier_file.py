"""One file that answers: network, preprocessing, class names, thresholds, prevalences."""

import json
import os
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras

from prevalens._checks import check_choice, check_path
from prevalens._writing import whole_file

# Imported so that Keras knows the layer's class when it reads a file with one inside.
from prevalens.augmentation import RandomAugmentation
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier_card import ClassifierCard, read_card
from prevalens.models.keras_file import check_keras_file
from prevalens.models.loaded_classifier import Classifier
from prevalens.models.mean_log_odds import MeanLogOdds


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


_HALF = re.compile(r'"(mixed_)?b?float16"')  # names of policies and of types
_OWN_LAYERS = {
    f"prevalens>{kind.__name__}": kind for kind in (CardLayer, MeanLogOdds, RandomAugmentation)
}


def save_classifier(model: keras.Model, path: str | os.PathLike[str], card: ClassifierCard) -> None:
    """Write a classifier with its card as one `.keras` file, whole or not at all.

    Args:
        model: Network that takes pixels, 0 to 255, and answers one score or two where the card
            has two classes, else one for each class or label.
        path: The file, ending in `.keras`.
        card: What belongs to it.

    Raises:
        InvalidInputError: the path has another ending, or the model's output is not what the
            card says.

    Examples:
        >>> import tempfile
        >>> import keras
        >>> model = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
        ... )
        >>> card = ClassifierCard(classes=("well", "sick"), threshold=0.3, train_prevalence=0.5)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_classifier(model, f"{folder}/cells.keras", card)
        ...     load_classifier(f"{folder}/cells.keras").card.threshold
        0.3
    """
    check_choice("path's ending", Path(check_path("path", path)).suffix, [".keras"])
    _check_output(model, card)
    carried = keras.Model(model.inputs, CardLayer(card.to_dict(), name="card")(model.outputs[0]))
    with whole_file(path) as temporary:
        carried.save(temporary)


def _check_output(model: keras.Model, card: ClassifierCard) -> None:
    allowed = (1, 2) if card.is_binary else (len(card.classes),)
    what = "labels" if card.multilabel else "classes"
    shape = model.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[-1] not in allowed:
        raise InvalidInputError(
            f"The card has {len(card.classes)} {what}, for which the output must have the shape "
            f"(batch, {' or '.join(map(str, allowed))}), got {shape}."
        )
    activation = getattr(getattr(model.layers[-1], "activation", None), "__name__", "")
    wrong = "softmax" if card.multilabel else "sigmoid"
    if activation == wrong and shape[-1] > 1:
        raise InvalidInputError(
            f"The card's {shape[-1]} {what} do not go with an output of {wrong}: the scores of "
            f"{'labels need not' if card.multilabel else 'classes must'} sum to 1. Give "
            f"`multilabel={not card.multilabel}`, or another output."
        )


def load_classifier(path: str | os.PathLike[str]) -> Classifier:
    """Read what `save_classifier` wrote; Keras' safe mode stays on.

    The network computes in float32, whatever it was trained in: in half precision the backends
    differ from one another.

    Args:
        path: The `.keras` file.

    Raises:
        InvalidInputError: the file is absent, cut, hostile (it wants code to be run, unpacks to
            far more than its size, or reaches for other files), of a later version or a newer
            Keras, or no classifier file.

    Examples:
        >>> import tempfile
        >>> import keras
        >>> model = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
        ... )
        >>> card = ClassifierCard(classes=("well", "sick"), threshold=0.3, train_prevalence=0.5)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_classifier(model, f"{folder}/cells.keras", card)
        ...     load_classifier(f"{folder}/cells.keras").card.classes
        ('well', 'sick')
    """
    model = load_network(path)
    cards = [layer for layer in model.layers if isinstance(layer, CardLayer)]
    if not cards:
        raise InvalidInputError(
            f"{path} is a Keras model without a classifier's card. Load it with Keras, and write "
            "it with save_classifier."
        )
    # Without the layer of the card, so that the network ends where maps of it look for the end.
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
    network = keras.Model(inputs, cards[-1].input, name="classifier")
    return Classifier(_in_float32(network), read_card(cards[-1].card, source=str(path)))


def load_network(path: str | os.PathLike[str]) -> keras.Model:
    """Read any `.keras` file: bounded in size, without code, and with this library's layers known.

    Raises:
        InvalidInputError: as in `load_classifier`.
    """
    check_keras_file(path)
    try:
        return keras.saving.load_model(
            path, custom_objects=_OWN_LAYERS, compile=False, safe_mode=True
        )
    except (ValueError, TypeError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise InvalidInputError(
            f"{path} cannot be read as a classifier{_newer_keras(path)}: {error} Give a whole "
            "file that save_classifier wrote, from someone you trust. Layers of your own must be "
            "registered with Keras, and their module imported, before."
        ) from error


def _in_float32(network: keras.Model) -> keras.Model:
    """Return a network whose layers keep their weights and compute in float32."""
    text = network.to_json()
    if not _HALF.search(text):
        return network
    made = keras.models.model_from_json(_HALF.sub('"float32"', text), custom_objects=_OWN_LAYERS)
    # Through a file, by which layers as Normalization read what they keep beside their weights.
    with tempfile.TemporaryDirectory() as room:
        weights = Path(room) / "half.weights.h5"
        network.save_weights(weights)
        made.load_weights(weights)
    return made


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
