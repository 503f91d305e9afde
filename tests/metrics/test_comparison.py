"""Tests of comparisons of models and of groups."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats
from slow_jackknife import (
    WeightedEstimate,
    slopes,
    slow_jackknife,
    weighted_auroc,
    weighted_average_precision,
)

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Contrast, auroc, compare_groups, compare_models
from prevalens.metrics.moved import Moved
from prevalens.metrics.registry import keys_where, measure_of

COMPARABLE = keys_where(lambda measure: measure.comparable)
RNG = np.random.default_rng(21)
PATIENTS = np.repeat(np.arange(30), 8)
LABELS = RNG.random(240) < 0.35
BASE = 1.6 * LABELS - 1 + RNG.normal(size=30)[PATIENTS] + RNG.normal(size=240)
FIRST = special.expit(BASE)
SECOND = special.expit(BASE + RNG.normal(size=240))


def threshold_of(estimate: str) -> float | None:
    """Return a threshold where the estimate needs one."""
    return 0.4 if measure_of(estimate).needs_threshold else None


def test_paired_delong_is_the_covariance_formula() -> None:
    """Var(A1) + Var(A2) - 2 Cov(A1, A2), from all pairs."""
    made = compare_models(LABELS, FIRST, SECOND)
    placed = []
    for scores in (FIRST, SECOND):
        kernel = (scores[LABELS][:, None] > scores[~LABELS][None]).astype(float)
        placed.append((kernel.mean(axis=1), kernel.mean(axis=0)))
    variance = sum(
        np.cov(placed[0][side], placed[1][side]) / placed[0][side].size for side in (0, 1)
    )
    error = math.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    value = placed[0][0].mean() - placed[1][0].mean()
    assert made.difference.value == pytest.approx(value)
    assert made.error == pytest.approx(error)
    assert made.p_value == pytest.approx(2 * stats.norm.sf(abs(value) / error))
    assert made.difference.lower == pytest.approx(value - 1.959963984540054 * error)


def test_paired_sensitivity_follows_bonett_and_price() -> None:
    """B = 9, c = 3 of 40: the adjusted Wald interval, and the mid-p value."""
    labels = np.ones(41)
    labels[40] = 0
    first = np.repeat([0.9, 0.1, 0.9, 0.1], [9, 3, 20, 9])
    second = np.repeat([0.1, 0.9, 0.9, 0.1], [9, 3, 20, 8])
    second = np.append(second, 0.1)
    made = compare_models(labels, first, second, measure="sensitivity", threshold=0.5)
    up, down = 10 / 42, 4 / 42
    half = 1.959963984540054 * math.sqrt((up + down - (up - down) ** 2) / 42)
    assert made.difference.value == pytest.approx(6 / 40)
    assert made.difference.lower == pytest.approx(up - down - half)
    assert made.p_value == pytest.approx(
        2 * stats.binom.cdf(3, 12, 0.5) - stats.binom.pmf(3, 12, 0.5)
    )


def test_separate_sensitivities_follow_newcombe() -> None:
    """56/70 - 48/80, table II of Newcombe, Stat Med 1998;17:873-890: .0524 to .3339."""
    labels = np.ones(150)
    scores = np.repeat([0.9, 0.1, 0.9, 0.1], [56, 14, 48, 32])
    first = np.arange(150) < 70
    made = compare_groups(labels, scores, first, measure="sensitivity", threshold=0.5)
    assert made.difference.value == pytest.approx(0.2)
    assert (made.difference.lower, made.difference.upper) == pytest.approx(
        (0.0524, 0.3339), abs=5e-5
    )
    # The pooled z test: 104 of 150.
    pooled = 104 / 150
    error = math.sqrt(pooled * (1 - pooled) * (1 / 70 + 1 / 80))
    assert made.p_value == pytest.approx(2 * stats.norm.sf(0.2 / error))


def test_an_arm_without_a_hit_is_a_share_of_0() -> None:
    """0 of 20 against 10 of 20, both ways."""
    labels, first = np.ones(40), np.arange(40) < 20
    scores = np.where(np.arange(40) < 30, 0.1, 0.9)
    ask = {"measure": "sensitivity", "threshold": 0.5}
    made, turned = (compare_groups(labels, scores, side, **ask) for side in (first, ~first))  # type: ignore[arg-type]
    assert (made.difference.value, turned.difference.value) == (-0.5, 0.5)
    # Newcombe: the limits of 0 of 20 are 0 and .1611, of 10 of 20 .2993 and .7007.
    assert made.difference.lower == pytest.approx(-0.5 - (0.7007 - 0.5), abs=1e-4)
    assert made.difference.upper == pytest.approx(-0.5 + math.hypot(0.1611, 0.2007), abs=1e-4)


@pytest.mark.parametrize("estimate", COMPARABLE)
def test_models_over_patients_differ_as_their_estimates_do(estimate: str) -> None:
    """Value, sign under exchange, and unclustered as independent images."""
    at = threshold_of(estimate)
    made = compare_models(LABELS, FIRST, SECOND, measure=estimate, threshold=at, patients=PATIENTS)
    back = compare_models(LABELS, SECOND, FIRST, measure=estimate, threshold=at, patients=PATIENTS)
    assert made.first.value is not None
    assert made.second.value is not None
    assert made.difference.value == pytest.approx(made.first.value - made.second.value)
    assert made.difference.lower == pytest.approx(-back.difference.upper)  # type: ignore[operator]
    assert made.p_value == pytest.approx(back.p_value)
    alone = compare_models(LABELS, FIRST, SECOND, measure=estimate, threshold=at)
    single = compare_models(
        LABELS, FIRST, SECOND, measure=estimate, threshold=at, patients=np.arange(240)
    )
    assert (alone.difference.lower, alone.p_value) == (single.difference.lower, single.p_value)


@pytest.mark.parametrize("estimate", COMPARABLE)
def test_groups_over_patients_ignore_the_order_of_rows(estimate: str) -> None:
    """Shuffled rows give the same limits."""
    mixed = np.random.default_rng(0).permutation(240)
    group = PATIENTS < 14
    one, two = (
        compare_groups(
            LABELS[rows],
            FIRST[rows],
            group[rows],
            measure=estimate,
            threshold=threshold_of(estimate),
            patients=PATIENTS[rows],
        )
        for rows in (np.arange(240), mixed)
    )
    assert one.difference.lower == pytest.approx(two.difference.lower)
    assert one.difference.lower < one.difference.value < one.difference.upper  # type: ignore[operator]


def test_the_jackknife_of_a_sensitivity_difference_by_hand() -> None:
    """Leave out one patient at a time."""
    made = compare_models(
        LABELS, FIRST, SECOND, measure="sensitivity", threshold=0.4, patients=PATIENTS
    )
    gap = (FIRST >= 0.4).astype(float) - (SECOND >= 0.4)
    left = [gap[LABELS & (p != PATIENTS)].mean() for p in range(30)]
    assert made.error == pytest.approx(math.sqrt(np.square(left - gap[LABELS].mean()).sum()))


def test_equal_models_have_no_p_value() -> None:
    """A width of 0 is not an interval."""
    made = compare_models(LABELS, FIRST, FIRST, patients=PATIENTS)
    assert (made.difference.value, made.difference.lower, made.p_value) == (0, None, None)
    assert made.difference.note is not None


def test_what_cannot_be_compared_says_why() -> None:
    """One class; one patient."""
    made = compare_models(np.zeros(4), [0.1, 0.2, 0.3, 0.4], [0.4, 0.2, 0.1, 0.3])
    assert made.difference.not_estimable == "no positive images"
    made = compare_models(
        [1, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], [0.4, 0.2, 0.1, 0.3], patients=[1] * 4
    )
    assert "one patient" in str(made.difference.note)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measure": "aurocc"}, "'auroc'"),
        ({"measure": "sensitivity"}, "needs `threshold`"),
        ({"measure": "auroc", "threshold": 0.5}, "takes no threshold, got 0.5"),
        ({"measure": "net_benefit", "threshold": 1}, "`threshold`"),
        ({"measure": "net_benefit", "threshold": 0.1, "second_threshold": 0.2}, "one threshold"),
    ],
)
def test_settings_without_use_are_refused(settings: dict[str, object], message: str) -> None:
    """Each names the remedy."""
    with pytest.raises(InvalidInputError, match=message):
        compare_models(LABELS, FIRST, SECOND, **settings)  # type: ignore[arg-type]


def test_an_empty_group_is_refused() -> None:
    """Both groups need images."""
    with pytest.raises(InvalidInputError, match="0 of 240 are in the first"):
        compare_groups(LABELS, FIRST, np.zeros(240))


def test_each_model_may_have_its_own_threshold() -> None:
    """Sensitivities of 1/2 at .5 and of 1 at .2; left out, the second is the first."""
    labels, scores = [1, 1, 0, 0], [0.9, 0.3, 0.1, 0.1]
    estimate = {"measure": "sensitivity", "threshold": 0.5}
    apart = compare_models(labels, scores, scores, second_threshold=0.2, **estimate)  # type: ignore[arg-type]
    alike = compare_models(labels, scores, scores, **estimate)  # type: ignore[arg-type]
    assert (apart.first.value, apart.second.value) == (0.5, 1.0)
    assert (alike.first.value, alike.second.value) == (0.5, 0.5)
    with pytest.raises(InvalidInputError, match="`second_threshold`"):
        compare_models(labels, scores, scores, second_threshold=1.2, **estimate)  # type: ignore[arg-type]


@pytest.mark.parametrize("estimate", ["auroc", "average_precision", "specificity"])
def test_without_negatives_nothing_is_compared(estimate: str) -> None:
    """Three estimates need a negative image; the reason is said."""
    made = compare_models(
        np.ones(3),
        [0.1, 0.2, 0.3],
        [0.3, 0.1, 0.2],
        measure=estimate,
        threshold=threshold_of(estimate),
    )
    assert made.difference.not_estimable == "no negative images"


@pytest.mark.parametrize("estimate", ["sensitivity", "specificity", "accuracy"])
def test_paired_shares_of_independent_images_are_of_their_own_rows(estimate: str) -> None:
    """Positive rows, negative rows or all of them: the difference is that of both sides."""
    made = compare_models(LABELS, FIRST, SECOND, measure=estimate, threshold=0.4)
    assert made.difference.value == pytest.approx(made.first.value - made.second.value)  # type: ignore[operator]
    assert made.difference.value != 0


def calls_right(w: np.ndarray, scores: np.ndarray, rows: np.ndarray, at: float) -> float:
    """Return the weighted share of rows that are called right."""
    right = (scores >= at) == LABELS
    return float((w * right)[rows].sum() / w[rows].sum())


def weighted(estimate: str, scores: np.ndarray, group: np.ndarray) -> WeightedEstimate:
    """Make an estimate of a group of rows, weighted."""
    rows = {"sensitivity": group & LABELS, "specificity": group & ~LABELS}.get(estimate, group)

    def value(w: np.ndarray) -> float:
        if estimate == "auroc":
            return weighted_auroc(LABELS[rows], scores[rows], w[rows])
        if estimate == "average_precision":
            return weighted_average_precision(LABELS[rows], scores[rows], w[rows])
        if estimate == "brier":
            return float((w * (scores - LABELS) ** 2)[rows].sum() / w[rows].sum())
        if estimate == "net_benefit":
            worth = (scores >= 0.4) * np.where(LABELS, 1, -0.4 / 0.6)
            return float((w * worth)[rows].sum() / w[rows].sum())
        return calls_right(w, scores, rows, 0.4)

    return value


def kinds_of(estimate: str, group: np.ndarray) -> list[np.ndarray]:
    """Return the rows that an estimate averages together."""
    positive, negative = group & LABELS, group & ~LABELS
    if estimate in {"auroc", "average_precision"}:
        return [positive, negative]
    return [{"sensitivity": positive, "specificity": negative}.get(estimate, group)]


EVERYONE = np.ones(240, dtype=bool)
OVER = "difference over patients, paired where a patient is in both"


def assert_p_is_the_level_at_which_limits_reach_none(made: Contrast) -> None:
    """Where limits are not symmetric, the p value is 1 less the level at which they reach 0."""
    rule, p_value = made.difference.limits_at, made.p_value
    assert rule is not None
    assert p_value is not None
    assert min(map(abs, rule(1 - p_value))) == pytest.approx(0, abs=1e-6)


SLOWLY = ("auroc", "average_precision", "brier")


@pytest.mark.parametrize("estimate", SLOWLY)
def test_differences_over_patients_are_those_of_a_slow_jackknife(estimate: str) -> None:
    """Value, error, degrees of freedom, limits and p value of paired models."""
    made = compare_models(
        LABELS, FIRST, SECOND, measure=estimate, patients=PATIENTS, confidence_level=0.9
    )
    one, two = (weighted(estimate, scores, EVERYONE) for scores in (FIRST, SECOND))
    kinds, patients, words = kinds_of(estimate, EVERYONE), PATIENTS, "both models have the same"
    slow = slow_jackknife(lambda w: one(w) - two(w), kinds, patients, absent=True)
    assert made.difference.value == pytest.approx(slow.value)
    assert made.error == pytest.approx(slow.error, rel=1e-5)
    assert made.df == pytest.approx(slow.df, rel=1e-5)
    if estimate == "brier":
        each = [
            np.array([side(EVERYONE * 1.0) - side(p != PATIENTS) for p in np.unique(PATIENTS)])
            for side in (one, two)
        ]
        ends = one(np.ones(240)), two(np.ones(240))
        expected_limits = Moved.of(each[0], each[1], None).limits(ends, (0.0, 1.0), 0.9)
        assert_p_is_the_level_at_which_limits_reach_none(made)
    else:
        expected_limits = slow.limits(0.9)
        expected = 2 * stats.t.sf(abs(slow.value) / slow.error, slow.df)
        assert made.p_value == pytest.approx(expected, rel=1e-4)
    limits = made.difference.lower, made.difference.upper
    assert limits == pytest.approx(expected_limits, rel=1e-6)
    assert made.hypothesis.startswith(f"{words} {estimate}")
    assert made.method == made.difference.method
    assert made.method.startswith(OVER)
    assert made.difference.events == LABELS.sum()
    assert (made.difference.n, made.difference.patients) == (240, 30)
    assert (
        made.first.confidence_level,
        made.second.confidence_level,
        made.difference.confidence_level,
    ) == (0.9, 0.9, 0.9)


@pytest.mark.parametrize("estimate", ["auroc", "average_precision", "brier"])
def test_differences_of_independent_images_take_student(estimate: str) -> None:
    """Squares of the slopes, n/(n-1) in each kind; DeLong's test, of the AUROC, is normal."""
    made = compare_models(LABELS, FIRST, SECOND, measure=estimate, confidence_level=0.9)
    one, two = (weighted(estimate, scores, EVERYONE) for scores in (FIRST, SECOND))
    kinds = kinds_of(estimate, EVERYONE)
    influence_values = slopes(lambda w: one(w) - two(w), 240)
    variance = sum(
        (influence_values[rows] ** 2).sum() * rows.sum() / (rows.sum() - 1) for rows in kinds
    )
    value, error = one(np.ones(240)) - two(np.ones(240)), math.sqrt(variance)
    assert made.error == pytest.approx(error, rel=1e-5)
    squares = influence_values**2
    df = 2 * squares.sum() ** 2 / np.square(squares - squares.mean()).sum()
    law = stats.norm if estimate == "auroc" else stats.t(min(df, 239))
    half = law.ppf(0.95) * error
    limits = (made.difference.lower, made.difference.upper)
    if estimate == "brier":
        each = [slopes(side, 240) for side in (one, two)]
        moved = Moved.of(each[0], each[1], None)
        spread = replace(moved.spread, variance=variance, df=min(df, 239))
        ends = one(np.ones(240)), two(np.ones(240))
        by_hand = replace(moved, spread=spread).limits(ends, (0.0, 1.0), 0.9)
        assert limits == pytest.approx(by_hand, rel=1e-4)
        assert_p_is_the_level_at_which_limits_reach_none(made)
    else:
        assert limits == pytest.approx((value - half, value + half), rel=1e-4)
        assert made.p_value == pytest.approx(2 * law.sf(abs(value) / error), rel=1e-4)
    assert made.method.startswith(
        "DeLong's test" if estimate == "auroc" else "Student's t of the images"
    )
    assert made.difference.note is None


