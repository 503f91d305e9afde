"""The mean of several classifiers, by hand counts, and as one file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.explanations import compute_occlusion_map
from prevalens.studies import Fold, cross_predict

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models import (  # noqa: E402
    Classifier,
    ClassifierCard,
    average_classifiers,
    load_classifier,
    save_classifier,
)

pytestmark = pytest.mark.keras
PIXELS = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (0, 60, 200, 255)])
SHADES = np.array([0, 60, 200, 255]) / 255


def network(*slopes: float, output: str = "sigmoid", bias: float = 0.0) -> Any:
    """Return a network whose log-odds are slopes times the mean of an even image."""
    images = keras.Input((2, 2, 3))
    mean = keras.ops.mean(images / 255, axis=(1, 2, 3))[:, None]
    final = keras.layers.Dense(len(slopes), output)
    model = keras.Model(images, final(mean), name="classifier")
    final.set_weights([np.array([slopes], np.float32), np.full(len(slopes), bias, np.float32)])
    return model


def binary(slope: float, *, output: str = "sigmoid", bias: float = 0.0, **card: Any) -> Classifier:
    """Return a classifier of two classes."""
    settings = {"classes": ("no", "yes"), "threshold": 0.5, "train_prevalence": 0.5, **card}
    slopes = (slope,) if output == "sigmoid" else (0.0, slope)
    return Classifier(network(*slopes, output=output, bias=bias), ClassifierCard(**settings))


def of_classes(*slopes: float, **card: Any) -> Classifier:
    """Return a classifier of three classes."""
    settings = {
        "classes": ("a", "b", "c"),
        "threshold": None,
        "train_prevalence": (0.2, 0.3, 0.5),
        **card,
    }
    return Classifier(network(*slopes, output="softmax"), ClassifierCard(**settings))


@pytest.mark.parametrize("outputs", [("sigmoid", "sigmoid"), ("sigmoid", "softmax")])
def test_log_odds_are_averaged(outputs: tuple[str, str]) -> None:
    """Slopes of 1 and 3 are one of 2, whatever the members' outputs; names may repeat."""
    mean = average_classifiers([binary(1, output=outputs[0]), binary(3, output=outputs[1])])

    np.testing.assert_allclose(mean(PIXELS).scores, expit(2 * SHADES), rtol=1e-5)
    assert mean(PIXELS).is_positive.tolist() == [True] * 4


def test_temperatures_and_training_prevalences_are_the_members_own() -> None:
    """Each is taken to its temperature and to the mean of the training prevalences."""
    members = [
        binary(2, temperature=2.0, train_prevalence=0.2, prevalence=0.1),
        binary(4, bias=-1.0, train_prevalence=0.4, prevalence=0.1),
    ]
    mean = average_classifiers(members, threshold=0.25, threshold_origin="stated")
    apart = [logit(member(PIXELS).scores) for member in members]

    np.testing.assert_allclose(mean(PIXELS).scores, expit(np.mean(apart, axis=0)), rtol=1e-5)
    assert mean.card.train_prevalence == pytest.approx(0.3)
    assert (mean.card.temperature, mean.card.prevalence) == (1.0, 0.1)
    assert (mean.card.threshold, mean.card.threshold_origin) == (0.25, "stated")


def test_classes_are_averaged_by_their_logarithms() -> None:
    """Each member's corrected logarithms, averaged, and summing to 1 again."""
    members = [
        of_classes(0, 1, 3),
        of_classes(0, -1, 1, temperature=0.5, train_prevalence=(0.4, 0.4, 0.2)),
    ]
    common = np.array([0.3, 0.35, 0.35])
    logs = [
        np.outer(SHADES, [0, 1, 3]) + np.log(common / [0.2, 0.3, 0.5]),
        np.outer(SHADES, [0, -1, 1]) / 0.5 + np.log(common / [0.4, 0.4, 0.2]),
    ]
    # A softmax' own constant is no part of the first member; a temperature divides it as well,
    # by the same number for all classes, so that it falls out of the last softmax.
    mean = average_classifiers(members)
    answer = mean(PIXELS)

    np.testing.assert_allclose(answer.scores, softmax(np.mean(logs, axis=0), axis=1), rtol=1e-5)
    assert mean.card.threshold is None
    assert mean.card.train_prevalence == pytest.approx(tuple(common))


