"""Tests of estimates from the whole 2x2 table."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from prevalens.metrics import (
    Estimate,
    balanced_accuracy,
    f1,
    kappa,
    mcc,
    sensitivity,
    specificity,
    wilson_interval,
    youden,
)

LABELS = np.repeat([1, 1, 0, 0], [45, 15, 25, 115])
PREDICTED = np.repeat([1, 0, 1, 0], [45, 15, 25, 115])


def test_values_agree_with_scikit_learn() -> None:
    """Where both define the estimate."""
    for ours, theirs in (
        (balanced_accuracy, sklearn_metrics.balanced_accuracy_score),
        (f1, sklearn_metrics.f1_score),
        (mcc, sklearn_metrics.matthews_corrcoef),
        (kappa, sklearn_metrics.cohen_kappa_score),
    ):
        assert ours(LABELS, PREDICTED).value == pytest.approx(theirs(LABELS, PREDICTED), rel=1e-12)


def test_youden_squares_and_adds_the_wilson_arms() -> None:
    """Newcombe's method 10, by hand."""
    made = youden(LABELS, PREDICTED)
    (l1, _), (l2, _) = wilson_interval(45, 60), wilson_interval(115, 140)
    value = 45 / 60 + 115 / 140 - 1
    lower = value - math.hypot(45 / 60 - l1, 115 / 140 - l2)
    assert (made.value, made.lower) == pytest.approx((value, lower), rel=1e-12)
    assert balanced_accuracy(LABELS, PREDICTED).lower == pytest.approx((lower + 1) / 2, rel=1e-12)


