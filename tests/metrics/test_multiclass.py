"""Tests of estimates with more than two classes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics
from slow_jackknife import (
    WeightedEstimate,
    student_of_mean,
    weighted_auroc,
    weighted_average_precision,
)

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    auroc,
    average_precision,
    confusion_estimates,
    multiclass_estimates,
    wilson_interval,
)

RNG = np.random.default_rng(17)
CLASSES = ["hem", "early", "pro"]
PATIENTS = np.repeat(np.arange(30), 7)
LABELS = RNG.integers(0, 3, 210)
RAW = RNG.random((210, 3)) + 0.6 * np.eye(3)[LABELS]
SCORES = RAW / RAW.sum(axis=1, keepdims=True)


def test_values_agree_with_scikit_learn() -> None:
    """One-vs-rest, macro and micro AUROC; macro recall; log loss; average precision."""
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=PATIENTS)
    actual = np.eye(3)[LABELS]
    predictions = SCORES.argmax(axis=1)
    for estimate, theirs in (
        (
            made.overall["macro_auroc"],
            sklearn_metrics.roc_auc_score(LABELS, SCORES, multi_class="ovr"),
        ),
        (
            made.overall["micro_auroc"],
            sklearn_metrics.roc_auc_score(actual, SCORES, average="micro"),
        ),
        (
            made.overall["balanced_accuracy"],
            sklearn_metrics.balanced_accuracy_score(LABELS, predictions),
        ),
        (
            made.overall["macro_average_precision"],
            sklearn_metrics.average_precision_score(actual, SCORES, average="macro"),
        ),
        (made.overall["log_loss"], sklearn_metrics.log_loss(LABELS, SCORES)),
        (made.overall["accuracy"], sklearn_metrics.accuracy_score(LABELS, predictions)),
        (made.per_class["early"]["f1"], sklearn_metrics.f1_score(LABELS == 1, predictions == 1)),
    ):
        assert estimate.value == pytest.approx(theirs)
        assert estimate.lower < estimate.value < estimate.upper  # type: ignore[operator]
        assert estimate.patients == 30


def test_the_brier_score_is_the_sum_over_classes() -> None:
    """By hand: (.3^2 + .3^2) and (.4^2 + .1^2 + .5^2)."""
    made = multiclass_estimates([0, 2], [[0.7, 0.3, 0.0], [0.4, 0.1, 0.5]], classes=CLASSES)
    assert made.overall["multiclass_brier"].value == pytest.approx((0.18 + 0.42) / 2)


def test_one_against_the_rest_is_the_two_class_estimate() -> None:
    """The same limits as labels and scores of that class alone."""
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=PATIENTS)
    assert made.per_class["pro"]["auroc"] == auroc(LABELS == 2, SCORES[:, 2], patients=PATIENTS)


def test_the_micro_accuracy_of_independent_images_is_wilsons() -> None:
    """And unclustered change nothing but the micro AUROC's unit, which is the image."""
    alone, single = (
        multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=p)
        for p in (None, np.arange(210))
    )
    hits = int((SCORES.argmax(axis=1) == LABELS).sum())
    assert (alone.overall["accuracy"].lower, alone.overall["accuracy"].upper) == wilson_interval(
        hits, 210
    )
    for name, estimate in alone.overall.items():
        assert single.overall[name].lower == pytest.approx(estimate.lower), name


def test_a_class_without_images_leaves_no_macro_estimate() -> None:
    """The class is named; what needs it has no value."""
    made = multiclass_estimates([0, 0, 1], [[0.6, 0.3, 0.1]] * 3, classes=CLASSES)
    assert "'pro'" in str(made.overall["macro_auroc"].not_estimable)
    assert made.per_class["pro"]["sensitivity"].not_estimable == "no positive images"
    assert made.to_dict()["overall"]["accuracy"]["value"] == pytest.approx(2 / 3)


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
        multiclass_estimates(labels, scores, classes=CLASSES)  # type: ignore[arg-type]


ACTUAL = np.eye(3)[LABELS]
PREDICTED = SCORES.argmax(axis=1)


