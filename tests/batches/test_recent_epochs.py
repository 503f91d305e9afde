"""The last few epochs are made once."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from prevalens.batches.recent_epochs import RecentEpochs
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows

MADE: list[int] = []


def make(epoch: int) -> Rows:
    """Return one row, and note that it was made."""
    MADE.append(epoch)
    return np.array([epoch])


def test_threads_that_ask_for_one_epoch_get_one_made() -> None:
    """Eight threads, two epochs: each is made once; the fifth epoch drops the first."""
    MADE.clear()
    recent = RecentEpochs(make)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(recent.rows, [0, 1] * 20))
    assert sorted(MADE) == [0, 1]
    assert [int(each[0]) for each in rows] == [0, 1] * 20
    for epoch in (2, 3, 4, 3, 0):
        recent.rows(epoch)
    assert sorted(MADE) == [0, 0, 1, 2, 3, 4]


def test_copies_start_empty_and_answer_alike() -> None:
    """Pickled and copied, with a lock inside, it makes the same rows."""
    recent = RecentEpochs(make)
    for again in (
        pickle.loads(pickle.dumps(recent)),  # noqa: S301
        copy.deepcopy(recent),
    ):
        assert again.rows(3).tolist() == [3]
    with pytest.raises(InvalidInputError, match="`epoch` must be"):
        recent.rows(-1)
