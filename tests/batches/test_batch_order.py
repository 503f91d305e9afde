"""Each batch has the classes in the shares of the epoch."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prevalens.batches.batch_order import BalancedOrder
from prevalens.typing import Rows


class Given:
    """A plan of given rows, the same each epoch."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows

    def rows(self, epoch: int) -> Rows:
        """Return them."""
        return np.random.default_rng(epoch).permutation(self.n_rows)


def ordered(sizes: list[int], *, seed: int = 0, epoch: int = 0) -> tuple[Any, Any]:
    """Return the rows of an epoch in their order, and the class of each."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = BalancedOrder(Given(len(labels)), labels=labels, seed=seed).rows(epoch)
    return rows, labels[rows]


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5), data=st.data())
def test_any_run_of_rows_has_each_class_in_its_share(sizes: list[int], data: st.DataObject) -> None:
    """Of B rows in a row a class has its share of B to within 1 + k times the share."""
    rows, labels = ordered(sizes, seed=data.draw(st.integers(0, 5)))
    assert sorted(rows.tolist()) == list(range(sum(sizes)))
    first = data.draw(st.integers(0, len(rows) - 1))
    count = data.draw(st.integers(1, len(rows) - first))
    for code, size in enumerate(sizes):
        share = size / len(rows)
        found = int(np.sum(labels[first : first + count] == code))
        assert abs(found - count * share) <= 1 + len(sizes) * share + 1e-9


def test_two_even_classes_take_turns() -> None:
    """Every batch of four of an even epoch has two of each; which comes first differs."""
    _, labels = ordered([50, 50])

    assert labels.reshape(-1, 4).sum(axis=1).tolist() == [2] * 25
    assert len({tuple(pair) for pair in labels.reshape(-1, 2).tolist()}) == 2


def test_the_order_is_of_the_seed_and_the_epoch() -> None:
    """The same again for both, another for another of either."""
    same = [ordered([20, 20], seed=1, epoch=2)[0].tolist() for _ in range(2)]

    assert same[0] == same[1]
    assert same[0] != ordered([20, 20], seed=2, epoch=2)[0].tolist()
    assert same[0] != ordered([20, 20], seed=1, epoch=3)[0].tolist()
