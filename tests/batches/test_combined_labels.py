"""Several labels as one text."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prevalens.batches import UndersamplingPlan, label_combinations
from prevalens.exceptions import InvalidInputError

NAMES = ["mass", "nodule", "hernia"]


@given(
    targets=arrays.arrays(
        np.int64, st.tuples(st.integers(1, 30), st.just(3)), elements=st.integers(0, 1)
    )
)
def test_rows_of_one_name_have_the_same_labels(targets: np.ndarray) -> None:
    """Two rows are named alike exactly where all their labels are."""
    named = label_combinations(targets, names=NAMES)
    for name in set(named.tolist()):
        assert len(np.unique(targets[named == name], axis=0)) == 1
    assert len(set(named.tolist())) == len(np.unique(targets, axis=0))


def test_rare_combinations_are_pooled() -> None:
    """Of four rows with none, two with a mass and one each of two others, the last two are rare."""
    targets = [[0, 0, 0]] * 4 + [[1, 0, 0]] * 2 + [[1, 1, 0], [0, 0, 1]]
    named = label_combinations(targets, names=NAMES, at_least=2)

    assert Counter(named.tolist()) == {"none": 4, "mass": 2, "rare combinations": 2}


def test_combinations_are_balanced_as_classes_are() -> None:
    """Sixty rows without findings beside ten and five: five of each an epoch, all in twelve."""
    targets = np.repeat([[0, 0, 0], [1, 0, 0], [1, 1, 0]], [60, 10, 5], axis=0)
    names, codes = np.unique(label_combinations(targets, names=NAMES), return_inverse=True)
    plan = UndersamplingPlan(
        np.arange(75),
        labels=codes,
        patients=np.arange(75).astype(str),
        classes=tuple(names.tolist()),
        seed=0,
    )

    assert plan.counts == {"mass": 5, "mass + nodule": 5, "none": 5}
    assert set(np.concatenate([plan.rows(epoch) for epoch in range(12)]).tolist()) == set(range(75))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([[0, 1]], r"a column for each of the 3 names, got shape \(1, 2\)"),
        ([[0, 1, 2]], "must be 0 or 1, but rows 0 have"),
        ([[0, 1, np.nan]], "must be 0 or 1, but rows 0 have"),
    ],
)
def test_what_is_no_label_is_refused(targets: object, message: str) -> None:
    """Another number of columns, a count, a missing label."""
    with pytest.raises(InvalidInputError, match=message):
        label_combinations(targets, names=NAMES)  # type: ignore[arg-type]
