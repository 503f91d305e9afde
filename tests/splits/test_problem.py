"""Tests of what the solver is asked, and how uneven an answer is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from prevalens.splits.problem import Problem


def problem_of(
    images: list[list[int]], shares: list[float], weight: float = 0.0, balance: str = "counts"
) -> Problem:
    """Make a problem in which every unit carries the classes it has images of."""
    counts = np.array(images)
    everyone = np.ones((len(counts), 1), dtype=np.bool_)
    carries = np.concatenate([everyone, counts > 0], axis=1)
    return Problem(counts, carries, everyone, np.array(shares), unit_weight=weight, balance=balance)


def test_deviations_are_relative_to_the_target() -> None:
    """Of 10 images half are due to each part, so 4 and 6 deviate by 20 %; patients by nothing."""
    problem = problem_of([[4], [6]], [0.5, 0.5])

    assert problem.worst_deviation(np.array([0, 1])) == pytest.approx(0.2)
    assert problem.patient_deviation(np.array([0, 1])) == pytest.approx(0)
    assert problem.patient_deviation(np.array([0, 0])) == pytest.approx(1)


def test_the_cost_is_the_weighted_sum_of_squared_relative_deviations() -> None:
    """Images 4 and 6 of 10 deviate by 20 %, patients 1 and 1 not at all: 2 x 0.04 at unit scale."""
    problem = problem_of([[4], [6]], [0.5, 0.5], weight=1.0)
    unit = problem.targets[0, 0] ** 2

    assert problem.cost(np.array([0, 1])) / unit == pytest.approx(0.08, rel=1e-5)


def test_sums_stay_exact_up_to_the_smallest_share() -> None:
    """The largest cost there can be, everything in the smallest part, is below 2**53."""
    rng = np.random.default_rng(2)
    for share in (0.5, 0.1, 0.01, 0.001):
        problem = problem_of(rng.integers(1, 900, (40, 6)).tolist(), [1 - share, share], 3.0)

        assert problem.cost(np.ones(40, dtype=np.int64)) < 2**53
        assert (problem.sizes == np.rint(problem.sizes)).all()


def test_patients_deviate_by_the_root_of_the_mean_square() -> None:
    """Of 4 patients 1 and 3 are half off, of a class of 2 patients 1 and 1 not: 0.5 / sqrt(2)."""
    counts = np.array([[5], [1], [1], [1]])
    carries = np.array([[True, True], [True, True], [True, False], [True, False]])
    problem = Problem(counts, carries, carries, np.array([0.5, 0.5]))
    parts = np.array([0, 1, 1, 1])

    assert problem.patient_deviation(parts) == pytest.approx(0.5 / math.sqrt(2))
    nobody = np.concatenate([carries, np.zeros((4, 1), dtype=np.bool_)], axis=1)
    assert replace(problem, carries=nobody).patient_deviation(parts) == pytest.approx(
        0.5 / math.sqrt(2)
    )
    assert problem.worst_deviation(parts) == pytest.approx(0.25)
    assert problem.worst_deviation(np.zeros(4, dtype=np.int64)) == pytest.approx(1)


def test_the_score_is_the_worst_deviation_and_less_of_all_others() -> None:
    """4 and 6 of 10 deviate by 20 %: the worst, half its root mean square, 0.01 of the sizes'."""
    problem = problem_of([[4], [6]], [0.5, 0.5])

    assert problem.score(np.array([0, 1]), patient_weight=1) == pytest.approx(0.2 + 0.1 + 0.002)
    # Both in part 0: images, units and sizes deviate by 1.
    assert problem.score(np.array([0, 0]), patient_weight=1) == pytest.approx(1 + 0.5 + 0.01 + 1)


def test_levels_count_for_less_than_classes_by_their_weight() -> None:
    """Even classes; levels off by a half and by nothing, the first of three quarters' weight."""
    problem = replace(
        problem_of([[4], [4]], [0.5, 0.5]),
        strata=np.array([[3, 2], [1, 2]]),
        level_weights=np.array([0.75, 0.25]),
    )

    # 0.75 x 0.25 + 0.25 x 0 is the weighted mean square.
    assert problem.score(np.array([0, 1]), patient_weight=0) == pytest.approx(
        0.1 * math.sqrt(0.75 * 0.25)
    )
    assert problem.cost(np.array([0, 1])) / problem.targets[0, 0] ** 2 == pytest.approx(
        0.75 * 2 * 0.25, rel=1e-4
    )


def test_balanced_prevalence_is_scored_by_shares_not_counts() -> None:
    """6 + 3 and 2 + 1 images are a third sick each, though the parts are 9 and 3 images."""
    problem = problem_of([[6, 3], [2, 1]], [0.5, 0.5], balance="prevalence")
    problem = replace(problem, size_weight=0.5)
    parts = np.array([0, 1])

    assert problem.score(parts, patient_weight=0) == pytest.approx(0.1 * 0.5)  # sizes alone
    assert (np.abs(problem.excess(parts)[:, :2]) <= 1).all()
    # Sizes weigh 0.5 in the cost: 0.5 x (0.25 + 0.25); a unit is 2**bits, the size's target.
    unit = (problem.scale[0, 2] * 6) ** 2 / 0.5
    assert problem.cost(parts) / unit == pytest.approx(0.25, rel=1e-4)


def test_findings_that_overlap_are_shares_of_all_images() -> None:
    """Two findings on the same 2 of 4 images of each unit: each share is a half in every part."""
    problem = replace(
        problem_of([[2, 2, 4], [2, 2, 4]], [0.5, 0.5], balance="prevalence"),
        n_images=np.array([4, 4]),
    )

    assert problem.score(np.array([0, 1]), patient_weight=0) == 0
    assert problem.counts.tolist() == [[2, 2, 4, 4], [2, 2, 4, 4]]


@pytest.mark.parametrize("balance", ["counts", "prevalence"])
def test_what_units_weigh_is_whole_whatever_the_balance(balance: str) -> None:
    """Sums of whole numbers below 2**53 are exact in any order, on every machine."""
    rng = np.random.default_rng(3)
    problem = problem_of(rng.integers(0, 90, (30, 3)).tolist(), [0.7, 0.2, 0.1], 0.1, balance)

    assert (problem.sizes == np.rint(problem.sizes)).all()
    parts = rng.integers(0, 3, 30)
    expected = [problem.sizes[p][parts == p].sum(axis=0) for p in range(3)]
    np.testing.assert_array_equal(problem.excess(parts), np.array(expected) - problem.targets)
