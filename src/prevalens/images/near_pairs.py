"""Which pictures look alike: close pairs of perceptual hashes, found by an index."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_number
from prevalens._seeding import generator
from prevalens._threads import one_blas_thread
from prevalens.exceptions import InvalidInputError
from prevalens.images.fingerprints import Hashes

MAX_DISTANCE = 0.25
# Up to so many hashes every pair is looked at, and none can be missed.
_ALL_PAIRS = 4096
_LEAF = 64
_TREES = 16
_LEAVES_AT_ONCE = 512
_COMPONENTS = 48
_SAMPLE = 16_384  # hashes that the principal components are found from
_ROWS_AT_ONCE = 16_384
# Look-alikes kept of each image in a leaf; without a bound n alike images make n^2 / 2 pairs.
_NEAREST = 16
_PAIRS_AT_ONCE = 4096


def find_near_pairs(
    hashes: Hashes, *, max_distance: float = MAX_DISTANCE, turns: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs of perceptual hashes that are close.

    Up to 4,096 hashes every pair is looked at. Beyond, 16 trees each halve the hashes again and
    again across a random direction (random projection trees: Dasgupta and Freund 2008), and pairs
    that end in the same leaf of 64 in any tree are looked at: by their 48 principal components
    first, in which no pair is farther apart than it is, and those that remain in full. The work
    grows as n log n, however alike the images are. A pair can be missed, the less often the closer
    it is; `tests/benchmarks/bench_near_duplicates.py` measures how often. Blank pictures, whose
    hash is 0, are alike to nobody.

    Args:
        hashes: What `perceptual_hashes` returned, shape `(n_images, 255)`.
        max_distance: Greatest Euclidean distance of a pair, above 0 and below 1. 0.25 holds
            together what re-encoding, halving the size or 10 % of brightness tear apart.
        turns: Whether an image may also be flipped or turned by quarter turns.

    Returns:
        The pairs, shape `(n_pairs, 2)`, each rising, in rising order; and their distances, shape
        `(n_pairs,)`. Of equal hashes, each is paired with the next alone; an image with more than
        16 look-alikes, with the nearest and the first of them. Groups are what to go by.

    Raises:
        InvalidInputError: `hashes` has another shape, or `max_distance` is out of range.

    Examples:
        >>> hashes = np.eye(3, 255, dtype=np.float32)
        >>> hashes[2] = hashes[0]
        >>> pairs, distances = find_near_pairs(hashes)
        >>> pairs.tolist(), distances.tolist()
        ([[0, 2]], [0.0])
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
    with one_blas_thread():
        chains, kept = _equal(points)
        candidates = _candidates(points, kept, limit, turns)
        found, distances = _verified(points, candidates, limit, turns)
    pairs = np.concatenate([chains, np.sort(found, axis=1)])
    everything = np.concatenate([np.zeros(len(chains)), distances])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], everything[order]


def _portions(n: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_AT_ONCE) for start in range(0, n, _ROWS_AT_ONCE))


def _equal(points: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the chained pairs of equal hashes, and the first row of each different one but 0."""
    n = len(points)
    keys = np.empty(n, dtype=np.uint64)
    there = np.empty(n, dtype=np.bool_)
    weights = np.random.default_rng(0).integers(0, 2**64, points.shape[1], dtype=np.uint64)
    for part in _portions(n):
        words = np.ascontiguousarray(points[part]).view(np.uint32).astype(np.uint64)
        keys[part] = words @ (weights | np.uint64(1))
        there[part] = points[part].any(axis=1)
    rows = np.flatnonzero(there)
    order = rows[np.argsort(keys[rows], kind="stable")]
    same = np.diff(keys[order]) == 0
    for place in np.flatnonzero(same).tolist():  # equal keys are of equal hashes, but for chance
        same[place] = np.array_equal(points[order[place]], points[order[place + 1]])
    chains = np.stack([order[:-1][same], order[1:][same]], axis=1)
    return chains, np.sort(order[np.concatenate([[True], ~same])[: len(order)]])


def _candidates(
    points: Hashes,
    kept: NDArray[np.int64],
    limit: float,
    turns: bool,  # noqa: FBT001
) -> NDArray[np.int64]:
    """Return pairs of rows that may be within `limit`, shape `(n_candidates, 2)`."""
    n = len(kept)
    if n <= _ALL_PAIRS:
        seen = _turnless(points[kept]) if turns else points[kept]
        return kept[_split_keys(_close_in(seen, np.arange(n)[None], limit), n)]
    short = _shortened(points, kept, turns)
    rng = generator(0, "near pairs")
    found = np.empty(0, dtype=np.int64)
    for _ in range(_TREES):
        leaves = _leaves(short, rng)
        starts = range(0, len(leaves), _LEAVES_AT_ONCE)
        keys = [
            _close_in(short, leaves[start : start + _LEAVES_AT_ONCE], limit) for start in starts
        ]
        found = np.union1d(found, np.concatenate(keys))
    return kept[_split_keys(found, n)]