def macro_of(name: str) -> WeightedEstimate:
    """Return a weighted mean over classes."""

    def value(w: np.ndarray) -> float:
        found = []
        for which in range(3):
            truth, scores = which == LABELS, SCORES[:, which]
            right = truth == (which == PREDICTED)
            if name == "auroc":
                found.append(weighted_auroc(truth, scores, w))
            elif name == "average_precision":
                found.append(weighted_average_precision(truth, scores, w))
            else:
                rows = truth if name == "sensitivity" else ~truth
                found.append((w * right)[rows].sum() / w[rows].sum())
        return float(np.mean(found))

    return value


def test_pooled_rows_are_inside_their_image_or_patient() -> None:
    """The micro AUROC is that of all rows and classes as one column, images being patients."""
    pooled, truth = SCORES.reshape(-1), ACTUAL.reshape(-1)
    for patients, inside in ((None, np.arange(210)), (PATIENTS, PATIENTS)):
        made = multiclass_estimates(
            LABELS, SCORES, classes=CLASSES, patients=patients, confidence_level=0.9
        ).overall
        whole = auroc(truth, pooled, patients=np.repeat(inside, 3), confidence_level=0.9)
        counts = {"n": 210, "events": None, "design_effect": None, "effective_n": None}
        if patients is None:  # the rows of one image go together, and it is said of images
            words = whole.method.replace("patient", "image")
            whole = replace(whole, patients=None, method=words)
        assert made["micro_auroc"] == replace(whole, **counts)
        assert made["accuracy"].confidence_level == 0.9
        for name, losses in (
            ("multiclass_brier", np.square(SCORES - ACTUAL).sum(axis=1)),
            ("log_loss", -np.log(SCORES[np.arange(210), LABELS])),
        ):
            estimate = made[name]
            assert estimate.value == pytest.approx(losses.mean())
            assert (estimate.events, estimate.n, estimate.confidence_level) == (None, 210, 0.9)
            assert "log scale" in estimate.method
            if patients is None:
                reach = student_of_mean(losses, 0.9) * losses.std(ddof=1) / math.sqrt(210)
                reach /= losses.mean()
                assert estimate.upper == pytest.approx(losses.mean() * math.exp(reach))
            else:
                assert (estimate.patients, estimate.upper is not None) == (30, True)


def test_each_class_has_the_estimates_of_two_classes() -> None:
    """The table, the AUROC and average precision of that class, at the confidence asked for."""
    made = multiclass_estimates(
        LABELS, SCORES, classes=CLASSES, patients=PATIENTS, confidence_level=0.9
    )
    for which, name in enumerate(CLASSES):
        ask = {"patients": PATIENTS, "confidence_level": 0.9}
        estimates = confusion_estimates(which == LABELS, which == PREDICTED, **ask)  # type: ignore[arg-type]
        estimates["auroc"] = auroc(which == LABELS, SCORES[:, which], **ask)  # type: ignore[arg-type]
        estimates["average_precision"] = average_precision(
            which == LABELS,
            SCORES[:, which],
            **ask,  # type: ignore[arg-type]
        )
        found = made.per_class[name]
        assert found == estimates
    plain = made.to_dict()
    assert list(plain) == ["per_class", "overall", "confusion_matrix", "classes"]
    assert plain["per_class"]["pro"]["auroc"] == made.per_class["pro"]["auroc"].to_dict()
    assert plain["overall"]["macro_auroc"] == made.overall["macro_auroc"].to_dict()


HALVES = [[0.5, 0.5]] * 2


