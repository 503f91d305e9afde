"""The solver: which unit goes to which part, so that every stratum keeps its share everywhere.

A unit is what must not be torn: a patient, or an image where images are split. All sums are of
whole numbers below 2**53, which float64 holds exactly in whatever order they are added, and all
randomness is the raw stream of PCG64: the same seed gives the same parts on any machine.
"""

from dataclasses import dataclass, replace

import numpy as np

from prevalens._threads import one_blas_thread
from prevalens.splits.coverage import kinds_of
from prevalens.splits.problem import Bools as _Bools
from prevalens.splits.problem import Floats as _Floats
from prevalens.splits.problem import Ints as _Ints
from prevalens.splits.problem import Problem

_FORBIDDEN = 2.0**52  # larger than any change of cost
_GOLDEN = (5**0.5 - 1) / 2  # the most evenly spread steps around a circle
_ALL_AT_ONCE = 400  # up to so many units are all looked at in every round
_VERY_MANY = 20_000  # of so many, one weighing and two starts will do
_CHOICE = 320  # of more, a fresh random choice every round
_WORK = 1_000_000  # pairs of units looked at in one round, over all starts
_STARTS = 256
# Weights of units and of sizes in the cost, each pair of a third of the starts. Where shares of
# classes are balanced, sizes guide most starts, and the rest leave them to a patient who is large.
_WEIGHTS = {
    "counts": ((0.01, 0.0), (0.0, 0.0), (0.1, 0.0)),
    "prevalence": ((0.01, 0.5), (0.0, 0.05), (0.1, 0.5)),
}
_ROUNDS = 600  # of random choices, at most
_IDLE = 60  # rounds without an improvement that end the search


@dataclass(eq=False)
class _Search:
    """Several starts that descend together: `parts` is `(n_starts, n_units)`."""

    problem: Problem
    parts: _Ints

    def __post_init__(self) -> None:
        problem = self.problem
        self.excess = np.stack([problem.excess(parts) for parts in self.parts])
        self.carriers = np.stack([problem.totals(parts, problem.carries) for parts in self.parts])

    def step(self, units: _Ints) -> _Bools:
        """Make the best move or swap among `units` in every start; return which improved."""
        own = self.parts[:, units]
        moves = self._moves(units, own)
        last = self._last_carriers(units, own)
        swaps = self._swaps(units, own, moves, last)
        moves += _FORBIDDEN * last.max(axis=2, keepdims=True)
        n_starts, n_parts = len(own), moves.shape[2]
        best_move = moves.reshape(n_starts, -1).argmin(axis=1)
        best_swap = swaps.reshape(n_starts, -1).argmin(axis=1)
        starts = np.arange(n_starts)
        move_cost = moves.reshape(n_starts, -1)[starts, best_move]
        swap_cost = swaps.reshape(n_starts, -1)[starts, best_swap]
        improved: _Bools = np.minimum(move_cost, swap_cost) < 0
        moving = np.flatnonzero(improved & (move_cost <= swap_cost))
        unit, part = np.divmod(best_move[moving], n_parts)
        self._move(moving, units[unit], part)
        swapping = np.flatnonzero(improved & (move_cost > swap_cost))
        first, second = np.divmod(best_swap[swapping], len(units))
        self._move(swapping, units[first], own[swapping, second])
        self._move(swapping, units[second], own[swapping, first])
        return improved

    def is_rounded(self) -> bool:
        """Whether some start's worst deviation of a class is what whole images force."""
        n_classes = self.problem.images.shape[1]
        worst = np.abs(self.excess[:, :, :n_classes]).max(axis=(1, 2))
        return bool((worst <= self.problem.nearest).any())

    def keep(self, chosen: _Bools) -> None:
        """Go on with the chosen starts alone."""
        self.parts, self.excess = self.parts[chosen], self.excess[chosen]
        self.carriers = self.carriers[chosen]

    def _moves(self, units: _Ints, own: _Ints) -> _Floats:
        """Change of cost when each unit moves to each part, `(n_starts, n_units, n_parts)`."""
        sizes = self.problem.sizes[:, units]
        squares = (sizes**2).sum(axis=2)
        products = 2 * np.matmul(self.excess.transpose(1, 0, 2), sizes.transpose(0, 2, 1))
        coming = (products + squares[:, None]).transpose(1, 2, 0)
        going = (squares[:, None] - products).transpose(1, 2, 0)
        leaving = np.take_along_axis(going, own[:, :, None], axis=2)
        changes = coming + leaving
        np.put_along_axis(changes, own[:, :, None], _FORBIDDEN, axis=2)
        return changes

    def _swaps(self, units: _Ints, own: _Ints, moves: _Floats, last: _Bools) -> _Floats:
        """Change of cost when two units change places, `(n_starts, n_units, n_units)`."""
        sizes = self.problem.sizes[:, units]
        n_parts = len(self.problem.shares)
        # One column of `moves` per unit, picked by a product with a single 1: exact, and fast.
        chosen = (own[:, None, :] == np.arange(n_parts)[:, None]).astype(np.float64)
        half = np.matmul(moves, chosen)
        shared = 2 * np.matmul(sizes, sizes.transpose(0, 2, 1))
        half -= shared[own, np.arange(len(units))]
        if last.any():
            lacks = (~self.problem.carries[units]).astype(np.float64)
            half += _FORBIDDEN * np.matmul(last.astype(np.float64), lacks.T)
        return half + half.transpose(0, 2, 1)

    def _last_carriers(self, units: _Ints, own: _Ints) -> _Bools:
        """Whether a unit alone brings a class to its part, `(n_starts, n_units, n_classes)`."""
        counts = self.carriers[np.arange(len(own))[:, None], own]
        return (counts == 1) & self.problem.carries[units]

    def _move(self, starts: _Ints, units: _Ints, to: _Ints) -> None:
        problem = self.problem
        source = self.parts[starts, units]
        self.excess[starts, source] -= problem.sizes[source, units]
        self.excess[starts, to] += problem.sizes[to, units]
        self.carriers[starts, source] -= problem.carries[units]
        self.carriers[starts, to] += problem.carries[units]
        self.parts[starts, units] = to


