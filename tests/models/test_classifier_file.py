"""One file answers: scores, calls, and clear words where it cannot."""

import dataclasses
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens import explanations, models
from prevalens.augmentation import AugmentationPolicy, Flip
from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.augmentation import RandomAugmentation  # noqa: E402
from prevalens.predictions import predict_with_views  # noqa: E402

pytestmark = pytest.mark.keras

SETTINGS: dict[str, Any] = {
    "classes": ("well", "sick"),
    "threshold": 0.5,
    "train_prevalence": 0.5,
}


def network(*, output: str = "sigmoid") -> Any:
    """Return a classifier whose score is the sigmoid of the mean pixel over 255."""
    model = models.create_classifier(
        keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255)]),
        image_size=8,
        weights=None,
        preprocessing="inside",
        output=output,
    )
    kernel = np.full((3, 1), 1 / 3) if output == "sigmoid" else np.array([[0, 1 / 3]] * 3)
    model.layers[-1].kernel.assign(kernel)
    return model


def pixels(*values: int) -> Any:
    """Return one even image a value."""
    return np.stack([np.full((8, 8, 3), value, np.uint8) for value in values])


def saved(path: Path, *, output: str = "sigmoid", **settings: Any) -> Any:
    """Save and load a classifier."""
    card = models.ClassifierCard(**{**SETTINGS, **settings})
    models.save_classifier(network(output=output), path, card)
    return models.load_classifier(path)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_scores_and_calls_come_back(tmp_path: Path, output: str) -> None:
    """Black scores 1/2 and white e/(1+e); at threshold 0.6 white alone is predicted sick."""
    classifier = saved(tmp_path / "c.keras", output=output, threshold=0.6)
    answer = classifier(pixels(0, 255), batch_size=1)

    np.testing.assert_allclose(answer.scores, [0.5, np.e / (1 + np.e)], rtol=1e-5)
    assert answer.is_positive.tolist() == [False, True]
    assert answer.names.tolist() == ["well", "sick"]
    assert classifier.card.positive == "sick"
    assert len(classifier(pixels(0)[:0]).scores) == 0


def test_the_file_is_a_keras_model_like_any_other(tmp_path: Path) -> None:
    """Read by Keras alone, it answers the scores that were written, before any correction."""
    saved(tmp_path / "c.keras", prevalence=0.1)
    scores = keras.saving.load_model(tmp_path / "c.keras").predict(pixels(0, 255), verbose=0)
    np.testing.assert_allclose(scores[:, 0], [0.5, np.e / (1 + np.e)], rtol=1e-5)


def test_the_loaded_network_can_be_explained(tmp_path: Path) -> None:
    """It ends in the layer it was saved with, so that a map shows what the original's would."""
    original, classifier = network(), saved(tmp_path / "c.keras")
    images = pixels(40, 200)
    images[1, :4] = 0

    ours, theirs = (
        explanations.compute_activation_map(of, images) for of in (classifier, original)
    )
    np.testing.assert_array_equal(ours, theirs)


def test_paths_and_pixels_answer_alike(tmp_path: Path) -> None:
    """An image file answers what its pixels answer."""
    Image.fromarray(pixels(77)[0]).save(tmp_path / "one.png")
    classifier = saved(tmp_path / "c.keras")

    np.testing.assert_array_equal(
        classifier([tmp_path / "one.png"]).scores, classifier(pixels(77)).scores
    )


def test_the_prevalence_moves_the_odds(tmp_path: Path) -> None:
    """From 1/2 to 1/5 the odds are divided by 4: a score of 1/2 becomes 1/5; then back."""
    classifier = saved(tmp_path / "c.keras", prevalence=0.2)

    np.testing.assert_allclose(classifier(pixels(0)).scores, [0.2], rtol=1e-6)
    np.testing.assert_allclose(classifier(pixels(0), prevalence=0.5).scores, [0.5], rtol=1e-6)


def test_a_temperature_divides_the_log_odds(tmp_path: Path) -> None:
    """White has log-odds 1; at temperature 2 they are 1/2."""
    classifier = saved(tmp_path / "c.keras", temperature=2.0)

    np.testing.assert_allclose(classifier(pixels(255)).scores, [1 / (1 + np.exp(-0.5))], rtol=1e-5)


