"""Tests of estimates with more than two classes."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn_metrics
from slow_jackknife import WeightedEstimate, slopes, weighted_auroc, weighted_average_precision

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
        (made.macro["auroc"], sklearn_metrics.roc_auc_score(LABELS, SCORES, multi_class="ovr")),
        (made.micro["auroc"], sklearn_metrics.roc_auc_score(actual, SCORES, average="micro")),
        (made.macro["sensitivity"], sklearn_metrics.balanced_accuracy_score(LABELS, predictions)),
        (
            made.macro["average_precision"],
            sklearn_metrics.average_precision_score(actual, SCORES, average="macro"),
        ),
        (made.micro["log_loss"], sklearn_metrics.log_loss(LABELS, SCORES)),
        (made.micro["accuracy"], sklearn_metrics.accuracy_score(LABELS, predictions)),
        (made.per_class["early"]["f1"], sklearn_metrics.f1_score(LABELS == 1, predictions == 1)),
    ):
        assert estimate.value == pytest.approx(theirs)
        assert estimate.lower < estimate.value < estimate.upper  # type: ignore[operator]
        assert estimate.patients == 30


def test_the_brier_score_is_the_sum_over_classes() -> None:
    """By hand: (.3^2 + .3^2) and (.4^2 + .1^2 + .5^2)."""
    made = multiclass_estimates([0, 2], [[0.7, 0.3, 0.0], [0.4, 0.1, 0.5]], classes=CLASSES)
    assert made.micro["brier"].value == pytest.approx((0.18 + 0.42) / 2)


def test_one_against_the_rest_is_the_two_class_estimate() -> None:
    """The same limits as labels and scores of that class alone."""
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=PATIENTS)
    assert made.per_class["pro"]["auroc"] == auroc(LABELS == 2, SCORES[:, 2], patients=PATIENTS)


def test_the_macro_sensitivity_of_independent_images_by_hand() -> None:
    """The mean of three shares: variances add, over nine."""
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES).macro["sensitivity"]
    right = SCORES.argmax(axis=1) == LABELS
    shares = [right[which == LABELS].mean() for which in range(3)]
    variance = sum(p * (1 - p) / (c == LABELS).sum() for c, p in enumerate(shares)) / 9
    value = float(np.mean(shares))
    reach = 1.959963984540054 * math.sqrt(variance) / (value * (1 - value))
    assert made.upper == pytest.approx(1 / (1 + math.exp(-math.log(value / (1 - value)) - reach)))


def test_the_micro_accuracy_of_independent_images_is_wilsons() -> None:
    """And unclustered change nothing but the micro AUROC's unit, which is the image."""
    alone, single = (
        multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=p)
        for p in (None, np.arange(210))
    )
    hits = int((SCORES.argmax(axis=1) == LABELS).sum())
    assert (alone.micro["accuracy"].lower, alone.micro["accuracy"].upper) == wilson_interval(
        hits, 210
    )
    for part in ("macro", "micro"):
        for name, estimate in getattr(alone, part).items():
            assert getattr(single, part)[name].lower == pytest.approx(estimate.lower), name


def test_a_class_without_images_leaves_no_macro_estimate() -> None:
    """The class is named; what needs it has no value."""
    made = multiclass_estimates([0, 0, 1], [[0.6, 0.3, 0.1]] * 3, classes=CLASSES)
    assert "'pro'" in str(made.macro["auroc"].not_estimable)
    assert made.per_class["pro"]["sensitivity"].not_estimable == "no positive images"
    assert made.to_dict()["micro"]["accuracy"]["value"] == pytest.approx(2 / 3)


def test_an_impossible_score_has_an_infinite_loss() -> None:
    """A score of 0 for what happened."""
    made = multiclass_estimates([0, 1], [[1.0, 0.0], [1.0, 0.0]], classes=["a", "b"])
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
        multiclass_estimates(labels, scores, classes=CLASSES)  # type: ignore[arg-type]


def test_a_class_of_one_patient_leaves_the_mean_without_limits() -> None:
    """Another patient of that class could be quite different, and nothing here says how."""
    patients = np.where(LABELS == 2, 99, PATIENTS)
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=patients).macro["auroc"]
    assert made.value is not None
    assert made.lower is None
    assert "rests on one patient" in str(made.note)


