"""Walks see everything before they see anything twice."""

import functools
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.batches.coverage_walk import CoverageWalk, PatientWalk, even_share


def walk_of(size: int, count: int, *, seed: int = 0) -> CoverageWalk:
    """Return a walk through `size` rows, tens, that takes `count` each epoch."""
    starts = functools.partial(operator.mul, count)
    return CoverageWalk(np.arange(size) * 10, starts=starts, seed=seed, name="x")


@settings(max_examples=150, deadline=None)
@given(size=st.integers(1, 30), data=st.data(), seed=st.integers(0, 5))
def test_no_take_repeats_and_all_are_seen_before_any_is_seen_again(
    size: int, data: st.DataObject, seed: int
) -> None:
    """After any epoch two rows were seen equally often or once more, and no epoch repeats one."""
    count = data.draw(st.integers(1, size))
    walk = walk_of(size, count, seed=seed)
    seen = dict.fromkeys(range(0, 10 * size, 10), 0)
    for epoch in range(3 * size // count + 3):
        take = walk.take(epoch).tolist()
        assert len(set(take)) == len(take) == count
        for row in take:
            seen[row] += 1
        assert max(seen.values()) - min(seen.values()) <= 1


@settings(max_examples=50, deadline=None)
@given(size=st.integers(1, 40), data=st.data(), order=st.permutations(range(12)))
def test_any_epoch_is_found_at_once(size: int, data: st.DataObject, order: list[int]) -> None:
    """Asked in any order, and of new walks, an epoch takes the rows it takes in a run."""
    count = data.draw(st.integers(1, size))
    run = walk_of(size, count)
    takes = [run.take(epoch).tolist() for epoch in range(12)]
    jumping = walk_of(size, count)

    assert [jumping.take(epoch).tolist() for epoch in order] == [takes[epoch] for epoch in order]
    assert walk_of(size, count).take(11).tolist() == takes[11]


def test_a_jump_makes_no_earlier_round() -> None:
    """Epoch 10,000 of 100 rows, 7 an epoch, needs the rounds around it and no other."""
    walk, made = walk_of(100, 7), []
    shuffled = walk._shuffled
    walk._shuffled = lambda number: made.append(number) or shuffled(number)  # type: ignore[func-returns-value,method-assign]
    walk.take(10_000)

    assert set(made) <= {699, 700, 701}


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), data=st.data())
def test_patients_give_evenly(sizes: list[int], data: st.DataObject) -> None:
    """Two patients differ by at most one image in a take, unless the smaller gave all it has."""
    count = data.draw(st.integers(1, sum(sizes)))
    patients = np.repeat([f"p{k}" for k in range(len(sizes))], sizes)
    walk = PatientWalk(np.arange(sum(sizes)), patients, count=count, seed=1, name="x")
    shown = np.zeros(sum(sizes), dtype=int)
    for epoch in range(8):
        take = walk.take(epoch)
        shown[take] += 1
        assert len(set(take.tolist())) == count
        given_by = [int(np.sum(patients[take] == f"p{k}")) for k in range(len(sizes))]
        short = [got for got, size in zip(given_by, sizes, strict=True) if got < size]
        assert max(given_by) <= min(short, default=max(given_by)) + 1
        for patient in set(patients.tolist()):
            assert np.ptp(shown[patients == patient]) <= 1


def test_a_large_patient_does_not_crowd_out_a_small_one() -> None:
    """Of 60 images, patients with 757, 9 and 30 give 25 or 26, 9, and 25 or 26."""
    patients = np.repeat(["big", "small", "middle"], [757, 9, 30])
    walk = PatientWalk(np.arange(796), patients, count=60, seed=0, name="x")
    first, second = (walk.take(epoch) for epoch in range(2))
    for take in (first, second):
        names, counts = np.unique(patients[take], return_counts=True)
        assert dict(zip(names.tolist(), counts.tolist(), strict=True))["small"] == 9
        assert sorted(counts.tolist()) == [9, 25, 26]
    # The odd image goes to the other patient the next time.
    assert np.sum(patients[first] == "big") != np.sum(patients[second] == "big")


def test_a_patients_images_are_walked_without_repeats() -> None:
    """A patient with 9 images who gives 3 an epoch has shown all 9 after three."""
    patients = np.repeat(["a", "b"], [9, 9])
    walk = PatientWalk(np.arange(18), patients, count=6, seed=0, name="x")
    assert sorted(np.concatenate([walk.take(epoch) for epoch in range(3)]).tolist()) == list(
        range(18)
    )


@pytest.mark.parametrize(
    ("sizes", "count", "share"), [([5, 5], 10, 5), ([5, 5], 9, 4), ([1, 9], 4, 3), ([3], 0, 0)]
)
def test_even_share_is_hand_counted(sizes: list[int], count: int, share: int) -> None:
    """The largest share that does not give more than was asked."""
    assert even_share(np.array(sizes), count) == share