@pytest.mark.parametrize(
    ("estimate", "first", "second", "n"),
    [("sensitivity", 10, 3, 14), ("specificity", 10, 3, 14), ("accuracy", 12, 5, 28)],
)
def test_paired_shares_by_hand(estimate: str, first: int, second: int, n: int) -> None:
    """Bonett and Price on the rows of the estimate; both limits, p value, and no standard error."""
    labels = np.repeat([1, 0], 14)
    right = np.repeat([1, 0, 1, 1, 0, 1], [10, 3, 1, 2, 2, 10])
    other = np.repeat([0, 1, 1, 0, 1, 1], [10, 3, 1, 2, 2, 10])
    if estimate == "specificity":
        labels = 1 - labels
    one, two = (np.where(x == labels, 0.9, 0.1) for x in (right, other))
    made = compare_models(labels, one, two, measure=estimate, threshold=0.5, confidence_level=0.9)
    up, down = (first + 1) / (n + 2), (second + 1) / (n + 2)
    half = 1.6448536269514722 * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    assert made.difference.value == pytest.approx((first - second) / n)
    assert made.difference.lower == pytest.approx(up - down - half)
    assert made.difference.upper == pytest.approx(up - down + half)
    chance = stats.binom.pmf(second, first + second, 0.5)
    expected = 2 * stats.binom.cdf(second, first + second, 0.5) - chance
    assert made.p_value == pytest.approx(expected)
    assert (made.error, made.df) == (None, math.inf)
    assert made.method.startswith("Bonett & Price 2012 interval")


