"""A saved classifier for programs without Keras: ONNX, TensorFlow SavedModel, LiteRT."""

import contextlib
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens._checks import check_choice, check_path
from prevalens._optional import require
from prevalens._writing import FULL, naming, whole_file, whole_folder, write_text
from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.models.classifier_card import correct
from prevalens.models.loaded_classifier import Classifier

CARD_KEY = "prevalens.card"
CARD_FILE = "prevalens-card.json"
_EXACT, _HALF = 1e-4, 2e-2  # how far scores may differ, in float32 and in half precision
_SAVED_MODEL = "tf_saved_model"
_FORMATS = {".onnx": "onnx", ".tflite": "litert", "": _SAVED_MODEL}
# What each format needs on each backend: packages, and the extra that brings each.
_NEEDS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "onnx": {
        "tensorflow": (("onnx", "onnx"), ("tf2onnx", "onnx")),
        "torch": (("onnx", "onnx"),),
        "jax": (("onnx", "onnx-jax"), ("jax2onnx", "onnx-jax")),
    },
    _SAVED_MODEL: {
        "tensorflow": (("tensorflow", "tensorflow"),),
        "jax": (("tensorflow", "tensorflow"),),
    },
    "litert": {"tensorflow": (("tensorflow", "tensorflow"),)},
}


def export_classifier(
    classifier: Classifier,
    path: str | os.PathLike[str],
    *,
    precision: str = "float32",
) -> None:
    """Write a classifier for programs that have no Keras, whole or not at all.

    What is written takes pixels as float32, `(batch, height, width, 3)`, 0 to 255, and answers
    the score of the positive class, `(batch, 1)` (of several classes or labels: of each, `(batch,
    n_classes)`), with the card's temperature and prevalence applied inside: it is the score that
    the card's threshold is for. In ONNX the input is called `images` and the output `scores`.
    The card goes along: in ONNX' metadata under `prevalens.card`, in a SavedModel's
    `assets.extra/prevalens-card.json`, and in a LiteRT file as the zip member
    `prevalens-card.json`.

    Args:
        classifier: What `load_classifier` gave.
        path: A file ending in `.onnx` or in `.tflite` (LiteRT); or, without any ending, a new
            folder for a TensorFlow SavedModel.
        precision: `"float32"`; or, in LiteRT alone, `"float16"`, which halves the file, or
            `"int8"`, which quarters it: weights are kept so, and computed with in float32 where
            a kernel needs that. What it costs is known once scores of labelled images are
            compared with the float32 ones.

    Raises:
        InvalidInputError: another ending, a folder that exists, a format that Keras cannot
            write on the active backend, or a precision that the format has not.
        MissingExtraError: a package that the format needs on the active backend is absent.
        PrevalensError: the backend's converter does not know a part of the network.
    """
    target = Path(check_path("path", path))
    kind = _FORMATS.get(target.suffix)
    if kind is None:
        raise InvalidInputError(
            "`path` must end in '.onnx' or '.tflite', or have no ending for the folder of a "
            f"SavedModel, got {target.name!r}."
        )
    check_choice("precision", precision, ("float32", "float16", "int8"))
    if precision != "float32" and kind != "litert":
        raise InvalidInputError(
            f"`precision` {precision!r} is written in LiteRT alone, got {target.name!r}. Name a "
            "file ending in '.tflite', or leave `precision` out."
        )
    _check_backend(kind, keras.backend.backend())
    with naming(target):  # a copy is written, where temporary files go
        network = answering_network(classifier)
    card = json.dumps(classifier.card.to_dict(), allow_nan=False)
    if kind == _SAVED_MODEL:
        with _new_folder(target) as folder:
            _write(network, folder, kind, {})
            write_text(folder / "assets.extra" / CARD_FILE, card)
        return
    with whole_file(target) as temporary:
        _write(network, temporary, kind, _converter_settings(precision))
        if kind == "onnx":
            _finish_onnx(temporary, card)
        else:
            # As LiteRT's own metadata are kept: a zip archive behind the network.
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.writestr(CARD_FILE, card)


def answering_network(classifier: Classifier) -> keras.Model:
    """Return the network whose output are the corrected scores.

    Args:
        classifier: The network and its card; neither is changed.
    """
    # Through a file, which is what defines a classifier: `set_weights` would leave the mean and
    # the variance of Keras' Normalization, as in EfficientNet, at 0 and 1 (Keras 3.15).
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "copy.keras"
        classifier.model.save(path)
        copy = keras.saving.load_model(path, compile=False)
    _make_plain(copy)
    found = copy.outputs[0]
    card = classifier.card
    scores = correct(found[:, -1:] if card.is_binary else found, card, ops=keras.ops)
    network = keras.Model(copy.inputs[0], scores, name="classifier")
    # Keras 3.15 exports to ONNX only what has been called. As Keras reads a file, its layers that
    # crop or augment put all behind them in training mode unless that is ruled out.
    network(keras.ops.zeros((1, *network.input_shape[1:])), training=False)
    _check_answers(network, classifier)
    return network