def test_pixels_of_another_shape_are_refused(tmp_path: Path) -> None:
    """Pixels that do not fit are refused with the shape that does."""
    with pytest.raises(InvalidInputError, match=r"\(n_images, 8, 8, 3\), got \(2, 9, 8, 3\)"):
        saved(tmp_path / "c.keras")(np.zeros((2, 9, 8, 3)))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_file_is_refused(tmp_path: Path, share: float) -> None:
    """A file cut anywhere is refused by its name."""
    path = tmp_path / "c.keras"
    saved(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(
        InvalidInputError, match=r"c\.keras (cannot be read as a classifier|is empty)"
    ):
        models.load_classifier(path)


@pytest.mark.parametrize(
    ("writer", "said"),
    [("99.1.0", r"Keras 99\.1\.0 wrote it, and this is .*install keras>=99\.1\.0"), ("3.0.0", "")],
)
def test_a_file_of_a_newer_keras_says_so(tmp_path: Path, writer: str, said: str) -> None:
    """Keras refuses what it does not know without a word of versions; the file knows its own."""
    path = tmp_path / "c.keras"
    saved(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = members["config.json"].replace(b'"units": 1', b'"units": 1, "new": 2')
    members["metadata.json"] = json.dumps({"keras_version": writer}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    with pytest.raises(InvalidInputError, match=f"cannot be read.*{said}") as refused:
        models.load_classifier(path)
    assert ("wrote it" in str(refused.value)) == bool(said)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is refused by its name."""
    with pytest.raises(InvalidInputError, match=r"none\.keras does not exist"):
        models.load_classifier(tmp_path / "none.keras")


def test_a_file_that_wants_to_run_code_is_refused(tmp_path: Path) -> None:
    """A Lambda layer carries code; Keras' safe mode refuses it, and so do we."""
    path = tmp_path / "hostile.keras"
    images = keras.Input((8, 8, 3))
    scores = keras.layers.Lambda(lambda x: x[:, 0, 0, :1], output_shape=(1,))(images)
    models.save_classifier(keras.Model(images, scores), path, models.ClassifierCard(**SETTINGS))

    with pytest.raises(InvalidInputError, match=r"hostile\.keras cannot be read.*you trust"):
        models.load_classifier(path)


def test_a_model_without_a_card_is_refused(tmp_path: Path) -> None:
    """A plain Keras file is refused with the way to make it a classifier."""
    network().save(tmp_path / "plain.keras")

    with pytest.raises(InvalidInputError, match="without a classifier's card"):
        models.load_classifier(tmp_path / "plain.keras")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"version": 2}, "has version 2; this prevalens reads 1 of .*Update prevalens"),
        ({"more": 1}, r"c\.keras was edited or cut: .*more"),
        ({"threshold": 7}, r"c\.keras was edited or cut: `threshold`"),
        ({"threshold": [0.1, 0.2]}, "c.keras was edited: `threshold` must be a number"),
    ],
)
def test_another_version_and_an_edit_are_refused(
    tmp_path: Path, change: dict[str, int], text: str
) -> None:
    """A card of a later version names the library's version; an edited one is said so."""
    path = tmp_path / "c.keras"
    saved(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    layer = next(x for x in config["config"]["layers"] if x["class_name"] == "CardLayer")
    layer["config"]["card"] |= change
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(InvalidInputError, match=text):
        models.load_classifier(path)


def test_only_fitting_outputs_and_keras_files_are_written(tmp_path: Path) -> None:
    """Another ending, number of scores or kind of output is refused, and nothing is written."""
    card = models.ClassifierCard(**SETTINGS)
    with pytest.raises(InvalidInputError, match=r"must be one of '\.keras', got '\.h5'"):
        models.save_classifier(network(), tmp_path / "c.h5", card)
    three = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    with pytest.raises(InvalidInputError, match=r"shape \(batch, 1 or 2\), got \(None, 192\)"):
        models.save_classifier(three, tmp_path / "c.keras", card)
    labels = models.ClassifierCard(
        classes=("a", "b"), threshold=(0.5, 0.5), train_prevalence=(0.5, 0.5), multilabel=True
    )
    with pytest.raises(InvalidInputError, match="2 labels do not go with an output of softmax"):
        models.save_classifier(network(output="softmax"), tmp_path / "c.keras", labels)
    assert not list(tmp_path.iterdir())


def many(path: Path, kernel: Any, *, multilabel: bool, **settings: Any) -> Any:
    """Save and load a classifier of three classes or labels of given kernel `(3, 3)`."""
    model = models.create_classifier(
        keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255)]),
        image_size=8,
        weights=None,
        preprocessing="inside",
        n_classes=3,
        multilabel=multilabel,
    )
    model.layers[-1].kernel.assign(kernel)
    card = models.ClassifierCard(classes=("a", "b", "c"), multilabel=multilabel, **settings)
    models.save_classifier(model, path, card)
    return models.load_classifier(path)