def test_groups_that_are_right_throughout_have_no_p_value() -> None:
    """Shares of 1 in both: Newcombe's limits, but a pooled error of 0."""
    made = compare_groups(
        np.ones(6), [0.9] * 6, np.arange(6) < 3, measure="sensitivity", threshold=0.5
    )
    assert (made.difference.value, made.p_value) == (0.0, None)
    assert made.difference.lower < 0 < made.difference.upper  # type: ignore[operator]
    wrong = compare_groups(
        np.ones(6), [0.1] * 6, np.arange(6) < 3, measure="sensitivity", threshold=0.5
    )
    assert (wrong.difference.value, wrong.p_value) == (0.0, None)
    assert wrong.difference.upper == pytest.approx(-wrong.difference.lower)  # type: ignore[operator]


UNSEEN = "No interval: the two never part, or a class has one image, so the spread is unseen."
FROM_ONE = "No interval: the images of a class or group come from one patient."


def test_a_class_that_one_side_lacks_is_named() -> None:
    """The first group has no positives, or the second no negatives."""
    group = np.arange(6) < 3
    for labels, reason in (
        ([0, 0, 0, 1, 0, 1], "no positive images"),
        ([1, 0, 1, 1, 1, 1], "no negative images"),
    ):
        made = compare_groups(labels, [0.1, 0.5, 0.3, 0.7, 0.4, 0.2], group)
        assert made.difference.not_estimable == reason
        assert made.method.startswith(OVER)
        assert (made.p_value, made.difference.n) == (None, 6)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"second": [0.1] * 3}, "`labels` has 4, `second` has 3"),
        ({"second": [0.1, 0.2, 0.3, 1.4]}, r"`second` must lie in \[0, 1\]"),
        ({"first": [0.1] * 3}, "`labels` has 4, `scores` has 3"),
        ({"patients": ["a"]}, "`patients` has 1"),
        ({"confidence_level": 0}, "`confidence_level` must lie in"),
        ({"measure": "brier", "second_threshold": 0.5}, "'brier' takes no threshold"),
        ({"measure": "accuracy", "threshold": -0.1}, r"`threshold` must lie in \[0, 1\]"),
        ({"measure": "accuracy", "threshold": 1.1}, r"`threshold` must lie in \[0, 1\]"),
        ({"measure": "net_benefit", "threshold": 1.0}, r"`threshold` must lie in \[0, 1\)"),
        (
            {"measure": "accuracy", "threshold": 0.5, "second_threshold": -0.1},
            r"`second_threshold` must lie in \[0, 1\]",
        ),
        ({"measure": "dor"}, "`measure` must be one of 'sensitivity', 'specificity', 'ppv'"),
    ],
)
def test_what_breaks_its_rule_is_named(ask: dict[str, object], message: str) -> None:
    """Columns, confidence level, estimate and both thresholds of a comparison of models."""
    columns = {
        "labels": [1, 0, 1, 0],
        "first": [0.1, 0.2, 0.3, 0.4],
        "second": [0.4, 0.2, 0.1, 0.3],
    }
    with pytest.raises(InvalidInputError, match=message):
        compare_models(**(columns | ask))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("in_first", "ask", "message"),
    [
        ([1, 0, 1], {}, "`labels` has 4, `in_first` has 3"),
        ([1, 0, 2, 0], {}, "`in_first` must be 0 or 1"),
        ([1, 1, 1, 1], {}, "4 of 4 are in the first"),
        ([1, 0, 1, 0], {"confidence_level": 2}, "`confidence_level` must lie in"),
        ([1, 0, 1, 0], {"measure": "aurok"}, "Did you mean 'auroc'"),
        ([1, 0, 1, 0], {"threshold": 0.2}, "'auroc' takes no threshold, got 0.2"),
        ([1, 0, 1, 0], {"measure": "accuracy", "threshold": 2}, "`threshold` must lie in"),
    ],
)
def test_what_breaks_its_rule_among_groups_is_named(
    in_first: list[int], ask: dict[str, object], message: str
) -> None:
    """The groups, the confidence level, the estimate and the threshold."""
    with pytest.raises(InvalidInputError, match=message):
        compare_groups([1, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], in_first, **ask)  # type: ignore[arg-type]