def assign(
    problem: Problem,
    seeds: list[list[int]],
    rng: np.random.Generator,
    *,
    patient_weight: float = 0.005,
    tolerance: float = 0.0,
) -> _Ints:
    """Assign units to parts.

    The search starts from deals in which units of one class and about one size go to all parts in
    turn, and makes the best single move or swap until none helps, from many starts at once, under
    costs that weigh units against images more and less.

    Args:
        problem: The units, the parts, and what is balanced.
        seeds: For each part, the kinds of units (see `coverage.kinds_of`) it has to hold.
        rng: A generator of `_seeding.generator`; only its raw stream is used.
        patient_weight: What the typical relative deviation of units counts against the worst one
            of images, in the choice among all ends of the search.
        tolerance: Assignments whose sum of the two is this close to the best are equally good;
            one is drawn.

    Returns:
        The part of each unit, shape `(n_units,)`. Every part holds the kinds that `seeds` asks.
    """
    n_units = len(problem.images)
    many = n_units > _ALL_AT_ONCE
    # Of very many units any start comes as near as whole images allow; two are enough.
    weights = _WEIGHTS[problem.balance][: 1 if n_units > _VERY_MANY else None]
    n_starts = int(np.clip(_WORK // n_units**2, 1 + len(weights), _STARTS))
    starts = np.stack([_start(problem, seeds, rng) for _ in range(n_starts)])
    found = [starts]
    with one_blas_thread():
        for number, (unit, size) in enumerate(weights):
            weighed = replace(problem, unit_weight=unit, size_weight=size)
            some = starts[number :: len(weights)]
            ends = _descend_by_choice(weighed, some, rng) if many else _descend(weighed, some)
            found.append(ends)
    return _draw(problem, np.concatenate(found), patient_weight, tolerance, rng)


def shuffled(count: int, rng: np.random.Generator) -> _Ints:
    """Return 0 to `count - 1` in random order, from the raw stream, which numpy never changes."""
    raw = rng.bit_generator.random_raw(count)
    return np.argsort(raw, kind="stable").astype(np.int64)


def _start(problem: Problem, seeds: list[list[int]], rng: np.random.Generator) -> _Ints:
    """Deal the units out: those of one class and about one size go to all parts in turn."""
    order = shuffled(len(problem.images), rng)
    images = problem.images[order]
    largest = images.sum(axis=1)
    order = order[np.lexsort((-largest, images.argmax(axis=1)))]
    block = max(8, 2 * len(problem.shares))
    order = order[np.lexsort((shuffled(len(order), rng), np.arange(len(order)) // block))]
    turn = (np.arange(len(order)) + shuffled(64, rng)[0]) * _GOLDEN % 1.0
    parts = np.empty(len(order), dtype=np.int64)
    parts[order] = np.searchsorted(np.cumsum(problem.shares)[:-1], turn, side="right")
    return _seeded(problem, parts, seeds, rng)


def _seeded(
    problem: Problem, parts: _Ints, seeds: list[list[int]], rng: np.random.Generator
) -> _Ints:
    """Put units of the kinds that `seeds` asks into their parts, where a class is missing."""
    if (problem.totals(parts, problem.required) > 0).all():
        return parts
    kinds = kinds_of(problem.required)
    pools: dict[int, list[int]] = {}
    for unit in shuffled(len(parts), rng).tolist():
        pools.setdefault(kinds[unit], []).append(unit)
    for part in shuffled(len(seeds), rng).tolist():
        for kind in seeds[part]:
            parts[pools[kind].pop()] = part
    return parts


def _descend(problem: Problem, starts: _Ints) -> _Ints:
    """Move and swap units until no move and no swap lowers the cost of any start."""
    units = np.arange(starts.shape[1])
    ends = starts.copy()
    going = np.arange(len(starts))
    search = _Search(problem, starts.copy())
    while len(going):
        improved = search.step(units)
        ends[going[~improved]] = search.parts[~improved]
        going = going[improved]
        search.keep(improved)
    return ends


def _descend_by_choice(problem: Problem, starts: _Ints, rng: np.random.Generator) -> _Ints:
    """Move and swap among a fresh choice of units each round, until that has little effect."""
    search = _Search(problem, starts.copy())
    by_size = np.argsort(-problem.images.sum(axis=1), kind="stable")
    idle = 0
    for _ in range(_ROUNDS):
        improved = search.step(by_size[_ranks(len(by_size), rng)])
        idle = 0 if improved.any() else idle + 1
        if idle == _IDLE or search.is_rounded():
            break
    return search.parts


def _ranks(n_units: int, rng: np.random.Generator) -> _Ints:
    """Choose ranks in 0 to `n_units - 1`, as many below 2**k as between 2**k and 2**(k + 1)."""
    raw = rng.bit_generator.random_raw((2, _CHOICE))
    spans = np.minimum(np.uint64(2) << raw[0] % np.uint64(n_units.bit_length()), n_units)
    return np.unique((raw[1] % spans.astype(np.uint64)).astype(np.int64))


def _draw(
    problem: Problem,
    found: _Ints,
    patient_weight: float,
    tolerance: float,
    rng: np.random.Generator,
) -> _Ints:
    """Draw one of the different assignments whose weighed deviations are within the tolerance."""
    scores = [problem.score(parts, patient_weight=patient_weight) for parts in found]
    score = np.array(scores)
    found = found[score <= score.min() + tolerance]
    even = bool((problem.shares == problem.shares[0]).all())
    # Of parts with equal shares the numbers mean nothing: (0, 0, 1) and (1, 1, 0) are the same.
    different = list(
        {(_renumbered(parts) if even else parts).tobytes(): parts for parts in found}.values()
    )
    return different[int(rng.bit_generator.random_raw()) % len(different)]


def _renumbered(parts: _Ints) -> _Ints:
    """Number the parts in the order in which they appear."""
    first = np.unique(parts, return_index=True)[1]
    return np.argsort(np.argsort(first))[parts]