def test_a_perfect_table_has_no_limits() -> None:
    """Every class told apart by every patient: the means are 1, and no interval of width 0."""
    scores = 0.9 * np.eye(3)[LABELS] + 0.1 / 3
    for patients in (None, PATIENTS):
        made = multiclass_estimates(LABELS, scores, classes=CLASSES, patients=patients)
        for estimate in made.macro.values():
            assert (estimate.value, estimate.lower) == (1.0, None)
            assert "width of 0" in str(estimate.note)


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


@pytest.mark.parametrize("name", ["sensitivity", "specificity", "auroc", "average_precision"])
def test_macro_limits_are_those_of_slopes_found_slowly(name: str) -> None:
    """Independent images: the squares of the slopes, added, on the logit scale."""
    value = macro_of(name)
    made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, confidence_level=0.9).macro[name]
    at, influence_values = value(np.ones(210)), slopes(value, 210)
    reach = 1.6448536269514722 * math.sqrt(influence_values @ influence_values) / (at * (1 - at))
    logit = math.log(at / (1 - at))
    assert made.value == pytest.approx(at)
    limits = [1 / (1 + math.exp(-(logit + side * reach))) for side in (-1, 1)]
    assert [made.lower, made.upper] == pytest.approx(limits, rel=1e-5)
    words = "mean over classes, each against the rest; logit interval, images independent"
    assert made.method == words
    assert (made.n, made.events, made.patients, made.confidence_level) == (210, None, None, 0.9)


@pytest.mark.parametrize("name", ["sensitivity", "specificity", "auroc", "average_precision"])
def test_macro_limits_over_patients_leave_out_one_at_a_time(name: str) -> None:
    """Changes of each class, kind by kind, averaged; Student's t on the logit scale."""
    made = multiclass_estimates(
        LABELS, SCORES, classes=CLASSES, patients=PATIENTS, confidence_level=0.9
    )
    estimate = made.macro[name]
    moves = np.zeros(30)
    for which in range(3):
        truth, scores = which == LABELS, SCORES[:, which]
        right = (truth == (which == PREDICTED)).astype(float)
        if name in {"auroc", "average_precision"}:
            kinds = [truth, ~truth]
            maker = weighted_auroc if name == "auroc" else weighted_average_precision
            influence_values = slopes(lambda w, t=truth, s=scores, m=maker: m(t, s, w), 210)  # type: ignore[misc]
        else:
            kinds = [truth if name == "sensitivity" else ~truth]
            influence_values = (
                np.where(kinds[0], right - right[kinds[0]].mean(), 0) / kinds[0].sum()
            )
        for p in range(30):
            for kind in kinds:
                own = kind & (p == PATIENTS)
                moves[p] += influence_values[own].sum() / (1 - own.sum() / kind.sum()) / 3
    total = float(moves @ moves)
    df = min(2 * total**2 / ((moves**4).sum() - total**2 / 30), 29)
    value = estimate.value or 0.0
    reach = stats.t.ppf(0.95, df) * math.sqrt(total) / (value * (1 - value))
    logit = math.log(value / (1 - value))
    limits = [1 / (1 + math.exp(-(logit + side * reach))) for side in (-1, 1)]
    assert [estimate.lower, estimate.upper] == pytest.approx(limits, rel=1e-5)
    assert "delete-one-patient jackknife and Student's t" in estimate.method
    assert (estimate.n, estimate.events, estimate.patients) == (210, None, 30)


def test_pooled_rows_are_inside_their_image_or_patient() -> None:
    """The micro AUROC is that of all rows and classes as one column, images being patients."""
    pooled, truth = SCORES.reshape(-1), ACTUAL.reshape(-1)
    for patients, inside in ((None, np.arange(210)), (PATIENTS, PATIENTS)):
        made = multiclass_estimates(
            LABELS, SCORES, classes=CLASSES, patients=patients, confidence_level=0.9
        ).micro
        whole = auroc(truth, pooled, patients=np.repeat(inside, 3), confidence_level=0.9)
        assert made["auroc"] == whole
        assert made["accuracy"].confidence_level == 0.9
        assert list(made) == ["accuracy", "auroc", "brier", "log_loss"]
        for name, losses in (
            ("brier", np.square(SCORES - ACTUAL).sum(axis=1)),
            ("log_loss", -np.log(SCORES[np.arange(210), LABELS])),
        ):
            estimate = made[name]
            assert estimate.value == pytest.approx(losses.mean())
            assert (estimate.events, estimate.n, estimate.confidence_level) == (None, 210, 0.9)
            assert "log scale" in estimate.method
            if patients is None:
                reach = 1.6448536269514722 * losses.std(ddof=1) / math.sqrt(210) / losses.mean()
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
        assert made.per_class[name] == estimates
    plain = made.to_dict()
    assert list(plain) == ["per_class", "macro", "micro"]
    assert plain["per_class"]["pro"]["auroc"] == made.per_class["pro"]["auroc"].to_dict()
    assert plain["macro"]["auroc"] == made.macro["auroc"].to_dict()


