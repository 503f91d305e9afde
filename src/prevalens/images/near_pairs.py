"""Which pictures look alike: close pairs of perceptual hashes, found by an index."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_number
from prevalens._seeding import generator
from prevalens.exceptions import InvalidInputError
from prevalens.images.fingerprints import Hashes

MAX_DISTANCE = 0.25
# Up to so many hashes every pair is looked at, and none can be missed.
_ALL_PAIRS = 4096
_LEAF = 64
_TREES = 16
_LEAVES_AT_ONCE = 256


def find_near_pairs(
    hashes: Hashes, *, max_distance: float = MAX_DISTANCE, turns: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs of perceptual hashes that are close.

    Up to 4,096 hashes every pair is looked at. Beyond, 16 trees each halve the hashes again and
    again across a random direction (random projection trees: Dasgupta and Freund 2008), and pairs
    that end in the same leaf of 64 in any tree are looked at. The work grows as n log n, however
    alike the images are. A pair can be missed, the less often the closer it is;
    `tests/benchmarks/bench_near_duplicates.py` measures how often.

    Args:
        hashes: What `perceptual_hashes` returned, shape `(n_images, 255)`.
        max_distance: Greatest Euclidean distance of a pair, above 0 and below 1. 0.25 holds
            together what re-encoding, halving the size or 10 % of brightness tear apart.
        turns: Whether an image may also be flipped or turned by quarter turns.

    Returns:
        The pairs, shape `(n_pairs, 2)`, each rising, in rising order; and their distances, shape
        `(n_pairs,)`. Of equal hashes, each is paired with the next alone.

    Raises:
        InvalidInputError: `hashes` has another shape, or `max_distance` is out of range.
    """
    limit = check_number(
        "max_distance", max_distance, low=0.0, high=1.0, open_low=True, open_high=True
    )
    points = np.asarray(hashes, dtype=np.float32)
    if points.ndim != 2 or int(np.sqrt(points.shape[1] + 1)) ** 2 != points.shape[1] + 1:
        raise InvalidInputError(
            f"`hashes` must have the shape (n_images, 255), got {points.shape}. Give what "
            "`perceptual_hashes` returned."
        )
    chains, kept = _equal(points)
    found, distances = _verified(
        points, kept[_candidates(points[kept], limit, turns)], limit, turns
    )
    pairs = np.concatenate([chains, np.sort(found, axis=1)])
    everything = np.concatenate([np.zeros(len(chains)), distances])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], everything[order]


def _equal(points: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chained pairs of equal hashes, and the first row of each different hash."""
    keys = np.ascontiguousarray(points).view(f"V{points.shape[1] * 4}").reshape(-1)
    _, codes = np.unique(keys, return_inverse=True)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    same = np.diff(codes[order]) == 0
    chains = np.stack([order[:-1][same], order[1:][same]], axis=1)
    return chains, np.sort(order[np.concatenate([[True], ~same])[: len(order)]])


def _candidates(points: Hashes, limit: float, turns: bool) -> NDArray[np.int64]:  # noqa: FBT001
    """Return pairs that may be within `limit`, shape `(n_candidates, 2)`."""
    n = len(points)
    seen = _turnless(points) if turns else points
    if n <= _ALL_PAIRS:
        return _split_keys(_close_in(seen, np.arange(n)[None], limit), n)
    rng = generator(0, "near pairs")
    found = np.empty(0, dtype=np.int64)
    for _ in range(_TREES):
        leaves = _leaves(seen, rng)
        for start in range(0, len(leaves), _LEAVES_AT_ONCE):
            keys = _close_in(seen, leaves[start : start + _LEAVES_AT_ONCE], limit)
            found = np.union1d(found, keys)
    return _split_keys(found, n)


def _leaves(points: Hashes, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return one random projection tree's leaves, shape `(n_leaves, size)`; n stands for none."""
    n = len(points)
    levels = int(np.ceil(np.log2(n / _LEAF)))
    size = -(-n // 2**levels)
    nodes = np.arange(size * 2**levels, dtype=np.int64)[None]
    # From one image to another: such directions follow what tells the images apart.
    ends = points[rng.choice(n, size=(2, levels))]
    along = np.full((levels, nodes.size), np.inf, dtype=np.float32)
    along[:, :n] = (ends[0] - ends[1]) @ points.T
    for level in range(levels):
        middle = nodes.shape[1] // 2
        halves = np.argpartition(along[level][nodes], middle, axis=1)
        nodes = np.take_along_axis(nodes, halves, axis=1).reshape(-1, middle)
    return np.minimum(nodes, n)


def _close_in(points: Hashes, leaves: NDArray[np.int64], limit: float) -> NDArray[np.int64]:
    """Return the close pairs within each leaf as rising keys `low x n + high`."""
    n = len(points)
    members = points[np.minimum(leaves, n - 1)]
    squares = np.einsum("lid,lid->li", members, members)
    squared = squares[:, :, None] + squares[:, None, :] - 2 * members @ members.swapaxes(1, 2)
    # Single precision: a little more than asked for, which the exact check drops.
    leaf, a, b = np.nonzero(np.triu(squared <= limit**2 + 1e-4, 1))
    first, second = leaves[leaf, a], leaves[leaf, b]
    real = (first < n) & (second < n)
    low, high = np.minimum(first, second)[real], np.maximum(first, second)[real]
    return np.unique(low * n + high)


def _split_keys(keys: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.stack(np.divmod(keys, max(n, 1)), axis=1)


def _verified(
    points: Hashes,
    pairs: NDArray[np.int64],
    limit: float,
    turns: bool,  # noqa: FBT001
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    first = points[pairs[:, 0]].astype(np.float64)
    second = points[pairs[:, 1]].astype(np.float64)
    views = _turned(second) if turns else [second]
    distances = np.min([np.linalg.norm(first - view, axis=1) for view in views], axis=0)
    close = distances <= limit
    return pairs[close], distances[close]


def _square(points: NDArray[Any]) -> NDArray[Any]:
    """Return hashes as cosine transforms, shape `(n, waves, waves)`, with a mean of 0."""
    waves = int(np.sqrt(points.shape[1] + 1))
    return np.pad(points, ((0, 0), (1, 0))).reshape(-1, waves, waves)


def _turned(points: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the hashes of the eight flips and quarter turns.

    Mirroring a picture changes the sign of its odd waves along that axis; swapping its axes swaps
    those of the transform.
    """
    square = _square(points)
    signs = np.where(np.arange(square.shape[1]) % 2, -1, 1)
    views = [
        view * rows[:, None] * columns[None, :]
        for view in (square, square.swapaxes(1, 2))
        for rows in (signs**2, signs)
        for columns in (signs**2, signs)
    ]
    return [view.reshape(len(points), points.shape[1] + 1)[:, 1:] for view in views]


def _turnless(points: Hashes) -> Hashes:
    """Return hashes that flips and turns leave alone, no farther apart than any turned pair.

    Taking sizes without signs, and ordering each wave with its mirror wave, never moves two hashes
    apart, so that a pair that is close after some turn is close here too.
    """
    sizes = np.abs(_square(points))
    mirrored = sizes.swapaxes(1, 2)
    upper = np.triu(np.ones(sizes.shape[1:], dtype=bool))
    ordered = np.where(upper, np.maximum(sizes, mirrored), np.minimum(sizes, mirrored))
    return np.ascontiguousarray(ordered.reshape(len(points), points.shape[1] + 1)[:, 1:])
