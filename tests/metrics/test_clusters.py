"""Tests of spreads over patients."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.metrics.clusters import degrees_of_freedom, joint_spread, leave_out, ratio_spread


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
