"""Which rows an epoch repeats."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy

from prevalens.batches import OversamplingPlan
from prevalens.batches.oversampling import WORDS, oversampled_counts
from prevalens.batches.undersampling import Ratio
from prevalens.exceptions import InvalidInputError

CLASSES = ("well", "ill", "sick")
SIZES = [50, 20, 5]
LABELS = np.repeat([0, 1, 2], SIZES)


def plan(ratio: Ratio = 1.0, *, seed: int = 0, unit: str = "image") -> OversamplingPlan:
    """Return a plan over 75 rows of three classes, five images a patient."""
    patients = np.array([f"p{k // 5}" for k in range(75)])
    return OversamplingPlan(
        np.arange(75) + 100,
        labels=LABELS,
        patients=patients,
        classes=CLASSES,
        ratio=ratio,
        seed=seed,
        unit=unit,
    )


@pytest.mark.parametrize("word", WORDS)
def test_words_mean_what_imbalanced_learn_means(word: str) -> None:
    """Each word adds the rows that imbalanced-learn's over-sampling would make up."""
    more = check_sampling_strategy(word, LABELS, "over-sampling")
    expected = [size + more.get(code, 0) for code, size in enumerate(SIZES)]

    assert list(oversampled_counts(LABELS, CLASSES, word).values()) == expected


@pytest.mark.parametrize(
    ("ratio", "counts"),
    [
        (1.0, [50, 50, 50]),
        (0.5, [50, 25, 25]),
        (0.1, [50, 20, 5]),
        ({"sick": 12}, [50, 20, 12]),
        (lambda names: {"ill": int(np.sum(names == "well"))}, [50, 50, 5]),
    ],
)
def test_a_ratio_is_a_floor_for_each_class(ratio: Ratio, counts: list[int]) -> None:
    """No class is made smaller, and none below the share of the largest stays."""
    assert list(oversampled_counts(LABELS, CLASSES, ratio).values()) == counts


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9), ratio=st.sampled_from([1.0, 0.5, 0.3, "minority"]))
def test_each_row_is_shown_equally_often_or_once_more(seed: int, ratio: Ratio) -> None:
    """In an epoch, and summed over epochs: two rows of a class differ by one showing at most."""
    made = plan(ratio, seed=seed)
    total: Counter[int] = Counter()
    for epoch in range(6):
        rows = made.rows(epoch)
        shown = Counter((rows - 100).tolist())
        total += shown
        for code, (name, size) in enumerate(zip(CLASSES, SIZES, strict=True)):
            members = np.flatnonzero(code == LABELS).tolist()
            times = [shown[row] for row in members]
            assert sum(times) == made.counts[name]
            assert min(times) == made.counts[name] // size
            assert max(times) == math.ceil(made.counts[name] / size)
            sums = [total[row] for row in members]
            assert max(sums) - min(sums) <= 1


def test_further_showings_are_spread_over_patients() -> None:
    """Twenty ill images of four patients, eight more an epoch: two more of each patient."""
    made = plan({"ill": 28}, unit="patient")
    for epoch in range(3):
        times = Counter((made.rows(epoch) - 100).tolist())
        again = Counter(row // 5 for row in range(50, 70) if times[row] == 2)
        assert again == {10: 2, 11: 2, 12: 2, 13: 2}


def test_an_epoch_is_a_function_of_seed_and_epoch() -> None:
    """Asked at once it is what it is in a run; another seed or epoch gives another order."""
    run = [plan().rows(epoch).tolist() for epoch in range(3)]

    assert plan().rows(2).tolist() == run[2]
    assert run[1] != run[2]
    assert plan(seed=1).rows(2).tolist() != run[2]


@pytest.mark.parametrize(
    ("ratio", "message"),
    [
        ({"sick": 4}, r"4 images of class 'sick', which has 5.*leaves none out"),
        ({"sik": 9}, "names the class 'sik'"),
        (0, r"\(0, 1\], got 0"),
        ("majority", "must be one of"),
    ],
)
def test_what_would_leave_rows_out_is_refused(ratio: Ratio, message: str) -> None:
    """A count below the class, an unknown class, a ratio of 0, a word of under-sampling."""
    with pytest.raises(InvalidInputError, match=message):
        plan(ratio)