def test_three_classes_answer_with_their_own_thresholds(tmp_path: Path) -> None:
    """Logits (0, log 2, log 5): shares 1/8, 2/8, 5/8; from thirds to (0.5, 0.25, 0.25): 2:2:5."""
    kernel = np.array([[0, np.log(2) / 3, np.log(5) / 3]] * 3)
    classifier = many(
        tmp_path / "c.keras",
        kernel,
        multilabel=False,
        threshold=None,
        train_prevalence=(1 / 3, 1 / 3, 1 / 3),
    )
    answer = classifier(pixels(255))
    np.testing.assert_allclose(answer.scores, [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-5)
    assert (answer.names.tolist(), answer.is_positive.tolist()) == (["c"], [[False, False, True]])

    moved = classifier(pixels(255), prevalence=(0.5, 0.25, 0.25))
    np.testing.assert_allclose(moved.scores, [[2 / 9, 2 / 9, 5 / 9]], rtol=1e-5)

    own = models.Classifier(
        classifier.model, dataclasses.replace(classifier.card, threshold=(0.1, 0.3, 0.7))
    )
    assert own(pixels(255)).is_positive.tolist() == [[True, False, False]]


def test_three_labels_answer_each_for_itself(tmp_path: Path) -> None:
    """Odds 1, 2 and 5; label c at a prevalence of 1/5 in place of 1/2 has odds 5/4."""
    kernel = np.array([[0, np.log(2) / 3, np.log(5) / 3]] * 3)
    classifier = many(
        tmp_path / "c.keras",
        kernel,
        multilabel=True,
        threshold=(0.4, 0.7, 0.5),
        train_prevalence=(0.5, 0.5, 0.5),
        prevalence=(0.5, 0.5, 0.2),
    )
    answer = classifier(np.concatenate([pixels(255), pixels(0)]))

    np.testing.assert_allclose(answer.scores[0], [1 / 2, 2 / 3, 5 / 9], rtol=1e-5)
    assert answer.is_positive[0].tolist() == [True, False, True]
    assert answer.names.tolist() == ["a; c", "a"]


def test_a_loaded_classifier_stands_wherever_a_model_does(tmp_path: Path) -> None:
    """Views, `predict` and maps take it; scores are the card's, maps are the network's."""
    classifier = saved(tmp_path / "c.keras", prevalence=0.2)
    images = pixels(0, 255)
    seen = predict_with_views(classifier, images)

    np.testing.assert_allclose(seen.scores, classifier(images).scores, rtol=1e-6)
    np.testing.assert_allclose(classifier.predict(images, verbose=0)[:, 0], seen.scores, rtol=1e-6)
    for kind, settings in (
        (explanations.compute_integrated_gradients, {"baseline": 0}),
        (explanations.compute_occlusion_map, {"patch": 4}),
        (explanations.grad_cam, {}),
    ):
        maps = [kind(of, images, **settings) for of in (classifier, classifier.model)]
        np.testing.assert_array_equal(*maps)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
def test_a_file_of_half_precision_answers_in_float32(tmp_path: Path, policy: str) -> None:
    """The score is that of the same weights in float32, not of numbers rounded to three digits."""
    inputs = keras.Input((8, 8, 3))
    hidden = keras.layers.Dense(1, dtype=policy, kernel_initializer="ones")(inputs[:, 0, 0] / 255)
    score = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones", dtype="float32")(hidden)
    models.save_classifier(
        keras.Model(inputs, score), tmp_path / "c.keras", models.ClassifierCard(**SETTINGS)
    )
    classifier = models.load_classifier(tmp_path / "c.keras")

    expected = 1 / (1 + np.exp(-3 * 77 / 255))
    np.testing.assert_allclose(classifier(pixels(77)).scores, [expected], rtol=1e-6)
    assert {str(weight.dtype) for weight in classifier.model.weights} == {"float32"}


def test_a_classifier_with_augmentation_is_read_in_a_new_process(tmp_path: Path) -> None:
    """`load_classifier` alone is imported, as a clinic's program would; the layer is known.

    An output of weights 0 would answer a half whatever was read, so these are 1 and -1 by turns.
    """
    model = models.create_classifier(
        keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255)]),
        image_size=8,
        weights=None,
        preprocessing="inside",
        augmentation=RandomAugmentation(AugmentationPolicy([Flip()]), seed=1),
    )
    for variable in model.weights:
        signs = np.where(np.arange(np.prod(variable.shape)) % 2, -1.0, 1.0)
        variable.assign(signs.reshape(variable.shape))
    images = np.arange(192, dtype=np.uint8).reshape(1, 8, 8, 3)
    models.save_classifier(model, tmp_path / "c.keras", models.ClassifierCard(**SETTINGS))
    program = (
        "import sys, numpy\n"
        "from prevalens.models import load_classifier\n"
        "images = numpy.arange(192, dtype='uint8').reshape(1, 8, 8, 3)\n"
        "print(load_classifier(sys.argv[1])(images).scores[0])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "c.keras")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    (expected,) = models.load_classifier(tmp_path / "c.keras")(images).scores
    assert abs(expected - 0.5) > 0.05
    assert float(ran.stdout.split()[-1]) == pytest.approx(expected, rel=1e-5)
