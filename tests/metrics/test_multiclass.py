"""Tests of figures with more than two classes."""

import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, multiclass_figures, wilson_interval

RNG = np.random.default_rng(17)
CLASSES = ["hem", "early", "pro"]
PATIENTS = np.repeat(np.arange(30), 7)
LABELS = RNG.integers(0, 3, 210)
RAW = RNG.random((210, 3)) + 0.6 * np.eye(3)[LABELS]
SCORES = RAW / RAW.sum(axis=1, keepdims=True)


def test_values_agree_with_scikit_learn() -> None:
    """One-vs-rest, macro and micro AUROC; macro recall; log loss; average precision."""
    made = multiclass_figures(LABELS, SCORES, classes=CLASSES, patients=PATIENTS)
    actual = np.eye(3)[LABELS]
    calls = SCORES.argmax(axis=1)
    for figure, theirs in (
        (made.macro["auroc"], sklearn_metrics.roc_auc_score(LABELS, SCORES, multi_class="ovr")),
        (made.micro["auroc"], sklearn_metrics.roc_auc_score(actual, SCORES, average="micro")),
        (made.macro["sensitivity"], sklearn_metrics.balanced_accuracy_score(LABELS, calls)),
        (
            made.macro["average_precision"],
            sklearn_metrics.average_precision_score(actual, SCORES, average="macro"),
        ),
        (made.micro["log_loss"], sklearn_metrics.log_loss(LABELS, SCORES)),
        (made.micro["accuracy"], sklearn_metrics.accuracy_score(LABELS, calls)),
        (made.per_class["early"]["f1"], sklearn_metrics.f1_score(LABELS == 1, calls == 1)),
    ):
        assert figure.value == pytest.approx(theirs)
        assert figure.lower < figure.value < figure.upper  # type: ignore[operator]
        assert figure.patients == 30


def test_the_brier_score_is_the_sum_over_classes() -> None:
    """By hand: (.3^2 + .3^2) and (.4^2 + .1^2 + .5^2)."""
    made = multiclass_figures([0, 2], [[0.7, 0.3, 0.0], [0.4, 0.1, 0.5]], classes=CLASSES)
    assert made.micro["brier"].value == pytest.approx((0.18 + 0.42) / 2)


def test_one_against_the_rest_is_the_two_class_figure() -> None:
    """The same limits as labels and scores of that class alone."""
    made = multiclass_figures(LABELS, SCORES, classes=CLASSES, patients=PATIENTS)
    assert made.per_class["pro"]["auroc"] == auroc(LABELS == 2, SCORES[:, 2], patients=PATIENTS)


def test_the_macro_sensitivity_of_independent_images_by_hand() -> None:
    """The mean of three shares: variances add, over nine."""
    made = multiclass_figures(LABELS, SCORES, classes=CLASSES).macro["sensitivity"]
    right = SCORES.argmax(axis=1) == LABELS
    shares = [right[which == LABELS].mean() for which in range(3)]
    variance = sum(p * (1 - p) / (c == LABELS).sum() for c, p in enumerate(shares)) / 9
    value = float(np.mean(shares))
    reach = 1.959963984540054 * math.sqrt(variance) / (value * (1 - value))
    assert made.upper == pytest.approx(1 / (1 + math.exp(-math.log(value / (1 - value)) - reach)))


def test_the_micro_accuracy_of_independent_images_is_wilsons() -> None:
    """And singletons change nothing but the micro AUROC's unit, which is the image."""
    alone, single = (
        multiclass_figures(LABELS, SCORES, classes=CLASSES, patients=p)
        for p in (None, np.arange(210))
    )
    hits = int((SCORES.argmax(axis=1) == LABELS).sum())
    assert (alone.micro["accuracy"].lower, alone.micro["accuracy"].upper) == wilson_interval(
        hits, 210
    )
    for part in ("macro", "micro"):
        for name, figure in getattr(alone, part).items():
            assert getattr(single, part)[name].lower == pytest.approx(figure.lower), name


def test_a_class_without_images_leaves_no_macro_figure() -> None:
    """The class is named; what needs it has no value."""
    made = multiclass_figures([0, 0, 1], [[0.6, 0.3, 0.1]] * 3, classes=CLASSES)
    assert "'pro'" in str(made.macro["auroc"].not_estimable)
    assert made.per_class["pro"]["sensitivity"].not_estimable == "no positive images"
    assert made.to_dict()["micro"]["accuracy"]["value"] == pytest.approx(2 / 3)


def test_an_impossible_score_has_an_infinite_loss() -> None:
    """A score of 0 for what happened."""
    made = multiclass_figures([0, 1], [[1.0, 0.0], [1.0, 0.0]], classes=["a", "b"])
    assert "1 images" in str(made.micro["log_loss"].not_estimable)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 3], [[0.2, 0.3, 0.5]] * 2, r"from 0 to 2.*got 0, 3"),
        ([0, 1], [[0.2, 0.8]] * 2, r"shape \(n_rows, 3\).*got \(2, 2\)"),
        ([0, 1], [[0.2, 0.9, 0.7]] * 2, "row 0 adds up to 1.8.*softmax"),
        (["hem", "pro"], [[0.2, 0.3, 0.5]] * 2, "got 'hem', 'pro'"),
    ],
)
def test_bad_tables_are_refused(labels: list[object], scores: object, message: str) -> None:
    """Each with the value and the remedy."""
    with pytest.raises(InvalidInputError, match=message):
        multiclass_figures(labels, scores, classes=CLASSES)  # type: ignore[arg-type]


def test_a_class_of_one_patient_leaves_the_mean_without_limits() -> None:
    """Another patient of that class could be quite different, and nothing here says how."""
    patients = np.where(LABELS == 2, 99, PATIENTS)
    made = multiclass_figures(LABELS, SCORES, classes=CLASSES, patients=patients).macro["auroc"]
    assert made.value is not None
    assert made.lower is None
    assert "rests on one patient" in str(made.note)


def test_a_perfect_table_has_no_limits() -> None:
    """Every class told apart by every patient: the means are 1, and no interval of width 0."""
    scores = 0.9 * np.eye(3)[LABELS] + 0.1 / 3
    for patients in (None, PATIENTS):
        made = multiclass_figures(LABELS, scores, classes=CLASSES, patients=patients)
        for figure in made.macro.values():
            assert (figure.value, figure.lower) == (1.0, None)
            assert "width of 0" in str(figure.note)
