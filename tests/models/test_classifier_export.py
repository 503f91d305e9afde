"""Exported classifiers answer what the saved ones answer, and carry the card."""

import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens import models
from prevalens.augmentation import RandomAugmentation, presets
from prevalens.exceptions import (
    InvalidInputError,
    MissingExtraError,
    PrevalensError,
    UnwritableFileError,
)
from prevalens.models import classifier_export

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()
CONVERTER = {"tensorflow": "tf2onnx", "torch": "onnx", "jax": "jax2onnx"}[BACKEND]


def small_network(images: Any) -> Any:
    """Normalise as EfficientNet does, by weights, convolve, and normalise again."""
    normalised = keras.layers.Normalization()
    images = normalised(images)
    normalised.adapt_mean.assign([0.1, 0.2, 0.3])
    normalised.adapt_variance.assign([0.1, 0.2, 0.3])
    normalised.finalize_state()
    return keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(images))


@pytest.fixture
def classifier(pixels: Any, tmp_path: Path) -> models.Classifier:
    """The brief's head, regularisers and augmentation on a small network, saved and loaded."""
    keras.utils.set_random_seed(1)
    model = models.all_classifier(
        image_size=24,
        backbone=small_network,
        preprocessing="tf",
        weights=None,
        augmentation=RandomAugmentation(presets.flip_rotate_shift(), seed=1),
    )
    spread(model, pixels)
    return saved(model, tmp_path, temperature=1.5)


def saved(model: Any, folder: Path, *, temperature: float = 1.0) -> models.Classifier:
    """Save a network with a card that corrects its scores, and load it."""
    card = models.ClassifierCard(
        classes=("hem", "all"),
        threshold=0.4,
        train_prevalence=0.5,
        prevalence=0.2,
        temperature=temperature,
    )
    models.save_classifier(model, folder / "saved.keras", card)
    return models.load_classifier(folder / "saved.keras")


def spread(model: Any, images: Any) -> None:
    """Turn and scale the softmax so that the log-odds of the images have mean 0 and deviation 2.

    The scores of a deep random network all lie within 1e-5 of 1/2, where anything agrees to 1e-5.
    """
    final = model.layers[-1]
    hidden = keras.Model(model.input, final.input)(images, training=False)
    kernel = np.random.default_rng(2).normal(size=final.kernel.shape)
    odds = keras.ops.convert_to_numpy(hidden) @ (kernel[:, 1] - kernel[:, 0])
    final.kernel.assign(kernel * 2 / odds.std())
    final.bias.assign([0, -2 * odds.mean() / odds.std()])


def drawn(n: int, size: int) -> Any:
    """Draw images of noise around a level of their own."""
    random = np.random.default_rng(0)
    images = random.normal(random.uniform(20, 230, (n, 1, 1, 3)), 40, (n, size, size, 3))
    return images.clip(0, 255).astype("float32")


@pytest.fixture
def pixels() -> Any:
    """Five drawn images."""
    return drawn(5, 24)


