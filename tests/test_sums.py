"""Sums over rows: those of exact arithmetic, and the same whatever BLAS is allowed."""

import math

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from prevalens._sums import dot, times
from prevalens.metrics import all_estimates


def test_a_sum_of_products_is_that_of_exact_arithmetic() -> None:
    """A million products, against `math.fsum`; flags count as numbers."""
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, 1_000_000))

    assert dot(one, two) == pytest.approx(math.fsum((one * two).tolist()), rel=1e-12, abs=1e-9)
    assert dot(one, two > 0) == pytest.approx(math.fsum(one[two > 0].tolist()), rel=1e-12)
    made = times(np.stack([one, two]), one)
    assert made == pytest.approx([dot(one, one), dot(two, one)], rel=1e-12)


def test_estimates_do_not_depend_on_the_threads_of_blas() -> None:
    """The same bits with one thread and with as many as there are cores, or four."""
    rng = np.random.default_rng(1)
    labels = rng.random(40_000) < 0.3
    scores = np.clip(0.4 * labels + 0.6 * rng.random(40_000), 0, 1)
    patients = rng.integers(0, 4_000, 40_000)
    made = []
    for threads in (1, 4):
        with threadpool_limits(threads, user_api="blas"):
            made.append(all_estimates(labels, scores, threshold=0.5, patients=patients))

    one, four = ({key: each.to_dict() for key, each in found.items()} for found in made)
    assert one == four