def _shortened(points: Hashes, kept: NDArray[np.int64], turns: bool) -> Hashes:  # noqa: FBT001
    """Return the principal components of the hashes, which bring no pair farther apart."""
    step = max(1, len(kept) // _SAMPLE)
    sample = _turnless(points[kept[::step]]) if turns else points[kept[::step]]
    _, vectors = np.linalg.eigh(np.cov(sample, rowvar=False))
    axes = vectors[:, -_COMPONENTS:].astype(np.float32)
    short = np.empty((len(kept), axes.shape[1]), dtype=np.float32)
    for part in _portions(len(kept)):
        rows = points[kept[part]]
        short[part] = (_turnless(rows) if turns else rows) @ axes
    return short


def _leaves(points: Hashes, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return one random projection tree's leaves, shape `(n_leaves, size)`; n stands for none."""
    n = len(points)
    levels = int(np.ceil(np.log2(n / _LEAF)))
    size = -(-n // 2**levels)
    nodes = np.arange(size * 2**levels, dtype=np.int64)[None]
    # From one image to another: such directions follow what tells the images apart.
    ends = points[rng.choice(n, size=(2, levels))]
    along = np.full(nodes.size, np.inf, dtype=np.float32)
    for level in range(levels):
        np.dot(points, ends[0, level] - ends[1, level], out=along[:n])
        middle = nodes.shape[1] // 2
        halves = np.argpartition(along[nodes], middle, axis=1)
        nodes = np.take_along_axis(nodes, halves, axis=1).reshape(-1, middle)
    return np.minimum(nodes, n)


def _close_in(points: Hashes, leaves: NDArray[np.int64], limit: float) -> NDArray[np.int64]:
    """Return the close pairs within each leaf as rising keys `low x n + high`."""
    n = len(points)
    members = points[np.minimum(leaves, max(n - 1, 0))]
    squares = np.einsum("lid,lid->li", members, members)
    squares[leaves >= n] = np.inf  # none there
    squared = members @ members.swapaxes(1, 2)
    squared *= -2
    squared += squares[:, :, None]
    squared += squares[:, None, :]
    # Single precision: a little more than asked for, which the exact check drops.
    close = squared <= limit**2 + 1e-4
    crowded = np.flatnonzero((np.count_nonzero(close, axis=2) > _NEAREST + 1).any(axis=1))
    if crowded.size:
        close[crowded] = _thinned(close[crowded], squared[crowded])
    leaf, a, b = np.unravel_index(np.flatnonzero(close), close.shape)
    upper = a < b
    first, second = leaves[leaf[upper], a[upper]], leaves[leaf[upper], b[upper]]
    return np.unique(np.minimum(first, second) * n + np.maximum(first, second))


def _thinned(close: NDArray[np.bool_], squared: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Keep the nearest and the first of each image's look-alikes, shape `(leaves, size, size)`."""
    kept = np.zeros_like(close)
    far = np.where(close, squared, np.inf)
    nearest = np.argpartition(far, _NEAREST, axis=2)[:, :, : _NEAREST + 1]
    np.put_along_axis(kept, nearest, values=True, axis=2)
    # The first holds together what the nearest alone might leave in several groups.
    np.put_along_axis(kept, close.argmax(axis=2)[:, :, None], values=True, axis=2)
    kept &= close
    return kept | kept.swapaxes(1, 2)


def _split_keys(keys: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.stack(np.divmod(keys, max(n, 1)), axis=1)


def _verified(
    points: Hashes,
    pairs: NDArray[np.int64],
    limit: float,
    turns: bool,  # noqa: FBT001
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    distances = np.empty(len(pairs))
    # In portions: where thousands of images are alike, the pairs outnumber them many times.
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        portion = pairs[start : start + _PAIRS_AT_ONCE]
        first = points[portion[:, 0]].astype(np.float64)
        second = points[portion[:, 1]].astype(np.float64)
        views = _turned(second) if turns else [second]
        distances[start : start + len(portion)] = np.min(
            [np.linalg.norm(first - view, axis=1) for view in views], axis=0
        )
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
