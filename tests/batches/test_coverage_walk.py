"""Walks see everything before they see anything twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.batches.coverage_walk import CoverageWalk, PatientWalk, even_share


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 30), data=st.data(), seed=st.integers(0, 5))
def test_no_take_repeats_and_rounds_cover_all(size: int, data: st.DataObject, seed: int) -> None:
    """However it is cut into takes, each round of the walk holds every row once."""
    counts = data.draw(st.lists(st.integers(0, size), max_size=8))
    walk = CoverageWalk(np.arange(size) * 10, seed=seed, name="x")
    takes = [walk.take(count).tolist() for count in counts]
    assert [len(take) for take in takes] == counts
    assert all(len(set(take)) == len(take) for take in takes)
    seen = [row for take in takes for row in take]
    for start in range(0, len(seen) - size + 1, size):
        assert sorted(seen[start : start + size]) == [row * 10 for row in range(size)]


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), data=st.data())
def test_patients_give_evenly(sizes: list[int], data: st.DataObject) -> None:
    """Two patients differ by at most one image in a take, unless the smaller gave all it has."""
    count = data.draw(st.integers(1, sum(sizes)))
    patients = np.repeat([f"p{k}" for k in range(len(sizes))], sizes)
    walk = PatientWalk(np.arange(sum(sizes)), patients, count=count, seed=1, name="x")
    for _ in range(3):
        take = walk.take()
        assert len(set(take.tolist())) == count
        given_by = [int(np.sum(patients[take] == f"p{k}")) for k in range(len(sizes))]
        short = [got for got, size in zip(given_by, sizes, strict=True) if got < size]
        assert max(given_by) <= min(short, default=max(given_by)) + 1


def test_a_large_patient_does_not_crowd_out_a_small_one() -> None:
    """Of 60 images, patients with 757, 9 and 30 give 25 or 26, 9, and 25 or 26."""
    patients = np.repeat(["big", "small", "middle"], [757, 9, 30])
    walk = PatientWalk(np.arange(796), patients, count=60, seed=0, name="x")
    first, second = (walk.take() for _ in range(2))
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
    assert sorted(np.concatenate([walk.take() for _ in range(3)]).tolist()) == list(range(18))


@pytest.mark.parametrize(
    ("sizes", "count", "share"), [([5, 5], 10, 5), ([5, 5], 9, 4), ([1, 9], 4, 3), ([3], 0, 0)]
)
def test_even_share_is_hand_counted(sizes: list[int], count: int, share: int) -> None:
    """The largest share that does not give more than was asked."""
    assert even_share(np.array(sizes), count) == share