def _check_answers(network: keras.Model, classifier: Classifier) -> None:
    """Refuse a network that does not answer drawn pixels as the classifier does."""
    height, width, channels = network.input_shape[1:]
    shape = (2, height or 64, width or 64, channels or 3)
    pixels = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    made = np.asarray(network.predict_on_batch(pixels), dtype=np.float64)
    gap = float(np.abs(made - classifier.predict_on_batch(pixels)).max())
    half = "16" in keras.dtype_policies.get(classifier.model.dtype_policy).compute_dtype
    if not gap <= (_HALF if half else _EXACT):
        raise PrevalensError(
            f"What would be exported answers drawn pixels otherwise than the classifier, by "
            f"{gap:.2g}: its score must not depend on how the network is called. Look for layers "
            "that act differently in training, or keep a state."
        )


def _make_plain(layer: Any) -> None:
    """Turn the tensors that layers hold into plain numbers: tf2onnx 1.17 makes inputs of them."""
    if getattr(layer, "activity_regularizer", None) is not None:
        layer.activity_regularizer = None
    if isinstance(layer, keras.layers.Normalization):
        layer.mean = keras.ops.convert_to_numpy(layer.mean)
        layer.variance = keras.ops.convert_to_numpy(layer.variance)
    for inner in getattr(layer, "layers", ()):
        _make_plain(inner)


def _check_backend(kind: str, backend: str) -> None:
    ways = _NEEDS[kind]
    if backend not in ways:
        raise InvalidInputError(
            f"Keras cannot write {kind!r} on the backend {backend!r}." + _elsewhere(kind, backend)
        )
    for package, extra in ways[backend]:
        require(package, extra=extra)


def _elsewhere(kind: str, backend: str) -> str:
    """Say on which other backends the same file can be exported, if there are any."""
    others = [name for name in _NEEDS[kind] if name != backend]
    if not others:
        return ""
    return (
        " A .keras file is the same on every backend: set KERAS_BACKEND to "
        f"{' or '.join(others)}, load the file there and export it."
    )


def _converter_settings(precision: str) -> dict[str, Any]:
    """Return what LiteRT's converter is told, by its attributes."""
    if precision == "float32":
        return {}
    tensorflow = require("tensorflow", extra="tensorflow")
    settings: dict[str, Any] = {"optimizations": [tensorflow.lite.Optimize.DEFAULT]}
    if precision == "float16":
        # TensorFlow's own type: numpy's is taken without a word, and weights stay float32.
        settings["target_spec"] = {"supported_types": [tensorflow.float16]}
    return settings


def _write(network: keras.Model, path: Path, kind: str, settings: Mapping[str, Any]) -> None:
    with warnings.catch_warnings():
        # The converters warn of their own old calls; PyTorch's tracer of every constant.
        warnings.simplefilter("ignore")
        try:
            network.export(path, format=kind, verbose=False, **settings)
        except OSError:
            raise
        except Exception as error:
            # TensorFlow writes by itself, and tells of a full disk by an error of its own.
            if full := next((code for code in FULL if os.strerror(code) in str(error)), None):
                raise OSError(full, os.strerror(full)) from error
            backend = keras.backend.backend()
            raise PrevalensError(
                f"The converter failed on the backend {backend!r}: {error}"
                + _elsewhere(kind, backend)
            ) from error


def _finish_onnx(path: Path, card: str) -> None:
    onnx = require("onnx", extra="onnx")
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, {CARD_KEY: card})
    inputs = [one.name for one in graph.graph.input]
    if len(inputs) != 1:
        backend = keras.backend.backend()
        raise PrevalensError(
            f"The converter of the backend {backend!r} made inputs of constants: {inputs}."
            + _elsewhere("onnx", backend)
        )
    _rename(graph.graph, {inputs[0]: "images", graph.graph.output[0].name: "scores"})
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Give the values of a graph other names, wherever they stand."""
    # A name that the converter gave to something inside makes room.
    taken = {name: f"{name}_inside" for name in names.values() if name not in names}
    others = {**taken, **names}
    for node in graph.node:
        for names_of in (node.input, node.output):
            names_of[:] = [others.get(name, name) for name in names_of]
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = others.get(value.name, value.name)


@contextlib.contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Give a folder that gets the target's name once the block succeeds."""
    if target.exists():
        raise InvalidInputError(f"{target} exists. Name a new folder for the SavedModel.")
    with whole_folder(target) as folder:
        yield folder