@pytest.mark.parametrize(("at", "first", "second"), [(0.0, 1.0, 1.0), (1.0, 0.5, 0.0)])
def test_thresholds_of_0_and_1_are_allowed(at: float, first: float, second: float) -> None:
    """At 0 all are called, at 1 those of score 1; net benefit takes 0."""
    labels, one, two = [1, 1, 0, 0], [1.0, 0.2, 0.1, 0.3], [0.9, 0.4, 0.1, 0.3]
    made = compare_models(
        labels, one, two, measure="sensitivity", threshold=at, second_threshold=at
    )
    assert (made.first.value, made.second.value) == (first, second)
    assert compare_models(labels, one, two, measure="net_benefit", threshold=0).first.value == 0.5


def test_each_side_is_its_own_estimate() -> None:
    """Of its model or group, with its patients and its limits."""
    ask = {"patients": PATIENTS, "confidence_level": 0.9}
    made = compare_models(LABELS, FIRST, SECOND, **ask)  # type: ignore[arg-type]
    assert made.first == auroc(LABELS, FIRST, **ask)  # type: ignore[arg-type]
    assert made.second == auroc(LABELS, SECOND, **ask)  # type: ignore[arg-type]
    group = PATIENTS < 12
    made = compare_groups(LABELS, FIRST, group, **ask)  # type: ignore[arg-type]
    for estimate, rows in ((made.first, group), (made.second, ~group)):
        assert estimate == auroc(
            LABELS[rows], FIRST[rows], patients=PATIENTS[rows], confidence_level=0.9
        )