def test_onnx_answers_alike(classifier: models.Classifier, pixels: Any, tmp_path: Path) -> None:
    """ONNX Runtime gives the corrected scores to 1e-5, for one image or five, and the card."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    for package in ("onnx", CONVERTER):
        pytest.importorskip(package, reason=f"{package}, which ONNX needs here, is not installed")
    path = tmp_path / "exported" / "model.onnx"

    models.export_classifier(classifier, path)

    session = runtime.InferenceSession(path)
    assert [one.name for one in session.get_inputs()] == ["images"]
    assert [one.name for one in session.get_outputs()] == ["scores"]
    for some in (pixels, pixels[:1]):
        (scores,) = session.run(["scores"], {"images": some})
        assert scores.shape == (len(some), 1)
        np.testing.assert_allclose(scores[:, 0], classifier(some).scores, atol=1e-5)
    carried = session.get_modelmeta().custom_metadata_map[classifier_export.CARD_KEY]
    assert json.loads(carried)["threshold"] == 0.4
    assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("multilabel", [False, True])
def test_several_scores_are_exported_with_their_correction(
    tmp_path: Path, multilabel: bool, pixels: Any
) -> None:
    """Three classes or labels answer what the loaded classifier does, temperature and all."""
    model = models.create_classifier(
        keras.layers.Conv2D(4, 3),
        image_size=24,
        weights=None,
        preprocessing="tf",
        n_classes=3,
        multilabel=multilabel,
    )
    model.layers[-1].kernel.assign(np.random.default_rng(3).normal(size=(4, 3)))
    card = models.ClassifierCard(
        classes=("a", "b", "c"),
        threshold=(0.2, 0.3, 0.4),
        train_prevalence=(0.2, 0.3, 0.5),
        prevalence=(0.6, 0.3, 0.1),
        temperature=1.5,
        multilabel=multilabel,
    )
    models.save_classifier(model, tmp_path / "c.keras", card)
    classifier = models.load_classifier(tmp_path / "c.keras")
    found = classifier_export.answering_network(classifier).predict(pixels, verbose=0)

    assert found.shape == (5, 3)
    assert np.allclose(found.sum(axis=1), 1) != multilabel
    np.testing.assert_allclose(found, classifier(pixels).scores, atol=1e-5)


def test_onnx_of_the_packaged_network_answers_alike(tmp_path: Path) -> None:
    """EfficientNetB3 with the published head gives scores from near 0 to above 1/2 to 1e-5."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    for package in ("onnx", CONVERTER):
        pytest.importorskip(package, reason=f"{package}, which ONNX needs here, is not installed")
    keras.utils.set_random_seed(1)
    model, images = models.all_classifier(image_size=64, weights=None), drawn(6, 64)
    spread(model, images)
    classifier = saved(model, tmp_path)

    models.export_classifier(classifier, tmp_path / "model.onnx")

    session = runtime.InferenceSession(tmp_path / "model.onnx")
    (scores,) = session.run(None, {"images": images})
    expected = classifier(images).scores
    assert expected.min() < 0.1
    assert expected.max() > 0.5
    np.testing.assert_allclose(scores[:, 0], expected, atol=1e-5)


@pytest.mark.skipif(BACKEND == "torch", reason="Keras writes no SavedModel on PyTorch")
def test_a_saved_model_answers_alike(
    classifier: models.Classifier, pixels: Any, tmp_path: Path
) -> None:
    """TensorFlow, given the folder alone, gives the corrected scores to 1e-5."""
    tensorflow = pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    folder = tmp_path / "exported" / "model"

    models.export_classifier(classifier, folder)

    # Kept by name: its variables go when it goes.
    loaded = tensorflow.saved_model.load(folder)
    scores = loaded.serve(pixels).numpy()
    np.testing.assert_allclose(scores[:, 0], classifier(pixels).scores, atol=1e-5)
    card = json.loads((folder / "assets.extra" / classifier_export.CARD_FILE).read_text("utf-8"))
    assert card["classes"] == ["hem", "all"]
    assert list(folder.parent.iterdir()) == [folder]

    with pytest.raises(InvalidInputError, match=r"model exists\. Name a new folder"):
        models.export_classifier(classifier, folder)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="LiteRT is written on TensorFlow alone")
def test_half_weights_are_in_the_file_and_answer_nearly_alike(
    classifier: models.Classifier, pixels: Any, tmp_path: Path
) -> None:
    """Tensors of float16 stand in the file, none in float32's; scores agree to 0.01."""
    lite = pytest.importorskip("tensorflow").lite
    for precision in ("float32", "float16"):
        path = tmp_path / f"{precision}.tflite"
        models.export_classifier(classifier, path, precision=precision)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as below
            interpreter = lite.Interpreter(model_path=str(path))
        place = interpreter.get_input_details()[0]["index"]
        interpreter.resize_tensor_input(place, pixels.shape)
        interpreter.allocate_tensors()
        kinds = {each["dtype"] for each in interpreter.get_tensor_details()}
        assert (np.float16 in kinds) == (precision == "float16")
        interpreter.set_tensor(place, pixels)
        interpreter.invoke()
        scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        np.testing.assert_allclose(scores[:, 0], classifier(pixels).scores, atol=0.01)