@pytest.mark.parametrize(
    ("labels", "scores", "classes", "message"),
    [
        ([0, 0], [[1.0], [1.0]], ["a"], "at least two"),
        ([], np.zeros((0, 2)), ["a", "b"], r"got \(0, 2\)"),
        ([0, 1], [0.5, 0.5], ["a", "b"], r"shape \(n_rows, 2\).*got \(2,\)"),
        ([0, 1, 1], HALVES, ["a", "b"], "`labels` has 3, `scores` has 2"),
        ([0, -1], HALVES, ["a", "b"], "from 0 to 1, one for each class, got -1, 0"),
        ([0, 2], HALVES, ["a", "b"], "from 0 to 1, one for each class, got 0, 2"),
        (np.array(["b", 0], dtype=object), HALVES, ["a", "b"], "numbers, got 'b' in rows 0"),
        ([0.0, 0.5], HALVES, ["a", "b"], "got 0, 0.5"),
        ([[0], [1]], HALVES, ["a", "b"], "got 0, 1"),
        ([0, 1], [[0.5, 0.5], [1.5, -0.5]], ["a", "b"], r"must lie in \[0, 1\]"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.5011]], ["a", "b"], "row 1 adds up to 1.0011"),
        ([0, 1], [[0.5, 0.48], [0.5, 0.4989]], ["a", "b"], "row 0 adds up to 0.98"),
        ([0, 1], [[0.5, 0.48], [0.5, 0.5]], ["a", "b"], "row 0 adds up to 0.98"),
    ],
)
def test_tables_that_break_a_rule_are_refused(
    labels: object, scores: object, classes: list[str], message: str
) -> None:
    """Shape, number of classes, range, sums and indices."""
    with pytest.raises(InvalidInputError, match=message):
        multiclass_estimates(labels, scores, classes=classes)  # type: ignore[arg-type]


def test_sums_within_a_thousandth_are_1() -> None:
    """Scores that were rounded, also to two decimals; level and patients are checked too."""
    multiclass_estimates([0, 1], [[0.33, 0.33, 0.33], [0.25, 0.13, 0.63]], classes=CLASSES)
    made = multiclass_estimates([0, 1], [[0.5, 0.5009], [0.5, 0.4992]], classes=["a", "b"])
    assert made.overall["accuracy"].n == 2
    with pytest.raises(InvalidInputError, match="`confidence_level`"):
        multiclass_estimates([0, 1], HALVES, classes=["a", "b"], confidence_level=1)
    with pytest.raises(InvalidInputError, match="`patients` has 1"):
        multiclass_estimates([0, 1], HALVES, classes=["a", "b"], patients=["x"])


def three_classes(sizes: tuple[int, int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw classes of given sizes, and scores that tell them apart in part."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], sizes)
    logits = rng.normal(size=(truth.size, 3))
    logits[np.arange(truth.size), truth] += 1.2
    odds = np.exp(logits)
    return truth, odds / odds.sum(axis=1, keepdims=True)


def test_macro_limits_square_and_add_those_of_the_classes() -> None:
    """Sensitivities of independent images share no image: the arms' squares, over three."""
    made = multiclass_estimates(*three_classes((80, 60, 40), 0), classes="abc")
    own = [made.per_class[name]["sensitivity"] for name in "abc"]
    macro = made.overall["balanced_accuracy"]
    down = math.sqrt(sum((each.value - each.lower) ** 2 for each in own)) / 3
    assert macro.value == pytest.approx(np.mean([each.value for each in own]))
    assert macro.lower == pytest.approx(macro.value - down)


def test_a_class_of_one_image_is_carried_and_named() -> None:
    """Its own limits, far apart, are in the mean's, in at least 90 of 100 studies."""
    population = multiclass_estimates(*three_classes((9000, 9000, 9000), 9), classes="abc")
    true, held = population.overall["macro_auroc"].value, 0
    for seed in range(100):
        made = multiclass_estimates(*three_classes((60, 40, 1), seed), classes="abc").overall[
            "macro_auroc"
        ]
        assert "class 'c' has only 1 image" in str(made.note)
        held += made.lower <= true <= made.upper
    assert held >= 90


def test_a_score_of_0_for_what_happened_is_an_infinite_loss() -> None:
    """Counted and named, with a lower limit."""
    made = multiclass_estimates(
        [0, 1, 0], [[0.0, 1.0], [0.4, 0.6], [0.7, 0.3]], classes=["a", "b"]
    ).overall["log_loss"]
    assert (made.value, made.infinite) == (None, True)
    assert made.lower > 0
    assert "1 image has" in str(made.note)
