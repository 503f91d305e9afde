"""Tests of comparisons of models and of groups."""

import math

import numpy as np
import pytest
from scipy import special, stats

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, compare_groups, compare_models
from prevalens.metrics.influences import AT_THRESHOLD, COMPARABLE

RNG = np.random.default_rng(21)
PATIENTS = np.repeat(np.arange(30), 8)
LABELS = RNG.random(240) < 0.35
BASE = 1.6 * LABELS - 1 + RNG.normal(size=30)[PATIENTS] + RNG.normal(size=240)
FIRST = special.expit(BASE)
SECOND = special.expit(BASE + RNG.normal(size=240))


def threshold_of(figure: str) -> float | None:
    """Return a threshold where the figure needs one."""
    return 0.4 if figure in AT_THRESHOLD else None


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


def test_separate_delong_adds_the_variances() -> None:
    """Two groups of independent images."""
    first = np.arange(240) < 110
    made = compare_groups(LABELS, FIRST, first)
    parts = [auroc(LABELS[rows], FIRST[rows]) for rows in (first, ~first)]
    halves = [part.value - part.lower for part in parts]  # type: ignore[operator]
    assert made.difference.value == pytest.approx(parts[0].value - parts[1].value)  # type: ignore[operator]
    assert made.error == pytest.approx(math.hypot(*halves) / 1.959963984540054)


def test_paired_sensitivity_follows_bonett_and_price() -> None:
    """B = 9, c = 3 of 40: the adjusted Wald interval, and the mid-p value."""
    labels = np.ones(41)
    labels[40] = 0
    first = np.repeat([0.9, 0.1, 0.9, 0.1], [9, 3, 20, 9])
    second = np.repeat([0.1, 0.9, 0.9, 0.1], [9, 3, 20, 8])
    second = np.append(second, 0.1)
    made = compare_models(labels, first, second, figure="sensitivity", threshold=0.5)
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
    made = compare_groups(labels, scores, first, figure="sensitivity", threshold=0.5)
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
    ask = {"figure": "sensitivity", "threshold": 0.5}
    made, turned = (compare_groups(labels, scores, side, **ask) for side in (first, ~first))  # type: ignore[arg-type]
    assert (made.difference.value, turned.difference.value) == (-0.5, 0.5)
    # Newcombe: the limits of 0 of 20 are 0 and .1611, of 10 of 20 .2993 and .7007.
    assert made.difference.lower == pytest.approx(-0.5 - (0.7007 - 0.5), abs=1e-4)
    assert made.difference.upper == pytest.approx(-0.5 + math.hypot(0.1611, 0.2007), abs=1e-4)


@pytest.mark.parametrize("figure", COMPARABLE)
def test_models_over_patients_differ_as_their_figures_do(figure: str) -> None:
    """Value, sign under exchange, and singletons as independent images."""
    at = threshold_of(figure)
    made = compare_models(LABELS, FIRST, SECOND, figure=figure, threshold=at, patients=PATIENTS)
    back = compare_models(LABELS, SECOND, FIRST, figure=figure, threshold=at, patients=PATIENTS)
    assert made.first.value is not None
    assert made.second.value is not None
    assert made.difference.value == pytest.approx(made.first.value - made.second.value)
    assert made.difference.lower == pytest.approx(-back.difference.upper)  # type: ignore[operator]
    assert made.p_value == pytest.approx(back.p_value)
    alone = compare_models(LABELS, FIRST, SECOND, figure=figure, threshold=at)
    single = compare_models(
        LABELS, FIRST, SECOND, figure=figure, threshold=at, patients=np.arange(240)
    )
    assert (alone.difference.lower, alone.p_value) == (single.difference.lower, single.p_value)


@pytest.mark.parametrize("figure", COMPARABLE)
def test_groups_over_patients_ignore_the_order_of_rows(figure: str) -> None:
    """Shuffled rows give the same limits."""
    mixed = np.random.default_rng(0).permutation(240)
    group = PATIENTS < 14
    one, two = (
        compare_groups(
            LABELS[rows],
            FIRST[rows],
            group[rows],
            figure=figure,
            threshold=threshold_of(figure),
            patients=PATIENTS[rows],
        )
        for rows in (np.arange(240), mixed)
    )
    assert one.difference.lower == pytest.approx(two.difference.lower)
    assert one.difference.lower < one.difference.value < one.difference.upper  # type: ignore[operator]


def test_the_jackknife_of_a_sensitivity_difference_by_hand() -> None:
    """Leave out one patient at a time."""
    made = compare_models(
        LABELS, FIRST, SECOND, figure="sensitivity", threshold=0.4, patients=PATIENTS
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
        ({"figure": "aurocc"}, "'auroc'"),
        ({"figure": "sensitivity"}, "needs `threshold`"),
        ({"figure": "auroc", "threshold": 0.5}, "takes no threshold, got 0.5"),
        ({"figure": "net_benefit", "threshold": 1}, "`threshold`"),
        ({"figure": "net_benefit", "threshold": 0.1, "second_threshold": 0.2}, "one threshold"),
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
    figure = {"figure": "sensitivity", "threshold": 0.5}
    apart = compare_models(labels, scores, scores, second_threshold=0.2, **figure)  # type: ignore[arg-type]
    alike = compare_models(labels, scores, scores, **figure)  # type: ignore[arg-type]
    assert (apart.first.value, apart.second.value) == (0.5, 1.0)
    assert (alike.first.value, alike.second.value) == (0.5, 0.5)
    with pytest.raises(InvalidInputError, match="`second_threshold`"):
        compare_models(labels, scores, scores, second_threshold=1.2, **figure)  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", ["auroc", "average_precision", "specificity"])
def test_without_negatives_nothing_is_compared(figure: str) -> None:
    """Three figures need a negative image; the reason is said."""
    made = compare_models(
        np.ones(3), [0.1, 0.2, 0.3], [0.3, 0.1, 0.2], figure=figure, threshold=threshold_of(figure)
    )
    assert made.difference.not_estimable == "no negative images"


@pytest.mark.parametrize("figure", ["sensitivity", "specificity", "accuracy"])
def test_paired_shares_of_independent_images_are_of_their_own_rows(figure: str) -> None:
    """Positive rows, negative rows or all of them: the difference is that of both sides."""
    made = compare_models(LABELS, FIRST, SECOND, figure=figure, threshold=0.4)
    assert made.difference.value == pytest.approx(made.first.value - made.second.value)  # type: ignore[operator]
    assert made.difference.value != 0
