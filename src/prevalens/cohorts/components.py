"""What hangs together: connected components of pairs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prevalens.typing import Rows


def component_codes(n: int, pairs: ArrayLike) -> NDArray[np.int64]:
    """Return the component of each of `n` things, shape `(n,)`.

    Args:
        n: Number of things.
        pairs: Positions of two things that belong together, shape `(n_pairs, 2)`; chains count.
    """
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def repeated(keys: NDArray[np.generic]) -> tuple[Rows, ...]:
    """Return the positions of equal keys, for each key that occurs twice or more.

    Both the positions and the groups, by their first position, are in rising order.
    """
    if not len(keys):
        return ()
    order = np.argsort(keys, kind="stable").astype(np.int64)
    starts = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
    runs = [run for run in np.split(order, starts) if len(run) > 1]
    return tuple(sorted(runs, key=lambda run: int(run[0])))
