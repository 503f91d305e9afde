"""Tests of the reliability curve, ECE, O/E and the scaled Brier score."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from slow_jackknife import LOG, PLAIN, Scale, WeightedEstimate, slow_jackknife

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    Estimate,
    brier,
    expected_calibration_error,
    observed_expected,
    reliability_curve,
    scaled_brier,
    sensitivity,
    wilson_interval,
)
from prevalens.metrics.bootstrap import draw_weights, in_fixed_order, percentile_limits
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.reliability import bin_of

SCORES = np.repeat([0.1, 0.4, 0.8], [50, 30, 20])
LABELS = np.concatenate([np.arange(50) < 10, np.arange(30) < 9, np.arange(20) < 18]).astype(int)
Z = 1.959963984540054


def test_bins_hold_their_counts() -> None:
    """10 of 50, 9 of 30 and 18 of 20, with Wilson limits."""
    curve = reliability_curve(LABELS, SCORES, bins=10, strategy="uniform")
    assert [point.observed.n for point in curve] == [50, 30, 20]
    assert [point.observed.value for point in curve] == [0.2, 0.3, 0.9]
    assert [point.mean_score for point in curve] == pytest.approx([0.1, 0.4, 0.8])
    assert (curve[1].observed.lower, curve[1].observed.upper) == wilson_interval(9, 30)


def test_equal_scores_share_a_bin() -> None:
    """Quantile bins never part ties; uniform bins are closed above."""
    assert np.unique(bin_of(SCORES, bins=10, strategy="quantile")).size == 3
    edges = bin_of(np.array([0.0, 0.1, 0.1001, 1.0]), bins=10, strategy="uniform")
    assert edges.tolist() == [0, 0, 1, 9]
    with pytest.raises(InvalidInputError, match="'quantile', 'uniform'"):
        bin_of(SCORES, bins=10, strategy="equal")


def test_ece_is_the_weighted_mean_of_the_gaps() -> None:
    """(50 x .1 + 30 x .1 + 20 x .1) / 100, and limits from draws of patients."""
    made = expected_calibration_error(LABELS, SCORES, patients=np.arange(100) // 5, draws=200)
    assert made.value == pytest.approx(0.1)
    assert made.lower <= made.value <= made.upper  # type: ignore[operator]
    assert "3 quantile bins" in made.method
    assert "over patients" in made.method


def test_observed_over_expected_by_hand() -> None:
    """37 over 33, and the log interval by the delta method."""
    made = observed_expected(LABELS, SCORES)
    assert made.value == pytest.approx(37 / 33)
    error = math.sqrt(np.square(LABELS / 37 - SCORES / 33).sum() * 100 / 99)
    assert made.upper == pytest.approx(37 / 33 * math.exp(Z * error))
    assert observed_expected([0, 0], [0.1, 0.3]).not_estimable == "no positive images"


def test_the_scaled_brier_score_by_hand() -> None:
    """1 - Brier / (.37 x .63); perfect scores give 1; the prevalence gives 0."""
    made = scaled_brier(LABELS, SCORES)
    loss = brier(LABELS, SCORES).value
    assert loss is not None
    assert made.value == pytest.approx(1 - loss / (0.37 * 0.63))
    assert scaled_brier([1, 0, 1], [1.0, 0.0, 1.0]).value == 1
    assert scaled_brier([1, 0], [0.5, 0.5]).value == pytest.approx(0)
    assert scaled_brier([1, 1], [0.5, 0.5]).not_estimable == "no negative images"


def test_the_scaled_brier_scores_spread_is_the_jackknifes() -> None:
    """Leave out one patient at a time and compute it anew."""
    patients = np.random.default_rng(0).integers(0, 20, 100)
    made = scaled_brier(LABELS, SCORES, patients=patients)
    left = []
    for patient in range(20):
        rest = patients != patient
        p = LABELS[rest].mean()
        left.append(1 - np.square(LABELS - SCORES)[rest].mean() / (p * (1 - p)))
    error = math.sqrt(np.square(np.array(left) - made.value).sum())
    # Student's t on 16 degrees of freedom above; below, skewed patients move the limit outwards.
    assert made.upper - made.value == pytest.approx(2.12 * error, rel=0.05)  # type: ignore[operator]
    assert made.value - made.lower > 2.12 * error  # type: ignore[operator]


@pytest.mark.parametrize("estimate", [observed_expected, scaled_brier])
def test_one_image_per_patient_is_the_independent_form(estimate: object) -> None:
    """And one patient has no limits."""
    alone, single = (estimate(LABELS, SCORES, patients=p) for p in (None, np.arange(100)))  # type: ignore[operator]
    assert (alone.lower, alone.upper) == (single.lower, single.upper)
    one = estimate(LABELS, SCORES, patients=["a"] * 100)  # type: ignore[operator]
    assert one.lower is None
    assert "one patient" in one.note


def test_quantile_bins_hold_as_many_each() -> None:
    """A hundred scores in four bins are 25 each; ten bins by default."""
    scores = np.arange(100) / 100
    assert np.bincount(bin_of(scores, bins=4, strategy="quantile")).tolist() == [25] * 4
    curve = reliability_curve(np.arange(100) % 2, scores)
    assert [point.observed.n for point in curve] == [10] * 10


def test_patients_of_several_scores_give_the_same_error() -> None:
    """Whose image lies in which bin changes the limits, not the value; draws and seed are told."""
    patients = np.arange(100) % 20
    made = expected_calibration_error(LABELS, SCORES, patients=patients)
    assert made.value == pytest.approx(0.1)
    assert "1000 draws" in made.method
    assert made == expected_calibration_error(LABELS, SCORES, patients=patients, draws=1000, seed=0)
    assert made.lower != expected_calibration_error(LABELS, SCORES, patients=patients, seed=1).lower
    assert expected_calibration_error(LABELS, SCORES, draws=100).lower is not None
    with pytest.raises(InvalidInputError, match="`draws` must be a whole number >= 100"):
        expected_calibration_error(LABELS, SCORES, draws=99)


def test_without_positives_the_scaled_score_has_no_ceiling() -> None:
    """Either class alone, and scores of 0 throughout, are named."""
    assert scaled_brier([0, 0], [0.5, 0.4]).not_estimable == "no positive images"
    assert observed_expected([1, 0], [0.0, 0.0]).not_estimable == "all scores are 0"


def test_each_bin_tells_its_ends_and_its_patients() -> None:
    """Least, largest and mean score; limits over the patients of that bin, at the confidence."""
    labels, scores = [0, 1, 0, 1, 1, 1], [0.15, 0.05, 0.1, 0.6, 0.8, 0.7]
    patients = list("aabbcc")
    low, high = reliability_curve(
        labels, scores, bins=2, strategy="uniform", patients=patients, confidence_level=0.9
    )
    assert (low.low, low.high, low.mean_score) == pytest.approx((0.05, 0.15, 0.1))
    assert (high.low, high.high, high.mean_score) == pytest.approx((0.6, 0.8, 0.7))
    assert (low.observed.n, low.observed.events, low.observed.patients) == (3, 1, 2)
    assert (high.observed.n, high.observed.events, high.observed.patients) == (3, 3, 2)
    assert low.observed.confidence_level == 0.9
    assert low.observed == sensitivity(
        [1, 1, 1], labels[:3], patients=patients[:3], confidence_level=0.9
    )


@pytest.mark.parametrize("function", [reliability_curve, expected_calibration_error])
@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"bins": 0}, "`bins` must be a whole number >= 1, got 0"),
        ({"strategy": "uniforn"}, "`strategy` must be one of.*Did you mean 'uniform'"),
        ({"confidence_level": 0}, "`confidence_level` must lie in"),
        ({"patients": ["a"]}, "`patients` has 1"),
        ({"labels": [0, 2, 1]}, "`labels` must be 0 or 1"),
        ({"scores": [0.1, 0.2]}, "`scores` has 2"),
    ],
)
def test_settings_that_break_a_rule_are_named(
    function: Callable[..., object], ask: dict[str, object], message: str
) -> None:
    """Bins, strategy, confidence level and columns."""
    columns = {"labels": [0, 1, 1], "scores": [0.1, 0.2, 0.3]}
    with pytest.raises(InvalidInputError, match=message):
        function(**(columns | ask))


def test_one_bin_holds_all() -> None:
    """Whatever the strategy; the error is then the distance of the two means."""
    for strategy in ("quantile", "uniform"):
        assert bin_of(SCORES, bins=1, strategy=strategy).tolist() == [0] * 100
        made = expected_calibration_error(LABELS, SCORES, bins=1, strategy=strategy, draws=100)
        assert made.value == pytest.approx(0.37 - 0.33)
        assert f"over 1 {strategy} bins" in made.method


def test_quantile_bins_are_closed_above() -> None:
    """A score at an edge is in the bin below it: 0, 1, 2 | 3, 4 at the median of five."""
    assert bin_of(np.arange(5) / 10, bins=2, strategy="quantile").tolist() == [0, 0, 0, 1, 1]
    assert bin_of(np.arange(8) / 10, bins=4, strategy="quantile").tolist() == [
        *(0, 0, 1, 1, 2, 2, 3, 3)
    ]


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_error_and_its_limits_are_those_of_repeated_rows(
    strategy: str, clustered: bool
) -> None:
    """Gaps of each bin weighed by its rows, on all rows and on each draw; bins stay as they are."""
    rng = np.random.default_rng(2)
    scores = rng.random(90)
    labels, patients = rng.random(90) < scores**2, np.repeat(np.arange(18), 5)
    made = expected_calibration_error(
        labels,
        scores,
        bins=5,
        strategy=strategy,
        patients=patients if clustered else None,
        draws=100,
        seed=3,
        confidence_level=0.8,
    )
    columns = in_fixed_order(check_columns(labels, scores, patients if clustered else None))
    bins = bin_of(columns.scores, bins=5, strategy=strategy)

    def error(rows: np.ndarray) -> float:
        gaps = (columns.labels - columns.scores)[rows]
        return sum(abs(gaps[bins[rows] == b].sum()) for b in range(5)) / rows.size

    units, codes = (18, columns.codes) if clustered else (90, np.arange(90))
    draws = [
        error(np.repeat(np.arange(90), times[codes].astype(int)))
        for times in np.concatenate(list(draw_weights(units, draws=100, seed=3, at_once=9)))
    ]
    limits = percentile_limits(np.array(draws), confidence_level=0.8, units=units)
    value = error(np.arange(90))
    assert made.value == pytest.approx(value)
    assert made.lower == pytest.approx(min(limits[0], value))
    assert made.upper == pytest.approx(max(limits[1], value))
    assert (made.n, made.events, made.confidence_level) == (90, labels.sum(), 0.8)
    assert made.patients == (18 if clustered else None)
    assert f"over 5 {strategy} bins" in made.method


def test_ten_quantile_bins_by_default() -> None:
    """Of the error as of the curve."""
    scores = np.arange(100) / 100
    ask = {"draws": 100, "seed": 0}
    made = expected_calibration_error(np.arange(100) % 3 == 0, scores, **ask)
    assert "over 10 quantile bins" in made.method
    assert made.confidence_level == 0.95


EVERY = np.ones(100, dtype=bool)


@pytest.mark.parametrize(
    ("estimate", "weighted", "scale", "words"),
    [
        (
            observed_expected,
            lambda w: float((w * LABELS).sum() / (w * SCORES).sum()),
            LOG,
            "observed over expected events, log scale, ",
        ),
        (
            scaled_brier,
            lambda w: float(
                1
                - (w * (SCORES - LABELS) ** 2).sum()
                / w.sum()
                / ((w * LABELS).sum() / w.sum() * (1 - (w * LABELS).sum() / w.sum()))
            ),
            PLAIN,
            "1 - Brier score / that of the prevalence (Steyerberg 2010), ",
        ),
    ],
)
def test_ratios_over_all_rows_are_those_of_a_slow_jackknife(
    estimate: Callable[..., Estimate], weighted: WeightedEstimate, scale: Scale, words: str
) -> None:
    """Value, limits over patients and of independent images, design effect and method."""
    patients = np.random.default_rng(1).integers(0, 21, 100)
    slow = slow_jackknife(weighted, [EVERY], patients)
    made = estimate(LABELS, SCORES, patients=patients, confidence_level=0.9)
    assert made.value == pytest.approx(slow.value)
    told = slow.skewed_limits if estimate is scaled_brier else slow.limits
    assert (made.lower, made.upper) == pytest.approx(told(0.9, scale), rel=1e-5)
    effect = max(slow.error**2 / (slow.squares * 100 / 99), 1)
    assert made.design_effect == pytest.approx(effect, rel=1e-5)
    assert made.method.startswith(words + "delete-one-patient jackknife")
    assert (made.n, made.events, made.patients, made.confidence_level) == (100, 37, 21, 0.9)
    alone = estimate(LABELS, SCORES, confidence_level=0.9)
    error = math.sqrt(slow.squares * 100 / 99)
    one_each = slow_jackknife(weighted, [EVERY], np.arange(100))
    df = one_each.df if estimate is scaled_brier else math.inf
    normal = replace(slow, error=error, df=df).limits(0.9, scale)
    assert (alone.lower, alone.upper) == pytest.approx(normal, rel=1e-5)
    assert alone.method.startswith(f"{words}images independent")


@pytest.mark.parametrize(
    ("estimate", "labels", "scores", "reason"),
    [
        (observed_expected, [0, 0, 0], [0.1, 0.2, 0.3], "no positive images"),
        (observed_expected, [0, 0, 0], [0.0, 0.0, 0.0], "no positive images"),
        (observed_expected, [0, 1, 0], [0.0, 0.0, 0.0], "all scores are 0"),
        (scaled_brier, [0, 0, 0], [0.1, 0.2, 0.3], "no positive images"),
        (scaled_brier, [1, 1, 1], [0.1, 0.2, 0.3], "no negative images"),
    ],
)
def test_a_ratio_to_nothing_says_why(
    estimate: Callable[..., Estimate], labels: list[int], scores: list[float], reason: str
) -> None:
    """With counts, confidence level and method."""
    made = estimate(labels, scores, patients=list("aab"), confidence_level=0.9)
    assert made.not_estimable == reason
    assert (made.n, made.events, made.patients, made.confidence_level) == (3, sum(labels), 2, 0.9)
    assert "images independent" in made.method
    assert estimate([1, 1, 1, 0], [0.1, 0.2, 0.3, 0.4]).value is not None


def test_a_scaled_score_never_passes_1() -> None:
    """Nearly perfect scores of few images."""
    made = scaled_brier([1, 0, 1, 0], [0.9, 0.1, 0.95, 0.3], confidence_level=0.999)
    assert made.upper == 1.0
    assert made.lower < 0.9  # type: ignore[operator]
