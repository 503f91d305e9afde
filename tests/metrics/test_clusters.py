"""Tests of spreads over patients."""

import math

import numpy as np
import pytest

from prevalens.metrics.clusters import joint_spread, ratio_spread, satterthwaite, welch


def test_a_ratio_spread_is_the_jackknife_done_by_hand() -> None:
    """The variance sums the squared changes of the ratio when one patient is left out."""
    tops, sizes = np.array([3.0, 0.0, 2.0, 5.0]), np.array([4.0, 2.0, 2.0, 9.0])
    whole = tops.sum() / sizes.sum()
    left = [(tops.sum() - t) / (sizes.sum() - s) - whole for t, s in zip(tops, sizes, strict=True)]
    assert ratio_spread(tops, sizes).variance == pytest.approx(np.square(left).sum(), rel=1e-12)


@pytest.mark.parametrize("k", [2, 5, 40])
def test_patients_of_one_size_have_k_minus_1_degrees_of_freedom(k: int) -> None:
    """The correction vanishes where all patients weigh the same."""
    assert satterthwaite(np.full(k, 7.0)) == pytest.approx(k - 1, rel=1e-9)


def test_a_dominant_patient_costs_degrees_of_freedom() -> None:
    """Nine patients of whom one holds most images are worth fewer than eight."""
    assert satterthwaite(np.array([100.0] + [5.0] * 8)) < 4


def test_degrees_of_freedom_equal_the_trace_formula() -> None:
    """trace(A)^2 / trace(A A) with the matrices written out."""
    sizes = np.array([3.0, 8.0, 1.0, 5.0])
    share = sizes / sizes.sum()
    keep = np.eye(4) - np.outer(share, np.ones(4))
    form = keep.T @ np.diag(1 / (1 - share) ** 2) @ keep @ np.diag(share**2)
    by_hand = np.trace(form) ** 2 / np.trace(form @ form)
    assert satterthwaite(sizes) == pytest.approx(by_hand, rel=1e-12)


def test_one_patient_has_no_spread() -> None:
    """A single patient, or a single one with rows of a kind, gives no variance."""
    assert math.isnan(ratio_spread(np.array([2.0, 0.0]), np.array([4.0, 0.0])).variance)
    one = np.array([1.0, 0.0])
    assert math.isnan(joint_spread(one, one, one, np.array([1.0, 1.0])).variance)


def test_welch_combines_as_the_formula_says() -> None:
    """Equal variances on 4 and 4 degrees of freedom have 8; no variance has the fewer."""
    assert welch((1.0, 1.0), (4.0, 4.0)) == pytest.approx(8)
    assert welch((0.0, 0.0), (4.0, 3.0)) == 3