def test_a_missing_class_leaves_reason_method_and_counts() -> None:
    """For each of the four means; a class that is all there is counts as missing another."""
    made = multiclass_estimates(
        [1, 1], [[0.6, 0.4]] * 2, classes=["a", "b"], patients=["x", "x"], confidence_level=0.9
    )
    assert list(made.macro) == ["sensitivity", "specificity", "auroc", "average_precision"]
    for estimate in made.macro.values():
        assert estimate.not_estimable == "no images of class 'a', 'b', or none of another"
        assert estimate.method.startswith(
            "mean over classes, each against the rest; logit interval"
        )
        assert (estimate.n, estimate.patients, estimate.confidence_level) == (2, 1, 0.9)


def test_an_infinite_loss_is_counted_with_its_method() -> None:
    """Two images; the other estimates stay."""
    made = multiclass_estimates(
        [1, 1, 0], [[1.0, 0.0]] * 3, classes=["a", "b"], patients=list("xxy"), confidence_level=0.9
    ).micro
    assert made["log_loss"].not_estimable == (
        "2 images have a score of exactly 0 for their own class: infinite loss"
    )
    assert (made["log_loss"].method, made["log_loss"].patients) == ("mean log loss", 2)
    assert made["log_loss"].confidence_level == 0.9
    assert made["accuracy"].value == pytest.approx(1 / 3)
    assert made["brier"].value == pytest.approx(4 / 3)


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
        (np.array(["b", 0], dtype=object), HALVES, ["a", "b"], "got 0, 'b'"),
        ([0.0, 1.0], HALVES, ["a", "b"], "got 0.0, 1.0"),
        ([[0], [1]], HALVES, ["a", "b"], "got 0, 1"),
        ([0, 1], [[0.5, 0.5], [1.5, -0.5]], ["a", "b"], r"must lie in \[0, 1\]"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.5011]], ["a", "b"], "row 1 adds up to 1.0011"),
        ([0, 1], [[0.5, 0.48], [0.5, 0.4989]], ["a", "b"], "row 0 adds up to 0.98"),
    ],
)
def test_tables_that_break_a_rule_are_refused(
    labels: object, scores: object, classes: list[str], message: str
) -> None:
    """Shape, number of classes, range, sums and indices."""
    with pytest.raises(InvalidInputError, match=message):
        multiclass_estimates(labels, scores, classes=classes)  # type: ignore[arg-type]


def test_sums_within_a_thousandth_are_1() -> None:
    """Scores that were rounded; the confidence level and patients are checked too."""
    made = multiclass_estimates([0, 1], [[0.5, 0.5009], [0.5, 0.4992]], classes=["a", "b"])
    assert made.micro["accuracy"].n == 2
    with pytest.raises(InvalidInputError, match="`confidence_level`"):
        multiclass_estimates([0, 1], HALVES, classes=["a", "b"], confidence_level=1)
    with pytest.raises(InvalidInputError, match="`patients` has 1"):
        multiclass_estimates([0, 1], HALVES, classes=["a", "b"], patients=["x"])


def test_a_class_of_two_patients_is_enough_for_limits() -> None:
    """Of one it is not, whichever mean; the method is that over patients."""
    for of_class, some in ((1, False), (2, True)):
        patients = np.where(LABELS == 2, 90 + np.arange(210) % of_class, PATIENTS)
        made = multiclass_estimates(LABELS, SCORES, classes=CLASSES, patients=patients).macro
        assert (made["sensitivity"].lower is not None) == some
        assert "delete-one-patient" in made["sensitivity"].method