def test_other_formats_refuse_smaller_weights(
    classifier: models.Classifier, tmp_path: Path
) -> None:
    """Weights of another kind than asked for would be quietly wrong; a misspelt one is named."""
    with pytest.raises(InvalidInputError, match=r"'int8' is written in LiteRT alone.*model\.onnx"):
        models.export_classifier(classifier, tmp_path / "model.onnx", precision="int8")
    with pytest.raises(InvalidInputError, match="float16"):
        models.export_classifier(classifier, tmp_path / "model.tflite", precision="half")
    assert not list(tmp_path.glob("model*"))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="LiteRT is written on TensorFlow alone")
def test_litert_answers_alike(classifier: models.Classifier, pixels: Any, tmp_path: Path) -> None:
    """TensorFlow's interpreter gives the corrected scores to 1e-5; the card is a zip member."""
    lite = pytest.importorskip("tensorflow").lite
    path = tmp_path / "model.tflite"

    models.export_classifier(classifier, path)

    with warnings.catch_warnings():
        # TensorFlow 2.21 announces that its interpreter moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = lite.Interpreter(model_path=str(path))
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, pixels.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, pixels)
    interpreter.invoke()
    scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(scores[:, 0], classifier(pixels).scores, atol=1e-5)
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read(classifier_export.CARD_FILE))["temperature"] == 1.5


def test_the_answering_network_holds_the_correction(
    classifier: models.Classifier, pixels: Any
) -> None:
    """The network to be exported gives the classifier's scores, and its own is left as it was."""
    before = classifier.model.predict(pixels, verbose=0)

    scores = classifier_export.answering_network(classifier).predict(pixels, verbose=0)

    np.testing.assert_allclose(scores[:, 0], classifier(pixels).scores, atol=1e-6)
    np.testing.assert_array_equal(classifier.model.predict(pixels, verbose=0), before)
    assert scores.std() > 0.1
    regularised = [one.name for one in classifier.model.layers if has_activity_regulariser(one)]
    assert regularised == ["hidden"]


@pytest.mark.parametrize("name", ["CenterCrop", "RandomFlip"])
def test_layers_that_ask_for_training_change_no_score(name: str, tmp_path: Path) -> None:
    """Keras records `training=True` for them in a file; moving statistics must not move by it."""
    layer = keras.layers.CenterCrop(16, 16) if name == "CenterCrop" else keras.layers.RandomFlip()
    images = keras.Input((24, 24, 3))
    found = keras.layers.BatchNormalization(momentum=0.1)(
        keras.layers.Rescaling(1 / 99)(layer(images))
    )
    found = keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 3)(found))
    model = keras.Model(images, keras.layers.Dense(2, "softmax")(found))
    model.layers[-1].kernel.assign(np.random.default_rng(3).normal(size=(4, 2)))
    classifier = saved(model, tmp_path)
    pixels = drawn(5, 24)
    expected = classifier.predict(pixels, verbose=0)

    made = classifier_export.answering_network(classifier).predict(pixels, verbose=0)

    np.testing.assert_allclose(made, expected, atol=1e-5)
    np.testing.assert_allclose(classifier.predict(pixels, verbose=0), expected, atol=1e-6)