def test_labels_have_a_mean_each() -> None:
    """Scores of labels need not sum to 1."""
    card = ClassifierCard(
        classes=("a", "b"), threshold=(0.5, 0.7), train_prevalence=(0.1, 0.2), multilabel=True
    )
    mean = average_classifiers([Classifier(network(1, -1), card), Classifier(network(3, -5), card)])

    np.testing.assert_allclose(mean(PIXELS).scores, expit(np.outer(SHADES, [2, -3])), rtol=1e-5)
    assert mean.card.threshold == (0.5, 0.7)


def test_certain_scores_have_a_mean() -> None:
    """A member that says 1 in float32 does not outvote by infinity, nor make a NaN."""
    mean = average_classifiers([binary(1e4, bias=200.0), binary(0.0, bias=-200.0)])

    np.testing.assert_allclose(mean(PIXELS).scores, 0.5, atol=1e-3)


def test_one_file_holds_all(tmp_path: Path) -> None:
    """Written, and read by a classifier's reader, it answers the same; members lie as files."""
    paths = []
    for number, slope in enumerate((1.0, 2.0, 6.0)):
        member = binary(slope)
        paths.append(tmp_path / f"fold_{number}.keras")
        save_classifier(member.model, paths[-1], member.card)
    mean = average_classifiers(paths)
    save_classifier(mean.model, tmp_path / "mean.keras", mean.card)
    read = load_classifier(tmp_path / "mean.keras")

    np.testing.assert_allclose(read(PIXELS).scores, expit(3 * SHADES), rtol=1e-5)
    assert read.card == mean.card


def test_a_mean_may_be_averaged_and_explained() -> None:
    """It is a classifier like others."""
    both = average_classifiers([binary(1), binary(3)])
    again = average_classifiers([both, binary(4)])
    drop = compute_occlusion_map(again, PIXELS[2:3].astype(float), patch=1, fill=0)

    np.testing.assert_allclose(again(PIXELS).scores, expit(3 * SHADES), rtol=1e-5)
    assert np.all(drop > 0)


def test_the_folds_of_a_study_become_one_classifier(tmp_path: Path) -> None:
    """Each fold writes its own; the mean of all is of the folds' weights."""
    cohort = Cohort(
        images=[f"{k}.png" for k in range(12)],
        labels=["yes", "no"] * 6,
        patients=[f"p{k // 2}" for k in range(12)],
        positive="yes",
    )

    def build(cohort: Cohort, fold: Fold) -> Any:
        assert fold.folder is not None
        member = binary(float(fold.number))
        save_classifier(member.model, fold.folder / "classifier.keras", member.card)
        return lambda cohort, rows: member(PIXELS[np.zeros(len(rows), int)]).scores

    cross_predict(cohort, build, n_splits=3, folder=tmp_path)
    folders = [tmp_path / f"repeat-0-fold-{number}" for number in range(3)]
    mean = average_classifiers([folder / "classifier.keras" for folder in folders])

    np.testing.assert_allclose(mean(PIXELS).scores, expit(SHADES), rtol=1e-5)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"classes": ("yes", "no")}, "the classes of classifier 1"),
        ({"prevalence": 0.1}, "the prevalence of classifier 1 is 0.1"),
        ({"threshold": 0.4}, r"thresholds differ \(0.4, 0.5\).*Give `threshold=`"),
    ],
)
def test_other_questions_are_refused(other: dict[str, Any], told: str) -> None:
    """The mean of answers to different questions would answer none."""
    with pytest.raises(InvalidInputError, match=told):
        average_classifiers([binary(1), binary(1, **other)])


def test_other_images_are_refused() -> None:
    """The text names both shapes."""
    wide = keras.Sequential(
        [keras.Input((2, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
    )
    with pytest.raises(InvalidInputError, match=r"image shape.*\(2, 4, 3\).*\(2, 2, 3\)"):
        average_classifiers([binary(1), Classifier(wide, binary(1).card)])


@pytest.mark.parametrize("given", [[], "fold.keras"])
def test_one_is_no_mean(given: Any) -> None:
    """A single path is one classifier, not its letters."""
    with pytest.raises(InvalidInputError, match="at least two"):
        average_classifiers(given)


def test_a_bare_model_has_no_card() -> None:
    """The remedy is the class that takes both."""
    with pytest.raises(InvalidInputError, match=r"Classifier\(model, card\)"):
        average_classifiers([network(1.0), network(2.0)])