@pytest.mark.parametrize("estimate", ["sensitivity", "auroc", "average_precision", "brier"])
def test_groups_add_the_squares_of_their_own_arms(estimate: str) -> None:
    """Two groups without a common patient: Zou and Donner's limits, and a p value that fits."""
    first, at = PATIENTS < 12, threshold_of(estimate)
    ask = {"measure": estimate, "threshold": at, "patients": PATIENTS}
    made = compare_groups(LABELS, FIRST, first, **ask)
    one, two = made.first, made.second
    down = math.hypot(one.value - one.lower, two.upper - two.value)
    up = math.hypot(one.upper - one.value, two.value - two.lower)
    assert made.difference.lower == pytest.approx(made.difference.value - down)
    assert made.difference.upper == pytest.approx(made.difference.value + up)
    edge = compare_groups(LABELS, FIRST, first, confidence_level=1 - made.p_value, **ask).difference
    assert min(abs(edge.lower), abs(edge.upper)) == pytest.approx(0, abs=1e-4)


def test_a_perfect_group_of_five_patients_is_no_proof() -> None:
    """All found in 5 of 60 patients, 87 % in the others: its own limits are in the difference."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(60), 20)
    scores = np.where(rng.random(1200) < rng.beta(6, 1, 60)[patients], 0.9, 0.1)
    scores[patients < 5] = 0.9
    made = compare_groups(
        np.ones(1200), scores, patients < 5, measure="sensitivity", threshold=0.5, patients=patients
    )
    assert made.first.value == 1
    assert made.difference.lower < -0.3
    assert made.p_value > 0.2


@pytest.mark.parametrize("patients", [None, list("abca"), list("abcd")])
def test_two_infinite_losses_have_no_difference(patients: list[str] | None) -> None:
    """Each model is sure of a wrong class; no warning of NumPy is left for the reader."""
    sure = [1.0, 0.2, 0.5, 0.0]
    made = compare_models([0, 0, 1, 1], sure, sure[::-1], measure="log_loss", patients=patients)
    assert (made.difference.value, made.p_value) == (None, None)
    assert made.difference.not_estimable == "the scores are too extreme for it to be computed"