def test_kappa_has_the_standard_error_of_fleiss_cohen_and_everitt() -> None:
    """Their formula of 1969, written out on the same table."""
    p = np.array([[45, 15], [25, 115]]) / 200
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = np.trace(p), rows @ columns
    value = (seen - chance) / (1 - chance)
    a = sum(p[i, i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in range(2))
    b = sum(p[i, 1 - i] * (columns[i] + rows[1 - i]) ** 2 for i in range(2)) * (1 - value) ** 2
    c = (value - chance * (1 - value)) ** 2
    error = math.sqrt((a + b - c) / 200) / (1 - chance)
    made = kappa(LABELS, PREDICTED)
    assert made.upper == pytest.approx(value + 1.959963984540054 * error, rel=1e-9)


def test_f1_carries_the_wilson_limits_of_the_shared_share() -> None:
    """F1 = 2 J / (1 + J) with J = tp / (tp + fp + fn) = 45 / 85."""
    low, high = wilson_interval(45, 85)
    made = f1(LABELS, PREDICTED)
    assert (made.lower, made.upper) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert (made.n, made.events) == (200, 60)


def test_undefined_agreement_gives_reasons() -> None:
    """No positive predictions: MCC has a zero under its root, kappa is 0 without interval."""
    none = np.zeros(200)
    assert mcc(LABELS, none).not_estimable == "no positive predictions"
    assert (kappa(LABELS, none).value, kappa(LABELS, none).lower) == (0, None)
    assert kappa(none, PREDICTED).not_estimable == "no positive images"
    assert f1(none, PREDICTED).not_estimable == "no positive images"
    assert f1(LABELS, none).value == 0


def test_perfect_agreement_has_no_delta_interval() -> None:
    """MCC and kappa of 1 say that their spread is unseen; Youden's J has Newcombe's limits."""
    for estimate in (mcc, kappa):
        made = estimate(LABELS, LABELS)
        assert (made.value, made.lower) == (pytest.approx(1), None)
        assert "perfect" in str(made.note)
    assert youden(LABELS, LABELS).lower == pytest.approx(
        1 - math.hypot(1 - wilson_interval(60, 60)[0], 1 - wilson_interval(140, 140)[0])
    )


def test_youden_over_patients_uses_their_correlation() -> None:
    """Limits differ from those without correlation where patients are good or bad at both."""
    rng = np.random.default_rng(8)
    patients = np.repeat(np.arange(30), 20)
    skill = rng.beta(2, 1, 30)[patients]
    labels = np.tile([1, 0], 300)
    predictions = np.where(rng.random(600) < skill, labels, 1 - labels)
    one, two = (f(labels, predictions, patients=patients) for f in (sensitivity, specificity))
    made = youden(labels, predictions, patients=patients)
    for part in (one, two, made):
        assert part.lower is not None
        assert part.value is not None
    apart = math.hypot(one.value - one.lower, two.value - two.lower)  # type: ignore[operator]
    assert made.value - made.lower > 1.1 * apart  # type: ignore[operator]


DELTA = "delta method on the 2x2 counts"
ONE_PATIENT = "No interval: one patient dominates, which says nothing about others."


@pytest.mark.parametrize(
    ("estimate", "labels", "predictions", "reason", "words"),
    [
        (youden, [0, 0], [1, 0], "no positive images", "Newcombe 1998, method 10"),
        (youden, [1, 1], [1, 0], "no negative images", "Newcombe 1998, method 10"),
        (balanced_accuracy, [1, 1], [1, 0], "no negative images", "Newcombe 1998, method 10"),
        (f1, [0, 0], [1, 0], "no positive images", "Wilson interval of tp / (tp + fp + fn)"),
        (mcc, [0, 0], [1, 0], "no positive images", f"{DELTA}, on Fisher's z scale"),
        (mcc, [1, 1], [1, 0], "no negative images", f"{DELTA}, on Fisher's z scale"),
        (mcc, [1, 0], [0, 0], "no positive predictions", f"{DELTA}, on Fisher's z scale"),
        (mcc, [1, 0], [1, 1], "no negative predictions", f"{DELTA}, on Fisher's z scale"),
        (kappa, [0, 0], [1, 0], "no positive images", f"{DELTA}, images independent"),
        (kappa, [1, 1], [1, 0], "no negative images", f"{DELTA}, images independent"),
    ],
)
def test_what_is_missing_is_named_with_the_method(
    estimate: Callable[..., Estimate],
    labels: list[int],
    predictions: list[int],
    reason: str,
    words: str,
) -> None:
    """Images of a class, or predictions of a kind."""
    made = estimate(labels, predictions, confidence_level=0.8)
    assert made.not_estimable == reason
    assert words in made.method
    assert (made.n, made.events, made.confidence_level) == (2, sum(labels), 0.8)


@pytest.mark.parametrize(
    ("estimate", "labels", "predictions", "patients", "value", "note", "words"),
    [
        (
            youden,
            [1, 1, 0, 0, 0],
            [1, 0, 0, 0, 0],
            list("aabbc"),
            0.5,
            "No interval: the positive or the negative images come from one patient.",
            "Zou & Donner 2008",
        ),
        (
            balanced_accuracy,
            [1, 1, 1, 0, 0],
            [1, 0, 1, 0, 0],
            list("abacc"),
            5 / 6,
            "No interval: the positive or the negative images come from one patient.",
            "Zou & Donner 2008",
        ),
        (
            kappa,
            [1, 0, 1, 0],
            [1, 1, 1, 1],
            None,
            0.0,
            "No interval: all predictions are alike, so kappa is 0 whatever the labels.",
            DELTA,
        ),
        (
            kappa,
            [1, 0, 1, 0],
            [0, 0, 0, 0],
            list("abab"),
            0.0,
            "No interval: all predictions are alike, so kappa is 0 whatever the labels.",
            DELTA,
        ),
        (
            kappa,
            [1, 0, 1, 0],
            [1, 0, 1, 0],
            list("aabb"),
            1.0,
            "No interval: agreement is perfect, so its spread is unseen.",
            "delta method, on Fisher's z scale with the delete-one-patient",
        ),
        (
            mcc,
            [1, 0, 1, 0],
            [0, 1, 0, 1],
            None,
            -1.0,
            "No interval: agreement is perfect, so its spread is unseen.",
            "on Fisher's z scale",
        ),
        (mcc, [1, 1, 0, 0, 0], [1, 0, 0, 1, 0], list("aabbc"), 1 / 6, ONE_PATIENT, "delta method,"),
        (
            kappa,
            [1, 1, 0, 0, 0],
            [1, 0, 0, 1, 0],
            list("aabbc"),
            1 / 6,
            ONE_PATIENT,
            "delta method, on Fisher's z",
        ),
    ],
)
def test_a_value_without_limits_says_why(
    *,
    estimate: Callable[..., Estimate],
    labels: list[int],
    predictions: list[int],
    patients: list[str] | None,
    value: float,
    note: str,
    words: str,
) -> None:
    """The value by hand, the reason, and the method of these rows."""
    made = estimate(labels, predictions, patients=patients)
    assert made.value == pytest.approx(value)
    assert (made.lower, made.upper, made.note) == (None, None, note)
    assert words in made.method
    assert (made.n, made.events) == (len(labels), sum(labels))


def test_limits_end_where_the_estimate_does() -> None:
    """Kappa and Youden's J lie in [-1, 1], whatever a symmetric half width says."""
    labels, predictions = [1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1]
    assert kappa(labels, predictions).upper == 1.0
    assert youden(labels, predictions).upper < 1.0  # type: ignore[operator]
    worst = kappa(labels, [0, 0, 0, 1, 1, 0])
    assert worst.lower == -1.0
    assert worst.lower < worst.value < worst.upper  # type: ignore[operator]
    patients = [1, 2, 3, 1, 2, 3]
    over = kappa(labels, predictions, patients=patients)
    assert over.lower > -1.0  # type: ignore[operator]
    assert over.upper < 1.0  # type: ignore[operator]


def test_mcc_of_independent_images_by_the_delta_method() -> None:
    """Variance from numerical slopes in the four counts, on Fisher's z scale."""
    counts = np.array([45.0, 15.0, 25.0, 115.0])

    def value(matrix: np.ndarray) -> float:
        tp, fn, fp, tn = matrix
        return float((tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))

    steps = 1e-5 * np.eye(4)
    slopes = [(value(counts + step) - value(counts - step)) / 2e-5 for step in steps]
    half = 1.2815515655446004 * math.sqrt(counts @ np.square(slopes)) / (1 - value(counts) ** 2)
    made = mcc(LABELS, PREDICTED, confidence_level=0.8)
    assert made.design_effect is None
    assert (made.lower, made.upper) == pytest.approx(
        (math.tanh(math.atanh(value(counts)) - half), math.tanh(math.atanh(value(counts)) + half)),
        rel=1e-7,
    )


def test_patients_who_are_alike_in_one_class_have_no_correlation() -> None:
    """All positives found: no spread to correlate, so the arms are added as they are."""
    labels = np.tile([1, 0, 0], 30)
    predictions = np.where(labels, 1, np.arange(90) % 7 == 0)
    patients = np.repeat(np.arange(30), 3)
    one, two = (f(labels, predictions, patients=patients) for f in (sensitivity, specificity))
    made = youden(labels, predictions, patients=patients)
    reach = math.hypot(one.value - one.lower, two.value - two.lower)  # type: ignore[operator]
    assert made.lower == pytest.approx(made.value - reach)  # type: ignore[operator]
    assert made.upper == pytest.approx(made.value + two.upper - two.value)  # type: ignore[operator]


def test_f1_of_wrong_calls_alone_is_0_with_limits() -> None:
    """None of 5 either: the share is 0, from 0 to Wilson's, and the counts are all rows'."""
    made = f1([1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0], patients=list("aabbcc"))
    assert (made.value, made.lower) == (0.0, 0.0)
    assert (made.n, made.events, made.patients) == (6, 2, 3)
    assert made.method.startswith("from tp / (tp + fp + fn): Wilson interval over patients")
    single = f1([1, 0], [0, 0], patients=["a", "a"])
    assert (single.value, single.lower, single.n) == (0.0, 0.0, 2)