def test_a_network_that_answers_otherwise_is_refused(
    classifier: models.Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction that is not the classifier's is found before anything is written."""
    monkeypatch.setattr(classifier_export, "correct", lambda scores, card, ops: scores)
    with pytest.raises(PrevalensError, match=r"otherwise than the classifier, by 0\.\d"):
        classifier_export.answering_network(classifier)


def test_without_a_prevalence_the_scores_are_as_trained(
    classifier: models.Classifier, pixels: Any
) -> None:
    """No correction is made where the card names no prevalence to correct to."""
    card = replace(classifier.card, prevalence=None, temperature=1.0)
    plain = models.Classifier(classifier.model, card)

    scores = classifier_export.answering_network(plain).predict(pixels, verbose=0)

    trained = classifier.model.predict(pixels, verbose=0)
    np.testing.assert_allclose(scores[:, 0], trained[:, 1], atol=1e-6)


def has_activity_regulariser(layer: Any) -> bool:
    """Say whether a layer penalises what it answers."""
    return getattr(layer, "activity_regularizer", None) is not None


@pytest.mark.parametrize(
    ("kind", "backend", "others"),
    [("tf_saved_model", "torch", "tensorflow or jax"), ("litert", "jax", "tensorflow")],
)
def test_what_a_backend_cannot_write_is_refused(kind: str, backend: str, others: str) -> None:
    """The refusal names the backend, and those on which the same file can be exported."""
    with pytest.raises(InvalidInputError, match=f"{kind}' on the backend '{backend}'.*{others}"):
        classifier_export._check_backend(kind, backend)


def test_a_missing_converter_leaves_nothing(
    classifier: models.Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the package, the error names the extra, and no file is begun."""
    monkeypatch.setitem(classifier_export._NEEDS["onnx"], BACKEND, (("no_such_onnx", "onnx"),))

    with pytest.raises(MissingExtraError, match=r"no_such_onnx.*prevalens\[onnx\]"):
        models.export_classifier(classifier, tmp_path / "there" / "model.onnx")
    assert not (tmp_path / "there").exists()


def test_a_failed_export_leaves_nothing(
    classifier: models.Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A converter that breaks off half-way leaves neither file nor folder."""

    def break_off(network: Any, path: Path, kind: str, settings: Any) -> None:
        (path / "half" if path.is_dir() else path).write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(classifier_export, "_write", break_off)
    monkeypatch.setattr(classifier_export, "_check_backend", lambda kind, backend: None)
    for name in ("model.onnx", "model.tflite", "model"):
        with pytest.raises(OSError, match="No space"):
            models.export_classifier(classifier, tmp_path / "there" / name)
    assert not list((tmp_path / "there").iterdir())


def test_a_full_disk_is_no_fault_of_the_converter(
    classifier: models.Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file system refuses is passed on in its own words; no other way would help."""

    def fail(self: Any, path: Path, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "export", fail)
    monkeypatch.setattr(classifier_export, "_check_backend", lambda kind, backend: None)
    with pytest.raises(OSError, match="No space left on device"):
        models.export_classifier(classifier, tmp_path / "model.onnx")


def test_a_full_disk_is_no_fault_of_tensorflow_either(
    classifier: models.Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow writes a SavedModel by itself: its error names the target, and no way round."""
    target = tmp_path / "model"

    def fail(self: Any, path: Path, **kwargs: Any) -> None:
        (path / "half").touch()
        raise RuntimeError(f"{{{{node SaveV2}}}} {path}/variables; No space left on device")

    monkeypatch.setattr(keras.Model, "export", fail)
    monkeypatch.setattr(classifier_export, "_check_backend", lambda kind, backend: None)
    with pytest.raises(UnwritableFileError, match="No space left on device") as caught:
        models.export_classifier(classifier, target)
    assert str(caught.value).startswith(f"{target} cannot be written")
    assert "converter" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["saved.keras"]


def test_where_no_other_backend_can_none_is_offered() -> None:
    """LiteRT is written from TensorFlow alone, so there is nowhere else to load the file."""
    assert classifier_export._elsewhere("litert", "tensorflow") == ""


def test_a_converter_that_fails_is_reported_with_another_way(
    classifier: models.Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a converter raises is passed on, with the backends that may know the network."""

    def fail(self: Any, path: Path, **kwargs: Any) -> None:
        raise TypeError("no rule for erf_inv.")

    monkeypatch.setattr(keras.Model, "export", fail)
    monkeypatch.setattr(classifier_export, "_check_backend", lambda kind, backend: None)
    with pytest.raises(PrevalensError, match=rf"'{BACKEND}': no rule for erf_inv\..*same on every"):
        models.export_classifier(classifier, tmp_path / "model.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["saved.keras"]


def test_a_network_with_a_second_input_is_refused(tmp_path: Path) -> None:
    """A converter that made an input of a constant wrote a network nobody can feed."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    two = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1])
        for name in ("images", "lost/constant", "scores")
    ]
    add = onnx.helper.make_node("Add", ["images", "lost/constant"], ["scores"])
    graph = onnx.helper.make_graph([add], "sum", two[:2], two[2:])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "sum.onnx")

    with pytest.raises(PrevalensError, match=r"made inputs of constants: .*'lost/constant'"):
        classifier_export._finish_onnx(tmp_path / "sum.onnx", "{}")


def test_another_ending_is_refused(classifier: models.Classifier, tmp_path: Path) -> None:
    """An ending that names no format is refused with those that do."""
    with pytest.raises(InvalidInputError, match=r"'\.onnx' or '\.tflite'.*got 'model\.pb'"):
        models.export_classifier(classifier, tmp_path / "model.pb")
