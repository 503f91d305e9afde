"""Tests of McNemar's test."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import mcnemar_test
from prevalens.metrics.mcnemar import mcnemar_p_values


def test_p_values_of_small_counts_by_hand() -> None:
    """1 against 7: exact 2 (1 + 8) / 256, mid-p less 8/256."""
    assert mcnemar_p_values(1, 7) == pytest.approx((18 / 256, 10 / 256))
    assert mcnemar_p_values(7, 1) == mcnemar_p_values(1, 7)


def test_equal_counts_have_mid_p_of_one_minus_half_a_chance() -> None:
    """3 against 3: 1 - (20/64) / 2."""
    assert mcnemar_p_values(3, 3) == pytest.approx((1, 1 - 10 / 64))


@pytest.mark.parametrize("counts", [(0, 5), (12, 20), (40, 39)])
def test_the_exact_value_is_statsmodels(counts: tuple[int, int]) -> None:
    """And the mid-p value follows from the binomial law."""
    exact, mid_p = mcnemar_p_values(*counts)
    theirs = mcnemar([[10, counts[0]], [counts[1], 10]], exact=True)
    assert exact == pytest.approx(theirs.pvalue, rel=1e-9)
    assert mid_p == pytest.approx(exact - stats.binom.pmf(min(counts), sum(counts), 0.5), rel=1e-9)


def test_calls_that_never_part_have_no_p_value() -> None:
    """Not estimable, rather than 1."""
    made = mcnemar_test([1, 0, 1], [1, 1, 1], [1, 1, 1])
    assert (made.exact, made.mid_p, made.not_estimable) == (
        None,
        None,
        "the predictions never differ",
    )


def test_patients_replace_the_binomial_law() -> None:
    """Discordant rows that all come from one patient of eight are weak evidence."""
    labels, first = np.ones(80), np.ones(80)
    second = np.where(np.arange(80) < 10, 0, 1)
    alone = mcnemar_test(labels, first, second)
    over = mcnemar_test(labels, first, second, patients=np.repeat(np.arange(8), 10))
    assert (over.first_only, over.second_only, over.exact) == (10, 0, None)
    assert alone.exact == pytest.approx(2 / 2**10)
    assert over.clustered is not None
    assert over.clustered > 0.3
    one = mcnemar_test(labels, first, second, patients=["a"] * 80)
    assert one.not_estimable == "all images come from one patient"


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.booleans()] * 3, st.integers(0, 4)), min_size=1, max_size=40))
def test_models_may_change_places(rows: list[tuple[bool, bool, bool, int]]) -> None:
    """Counts swap, p values stay; rows on which both are right or wrong say nothing."""
    labels, first, second, patients = (np.array(column) for column in zip(*rows, strict=True))
    for ids in (None, patients):
        one = mcnemar_test(labels, first, second, patients=ids)
        two = mcnemar_test(labels, second, first, patients=ids)
        assert (one.first_only, one.second_only, one.n) == (two.second_only, two.first_only, two.n)
        assert (one.exact, one.mid_p) == (two.exact, two.mid_p)
        assert one.clustered == pytest.approx(two.clustered)
    assert one.first_only == np.sum((first == labels) & (second != labels))
    parted = first != second
    if parted.any():
        alone = mcnemar_test(labels, first, second)
        assert mcnemar_test(labels[parted], first[parted], second[parted]).exact == alone.exact


def test_two_patients_are_enough_and_everything_is_told() -> None:
    """Gaps of 1 and of 1/2 of two patients: a p value on one degree; counts, n and method."""
    labels, first = np.ones(8), np.ones(8)
    second = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    made = mcnemar_test(labels, first, second, patients=np.repeat(["a", "b"], 4))
    # Left out, the mean gap of 3/4 moves by 1/4 either way: a standard error of sqrt(1/8).
    t = 0.75 / math.sqrt(2 / 16)
    assert made.clustered == pytest.approx(2 * stats.t.sf(t, 1))
    assert (made.first_only, made.second_only, made.n) == (6, 0, 8)
    assert "Obuchowski 1998" in made.method
    assert mcnemar_test(labels, first, second).n == 8
    alike = mcnemar_test(labels, first, np.tile([0, 1], 4), patients=np.repeat(["a", "b"], 4))
    assert alike.not_estimable == "no patient differs from the rest"


def test_columns_of_other_length_are_refused() -> None:
    """Each of the three is counted."""
    with pytest.raises(InvalidInputError, match="`second` has 2"):
        mcnemar_test([1, 0, 1], [1, 1, 1], [1, 1])
    with pytest.raises(InvalidInputError, match="`first` has 2"):
        mcnemar_test([1, 0, 1], [1, 1], [1, 1, 0])


def test_patients_of_one_image_each_are_independent() -> None:
    """The exact value, and its method, as without patients."""
    labels, first, second = np.ones(9), np.repeat([1, 0], [7, 2]), np.repeat([0, 1], [6, 3])
    alone = mcnemar_test(labels, first, second)
    assert mcnemar_test(labels, first, second, patients=np.arange(9)) == alone
    assert alone.method.startswith("exact and mid-p McNemar, images independent")
    assert (alone.clustered, alone.not_estimable) == (None, None)
    assert (alone.first_only, alone.second_only, alone.n) == (6, 2, 9)


def test_what_has_no_p_value_over_patients_keeps_its_counts() -> None:
    """One patient, or patients alike: counts, rows and the method stay."""
    labels, second = np.ones(8), np.tile([0, 1], 4)
    for patients, reason in (
        (["a"] * 8, "all images come from one patient"),
        (np.repeat(["a", "b"], 4), "no patient differs from the rest"),
    ):
        made = mcnemar_test(labels, np.ones(8), second, patients=patients)
        assert made.not_estimable == reason
        assert (made.first_only, made.second_only, made.n) == (4, 0, 8)
        assert (made.exact, made.mid_p, made.clustered) == (None, None, None)
        assert made.method.startswith("difference over patients (Obuchowski 1998)")


def test_a_p_value_over_patients_by_the_jackknife() -> None:
    """Five patients left out in turn: the net share of rows that the first alone has right."""
    rng = np.random.default_rng(6)
    patients = np.repeat(np.arange(5), [3, 4, 5, 6, 7])
    labels, first, second = (rng.random(25) < p for p in (0.5, 0.7, 0.4))
    net = (first == labels).astype(float) - (second == labels)
    moves = [net[patients != p].mean() - net.mean() for p in range(5)]
    total = float(np.square(moves).sum())
    df = min(2 * total**2 / (np.power(moves, 4).sum() - total**2 / 5), 4)
    made = mcnemar_test(labels, first, second, patients=patients)
    assert made.clustered == pytest.approx(2 * stats.t.sf(abs(net.mean()) / total**0.5, df))


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 3)])
def test_small_counts_follow_the_binomial_law(b: int, c: int) -> None:
    """Twice the lower tail, at most 1; the mid-p value is less by the chance of what was seen."""
    made = mcnemar_p_values(b, c)
    if b + c == 0:
        assert made == (None, None)
        return
    seen = stats.binom.pmf(min(b, c), b + c, 0.5)
    tail = stats.binom.cdf(min(b, c), b + c, 0.5)
    expected = (1.0, 1 - seen / 2) if b == c else (min(2 * tail, 1), min(2 * tail, 1) - seen)
    assert made == pytest.approx(expected)


@pytest.mark.parametrize("name", ["labels", "first", "second"])
def test_each_column_is_checked_by_its_name(name: str) -> None:
    """0 or 1, and as many as the others."""
    columns = {"labels": [1, 0], "first": [1, 1], "second": [0, 1]}
    with pytest.raises(InvalidInputError, match=f"`{name}` must be 0 or 1"):
        mcnemar_test(**(columns | {name: [0, 2]}))
    with pytest.raises(InvalidInputError, match=f"`{name}` has 3"):
        mcnemar_test(**(columns | {name: [0, 1, 1]}))
    with pytest.raises(InvalidInputError, match="`patients` has 3"):
        mcnemar_test(**columns, patients=[1, 2, 3])
