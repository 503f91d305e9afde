"""Tests of likelihood ratios and the odds ratio."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from prevalens.metrics import dor, lr_negative, lr_positive, sensitivity, specificity
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import wilson_interval

Z = 1.959963984540054


def table(tp: int, fn: int, fp: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    """Make labels and predictions with the given counts."""
    return np.repeat([1, 1, 0, 0], [tp, fn, fp, tn]), np.repeat([1, 0, 1, 0], [tp, fn, fp, tn])


def test_likelihood_ratios_follow_simel() -> None:
    """exp(log LR +- z sqrt(1/a - 1/(a+c) + 1/b - 1/(b+d))), by hand."""
    labels, predictions = table(40, 10, 20, 130)
    made = lr_positive(labels, predictions)
    error = math.sqrt(1 / 40 - 1 / 50 + 1 / 20 - 1 / 150)
    assert made.value == pytest.approx(6.0)
    assert (made.lower, made.upper) == pytest.approx(
        (6 * math.exp(-Z * error), 6 * math.exp(Z * error)), rel=1e-12
    )
    made = lr_negative(labels, predictions)
    error = math.sqrt(1 / 10 - 1 / 50 + 1 / 130 - 1 / 150)
    value = 0.2 / (130 / 150)
    assert (made.value, made.lower) == pytest.approx((value, value * math.exp(-Z * error)))


def test_the_odds_ratio_follows_woolf() -> None:
    """exp(log OR +- z sqrt(1/a + 1/b + 1/c + 1/d)), by hand."""
    made = dor(*table(40, 10, 20, 130))
    error = math.sqrt(1 / 40 + 1 / 10 + 1 / 20 + 1 / 130)
    assert made.value == pytest.approx(26)
    assert made.upper == pytest.approx(26 * math.exp(Z * error), rel=1e-12)


def test_a_ratio_of_0_has_a_one_sided_interval() -> None:
    """LR- with no misses: from 0 to a finite limit that shrinks with more images."""
    few, many = (lr_negative(*table(n, 0, 2 * n, 8 * n)) for n in (10, 100))
    assert (few.value, few.lower) == (0, 0)
    assert limit(many) < limit(few) < 1
    # Donner & Zou with A = 0: upper = u / sqrt(l (2 B - l)).
    share = Z**2 / 10
    miss = share / (1 + share)
    centre, half = 0.8 + Z**2 / 200, Z * math.sqrt(0.8 * 0.2 / 100 + Z**2 / 40_000)
    low = (centre - half) / (1 + Z**2 / 100)
    assert limit(few) == pytest.approx(miss / math.sqrt(low * (1.6 - low)), rel=1e-9)
    assert lr_positive(*table(0, 10, 20, 80)).lower == 0


def limit(estimate: Estimate) -> float:
    """Return the upper limit, which is there."""
    assert estimate.upper is not None
    return estimate.upper


def test_patients_widen_the_interval() -> None:
    """The same counts in patients whose images go together."""
    labels, predictions = table(40, 10, 20, 130)
    patients = np.repeat(np.arange(20), 10)
    for estimate in (lr_positive, lr_negative, dor):
        alone, together = (
            estimate(labels, predictions),
            estimate(labels, predictions, patients=patients),
        )
        assert alone.value == together.value
        assert limit(together) > limit(alone)
        assert together.design_effect is not None
        assert together.design_effect > 1


LOG_OVER = "log method with the delete-one-patient jackknife"
ONE_PATIENT = "No interval: one patient dominates, which says nothing about others."


@pytest.mark.parametrize(
    ("estimate", "counts"), [(lr_positive, (0, 10, 20, 80)), (lr_negative, (10, 0, 20, 80))]
)
@pytest.mark.parametrize("clustered", [False, True])
def test_a_ratio_of_0_ends_where_its_parts_do(
    estimate: Callable[..., Estimate],
    counts: tuple[int, int, int, int],
    clustered: bool,
) -> None:
    """Donner and Zou with a share of 0 above: u / sqrt(l (2 B - l)), over patients too."""
    labels, predictions = table(*counts)
    patients = np.arange(110) % 25 if clustered else None
    hit, true = (f(labels, predictions, patients=patients) for f in (sensitivity, specificity))
    if estimate is lr_positive:
        upper, low, share = hit.upper, 1 - true.upper, 1 - true.value  # type: ignore[operator]
    else:
        upper, low, share = 1 - hit.lower, true.lower, true.value  # type: ignore[operator, assignment]
    made = estimate(labels, predictions, patients=patients)
    assert (made.value, made.lower) == (0.0, 0.0)
    assert made.upper == pytest.approx(upper / math.sqrt(low * (2 * share - low)))  # type: ignore[operator]
    assert made.method.startswith("one-sided: the log has no standard error at 0")


def test_a_ratio_of_0_from_one_patient_has_no_limit() -> None:
    """Positives, or negatives, of a single patient."""
    labels, predictions = table(0, 2, 1, 3)
    for patients in (list("aabbcd"), list("abcccc")):
        made = lr_positive(labels, predictions, patients=patients)
        assert (made.value, made.upper) == (0.0, None)
        assert made.note == "No interval: the images of a class come from one patient."
        assert made.method.startswith("one-sided")


@pytest.mark.parametrize("estimate", [lr_positive, lr_negative, dor])
def test_a_ratio_whose_positives_are_of_one_patient_has_no_limits(
    estimate: Callable[..., Estimate],
) -> None:
    """The value stays, with the method over patients."""
    labels, predictions = table(3, 1, 2, 6)
    made = estimate(labels, predictions, patients=list("aaaabbccddee"))
    assert made.value == pytest.approx(estimate(labels, predictions).value)
    assert (made.lower, made.note) == (None, ONE_PATIENT)
    assert made.method.startswith(LOG_OVER)


def test_ratios_without_false_positives_are_infinite_with_a_finite_limit() -> None:
    """15 of 20 and 0 of 30: at least the inverse of the upper limit of the mirrored ratio."""
    labels = np.repeat([1, 0], [20, 30])
    predicted = np.repeat([1, 0], [15, 35])
    made = lr_positive(labels, predicted)
    assert (made.value, made.upper, made.infinite, made.not_estimable) == (None, None, True, None)
    assert made.lower == pytest.approx(6.32, abs=0.005)
    assert made.lower == pytest.approx(1 / lr_negative(1 - labels, 1 - predicted).upper)
    assert made.to_dict()["infinite"] is True
    assert "no false positives" in str(made.note)
    # The odds of Wilson's lower limits, multiplied.
    low = [wilson_interval(hits, n)[0] for hits, n in ((15, 20), (30, 30))]
    odds = dor(labels, predicted)
    assert odds.lower == pytest.approx(np.prod([share / (1 - share) for share in low]))


def test_an_odds_ratio_of_0_has_an_upper_limit() -> None:
    """No true positives: 0, at most the product of the upper limits of both odds."""
    labels, predicted = np.repeat([1, 0], [10, 20]), np.repeat([0, 1, 0], [10, 5, 15])
    made = dor(labels, predicted)
    high = [wilson_interval(hits, n)[1] for hits, n in ((0, 10), (15, 20))]
    assert (made.value, made.lower) == (0.0, 0.0)
    assert made.upper == pytest.approx(np.prod([share / (1 - share) for share in high]))


@pytest.mark.parametrize(
    ("labels", "predicted", "reason"),
    [
        ([1, 1, 0, 0], [0, 0, 0, 0], "no true positives and no false positives: 0 / 0"),
        ([1, 1], [0, 1], "no negative images"),
        ([0, 0], [0, 1], "no positive images"),
    ],
)
def test_nothing_over_nothing_is_not_estimable(
    labels: list[int], predicted: list[int], reason: str
) -> None:
    """Neither 0 nor infinite."""
    assert lr_positive(labels, predicted).not_estimable == reason
