"""Tests of the solver."""

import itertools

import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.splits.assignment import Problem, _descend, assign, shuffled


def problem_of(images: list[list[int]], shares: list[float], weight: float = 0.0) -> Problem:
    """Make a problem in which every unit carries the classes it has images of."""
    counts = np.array(images)
    everyone = np.ones((len(counts), 1), dtype=np.bool_)
    carries = np.concatenate([everyone, counts > 0], axis=1)
    return Problem(counts, carries, everyone, np.array(shares), unit_weight=weight)


def test_a_perfect_split_that_exists_is_found() -> None:
    """Sizes 8, 7, 6, 5, 4 split into 15 and 15 in one way: 8 + 7 against 6 + 5 + 4."""
    parts = assign(
        problem_of([[8], [7], [6], [5], [4]], [0.5, 0.5]), [[], []], generator(0), tolerance=0
    )

    assert parts[0] == parts[1] != parts[2]
    assert parts[2] == parts[3] == parts[4]


def test_unequal_shares_are_met() -> None:
    """Sizes 70, 15 and 15 fill shares of 70, 15 and 15 % exactly."""
    problem = problem_of([[15], [70], [15]], [0.7, 0.15, 0.15])

    parts = assign(problem, [[], [], []], generator(3), tolerance=0)

    assert problem.worst_deviation(parts) == pytest.approx(0, abs=1e-12)


def test_deviations_are_relative_to_the_target() -> None:
    """Of 10 images half are due to each part, so 4 and 6 deviate by 20 %; patients by nothing."""
    problem = problem_of([[4], [6]], [0.5, 0.5])

    assert problem.worst_deviation(np.array([0, 1])) == pytest.approx(0.2)
    assert problem.patient_deviation(np.array([0, 1])) == pytest.approx(0)
    assert problem.patient_deviation(np.array([0, 0])) == pytest.approx(1)


def test_the_shuffle_is_the_raw_stream_of_pcg64() -> None:
    """The order is that of raw PCG64 numbers, which numpy promises never to change."""
    order = shuffled(5, np.random.Generator(np.random.PCG64(1)))
    raw = np.random.PCG64(1).random_raw(5)

    np.testing.assert_array_equal(raw[order], np.sort(raw))


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.6, 0.25, 0.15], [0.2] * 5])
def test_every_change_of_cost_is_what_the_cost_changes_by(shares: list[float]) -> None:
    """No move and no swap lowers the summed squares of the result, counted one by one."""
    rng = np.random.default_rng(11)
    problem = problem_of(rng.integers(1, 60, (14, 2)).tolist(), shares, weight=0.5)
    parts = _descend(problem, rng.integers(0, len(shares), (1, 14)))[0]

    reached = problem.cost(parts)
    for unit in range(14):
        for part in range(len(shares)):
            moved = parts.copy()
            moved[unit] = part
            if set(moved.tolist()) == set(range(len(shares))):
                assert problem.cost(moved) >= reached
        for other in range(unit):
            swapped = parts.copy()
            swapped[[unit, other]] = parts[[other, unit]]
            assert problem.cost(swapped) >= reached


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


def test_a_larger_tolerance_gives_other_seeds_other_parts() -> None:
    """One way of halving 8, 7, 6, 5, 4 is perfect; within 0.4 several are good enough."""
    problem = problem_of([[8], [7], [6], [5], [4]], [0.5, 0.5])

    def found(tolerance: float) -> set[tuple[bool, ...]]:
        drawn = [
            assign(problem, [[], []], generator(seed), tolerance=tolerance) for seed in range(8)
        ]
        return {tuple((parts == parts[0]).tolist()) for parts in drawn}

    assert found(0) == {(True, True, False, False, False)}
    assert len(found(0.4)) > 1


@pytest.mark.parametrize("n_units", [90, 700, 3_000])
def test_many_units_reach_what_whole_numbers_allow(n_units: int) -> None:
    """No five folds can be evener than rounding allows; unit sizes 1 to 40 let us get there."""
    rng = np.random.default_rng(n_units)
    counts = np.zeros((n_units, 2), dtype=np.int64)
    counts[np.arange(n_units), np.arange(n_units) % 2] = rng.integers(1, 41, n_units)
    problem = problem_of(counts.tolist(), [0.2] * 5)
    targets = counts.sum(axis=0) / 5
    nearest = np.maximum(np.ceil(targets) - targets, targets - np.floor(targets)) / targets

    parts = assign(problem, [[]] * 5, generator(1), tolerance=0)

    assert problem.worst_deviation(parts) == pytest.approx(nearest.max(), abs=1e-9)


def test_seeds_put_different_patients_together() -> None:
    """Eight seeds treat about as many pairs alike as chance, 68 % for five equal folds."""
    rng = np.random.default_rng(4)
    problem = problem_of(rng.integers(1, 99, (60, 1)).tolist(), [0.2] * 5)
    upper = np.triu_indices(60, 1)
    drawn = [assign(problem, [[]] * 5, generator(seed), tolerance=0.001) for seed in range(8)]
    together = [(parts[:, None] == parts)[upper] for parts in drawn]

    alike = np.mean([(a == b).mean() for a, b in itertools.combinations(together, 2)])

    assert 0.64 < alike < 0.74


def test_the_patient_weight_trades_images_for_patients() -> None:
    """A patient of 40 images against four of 10 is even in images, uneven in patients (1 and 4)."""
    problem = problem_of([[40], [10], [10], [10], [10]], [0.5, 0.5])

    images_first = assign(problem, [[]] * 2, generator(0), patient_weight=0)
    patients_first = assign(problem, [[]] * 2, generator(0), patient_weight=10)

    assert sorted(np.bincount(images_first).tolist()) == [1, 4]
    assert sorted(np.bincount(patients_first).tolist()) == [2, 3]


def test_a_search_cut_short_still_gives_every_part_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One round instead of many: a worse balance of eight strata, but within a tenth."""
    sizes = np.random.default_rng(4).integers(0, 50, (500, 8))
    problem = problem_of(sizes.tolist(), [0.5, 0.3, 0.2])
    whole = assign(problem, [[], [], []], generator(0), tolerance=0)
    monkeypatch.setattr("prevalens.splits.assignment._ROUNDS", 1)
    short = assign(problem, [[], [], []], generator(0), tolerance=0)

    assert problem.worst_deviation(whole) < problem.worst_deviation(short) < 0.1
