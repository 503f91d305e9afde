"""Tests of figures that rest on the whole 2x2 table."""

import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from prevalens.metrics import (
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
CALLS = np.repeat([1, 0, 1, 0], [45, 15, 25, 115])


def test_values_agree_with_scikit_learn() -> None:
    """Where both define the figure."""
    for ours, theirs in (
        (balanced_accuracy, sklearn_metrics.balanced_accuracy_score),
        (f1, sklearn_metrics.f1_score),
        (mcc, sklearn_metrics.matthews_corrcoef),
        (kappa, sklearn_metrics.cohen_kappa_score),
    ):
        assert ours(LABELS, CALLS).value == pytest.approx(theirs(LABELS, CALLS), rel=1e-12)


def test_youden_squares_and_adds_the_wilson_arms() -> None:
    """Newcombe's method 10, by hand."""
    made = youden(LABELS, CALLS)
    (l1, _), (l2, _) = wilson_interval(45, 60), wilson_interval(115, 140)
    value = 45 / 60 + 115 / 140 - 1
    lower = value - math.hypot(45 / 60 - l1, 115 / 140 - l2)
    assert (made.value, made.lower) == pytest.approx((value, lower), rel=1e-12)
    assert balanced_accuracy(LABELS, CALLS).lower == pytest.approx((lower + 1) / 2, rel=1e-12)


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
    made = kappa(LABELS, CALLS)
    assert made.upper == pytest.approx(value + 1.959963984540054 * error, rel=1e-9)


def test_f1_carries_the_wilson_limits_of_the_shared_share() -> None:
    """F1 = 2 J / (1 + J) with J = tp / (tp + fp + fn) = 45 / 85."""
    low, high = wilson_interval(45, 85)
    made = f1(LABELS, CALLS)
    assert (made.lower, made.upper) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert (made.n, made.events) == (200, 60)


def test_undefined_agreement_gives_reasons() -> None:
    """No positive calls: MCC has a zero under its root, kappa is 0 without interval."""
    none = np.zeros(200)
    assert mcc(LABELS, none).not_estimable == "no positive calls"
    assert (kappa(LABELS, none).value, kappa(LABELS, none).lower) == (0, None)
    assert kappa(none, CALLS).not_estimable == "no positive images"
    assert f1(none, CALLS).not_estimable == "no positive images"
    assert f1(LABELS, none).value == 0


def test_perfect_agreement_has_no_delta_interval() -> None:
    """MCC and kappa of 1 say that their spread is unseen; Youden's J has Newcombe's limits."""
    for figure in (mcc, kappa):
        made = figure(LABELS, LABELS)
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
    calls = np.where(rng.random(600) < skill, labels, 1 - labels)
    one, two = (f(labels, calls, patients=patients) for f in (sensitivity, specificity))
    made = youden(labels, calls, patients=patients)
    for part in (one, two, made):
        assert part.lower is not None
        assert part.value is not None
    apart = math.hypot(one.value - one.lower, two.value - two.lower)  # type: ignore[operator]
    assert made.value - made.lower > 1.1 * apart  # type: ignore[operator]
