"""Tests of spreads over patients."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.metrics.clusters import (
    Spread,
    degrees_of_freedom,
    joint_spread,
    leave_out,
    per_patient,
    ratio_spread,
)


def test_a_ratio_spread_is_the_jackknife_done_by_hand() -> None:
    """The variance sums the squared changes of the ratio when one patient is left out."""
    tops, sizes = np.array([3.0, 0.0, 2.0, 5.0]), np.array([4.0, 2.0, 2.0, 9.0])
    whole = tops.sum() / sizes.sum()
    left = [(tops.sum() - t) / (sizes.sum() - s) - whole for t, s in zip(tops, sizes, strict=True)]
    assert ratio_spread(tops, sizes).variance == pytest.approx(np.square(left).sum(), rel=1e-12)


def test_a_joint_spread_is_the_jackknife_of_a_difference_done_by_hand() -> None:
    """The same for the difference of two ratios that share patients."""
    tops, sizes = np.array([3.0, 0.0, 2.0]), np.array([4.0, 2.0, 2.0])
    others, weights = np.array([1.0, 6.0, 0.0]), np.array([5.0, 6.0, 3.0])
    whole = tops.sum() / sizes.sum() - others.sum() / weights.sum()
    left = [
        (tops.sum() - tops[i]) / (sizes.sum() - sizes[i])
        - (others.sum() - others[i]) / (weights.sum() - weights[i])
        - whole
        for i in range(3)
    ]
    one = (tops - tops.sum() / sizes.sum() * sizes) / sizes.sum()
    two = -(others - others.sum() / weights.sum() * weights) / weights.sum()
    spread = joint_spread(one, sizes, two, weights)
    assert spread.variance == pytest.approx(np.square(left).sum(), rel=1e-12)
    np.testing.assert_allclose(leave_out(one, sizes) + leave_out(two, weights), -np.array(left))


@pytest.mark.parametrize("k", [2, 5, 40])
def test_changes_of_one_size_have_k_minus_1_degrees_of_freedom(k: int) -> None:
    """Nothing is lost where all patients weigh the same."""
    assert degrees_of_freedom(np.resize([1.0, -1.0], k)) == pytest.approx(k - 1)


def test_normal_changes_lose_next_to_nothing_and_one_dominant_patient_nearly_all() -> None:
    """2 V^2 / var(V) is k for normal changes and 2 / (1 - 1/k) for a lone change."""
    rng = np.random.default_rng(1)
    assert degrees_of_freedom(rng.normal(size=4000)) == pytest.approx(3999, rel=0.15)
    lone = np.zeros(50)
    lone[0] = 1
    assert degrees_of_freedom(lone) == pytest.approx(2 / (1 - 1 / 50))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_degrees_of_freedom_lie_between_1_and_k_minus_1(changes: list[float]) -> None:
    """Whatever the changes, all zero too."""
    assert 1 <= degrees_of_freedom(np.array(changes)) <= len(changes) - 1 + 1e-9


def test_one_patient_has_no_spread() -> None:
    """A single patient, or a single one with rows of a kind, gives no variance."""
    assert math.isnan(ratio_spread(np.array([2.0, 0.0]), np.array([4.0, 0.0])).variance)
    one = np.array([1.0, 0.0])
    assert math.isnan(joint_spread(one, one, one, np.array([1.0, 1.0])).variance)


def test_no_change_at_all_is_an_unseen_spread() -> None:
    """Two models that no patient moves, as where every label is negative, have no limits."""
    assert math.isnan(Spread.of(np.array([])).variance)
    assert Spread.of(np.array([0.5])).df == 0


def test_patients_without_such_rows_are_not_counted() -> None:
    """A third patient without rows adds neither a change nor a degree of freedom."""
    tops, sizes = np.array([2.0, 0.0, 0.0, 1.0]), np.array([2.0, 2.0, 0.0, 2.0])
    bare = ratio_spread(tops[sizes > 0], sizes[sizes > 0])
    assert ratio_spread(tops, sizes) == bare
    assert bare.patients == 3
    one, two = np.array([0.5, -0.5, 0.0, 0.0]), np.array([0.0, 0.25, -0.25, 0.0])
    m, n = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0, 0.0])
    kept = joint_spread(one, m, two, n)
    assert kept == joint_spread(one[:3], m[:3], two[:3], n[:3])
    assert kept.patients == 3
    assert kept.variance == pytest.approx(1 + (1 - 0.375) ** 2 + 0.75**2)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_an_unseen_spread_still_counts_its_patients(rows: int) -> None:
    """Those with rows of either kind; no variance and no degrees of freedom."""
    alone = ratio_spread(np.array([1.0, 0.0]), np.array([4.0, 0.0]))
    assert (alone.patients, alone.df) == (1, 0.0)
    one, none = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(4)
    others = np.array([0.0, *[1.0] * rows, 0, 0, 0])[:4]
    for spread in (joint_spread(none, one, none, others), joint_spread(none, others, none, one)):
        assert math.isnan(spread.variance)
        assert spread.patients == 1 + rows
    pair = np.array([1.0, 1.0, 0.0, 0.0])
    assert not math.isnan(joint_spread(pair, pair, pair, pair).variance)
    assert not math.isnan(ratio_spread(np.array([1.0, 0.0]), np.array([1.0, 1.0])).variance)


def test_changes_too_large_for_a_number_have_an_infinite_spread() -> None:
    """Squares that overflow warn of nothing: limits of infinity are refused where they are made."""
    spread = Spread.of(np.array([1e200, -1e200]))
    assert spread.variance == math.inf
    assert spread.error == math.inf


def test_a_lone_change_among_few_keeps_one_degree_of_freedom() -> None:
    """2 / (1 - 1/k) is 4 for two patients, of which 1 is the most; unequal ones by the formula."""
    assert degrees_of_freedom(np.array([1.0, 0.0])) == 1
    changes = np.array([3.0, 1.0, 1.0, -1.0, 2.0])
    total, fourths = 16.0, 81 + 1 + 1 + 1 + 16
    assert degrees_of_freedom(changes) == pytest.approx(min(2 * total**2 / (fourths - 51.2), 4))
    lone = np.array([10.0, 1, 1, 1, 1, 1, 1, 1])
    expected = 2 * 107**2 / (10_007 - 107**2 / 8)
    assert expected < 7
    assert degrees_of_freedom(lone) == pytest.approx(expected)


def test_sums_by_patient_have_a_place_for_each() -> None:
    """Those without rows are 0."""
    sums = per_patient(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 0]), 5)
    assert sums.tolist() == [5, 0, 2, 0, 0]
