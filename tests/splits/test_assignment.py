"""Tests of the solver."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.splits.assignment import (
    _descend,
    _descend_by_choice,
    _draw,
    _ranks,
    _renumbered,
    _Search,
    _seeded,
    _start,
    assign,
    shuffled,
)
from prevalens.splits.problem import Problem


def problem_of(images: list[list[int]], shares: list[float], weight: float = 0.0) -> Problem:
    """Make a problem in which every unit carries the classes it has images of."""
    counts = np.array(images)
    everyone = np.ones((len(counts), 1), dtype=np.bool_)
    carries = np.concatenate([everyone, counts > 0], axis=1)
    return Problem(counts, carries, everyone, np.array(shares), unit_weight=weight)


def test_a_perfect_split_that_exists_is_found() -> None:
    """Sizes 8, 7, 6, 5, 4 split into 15 and 15 in one way: 8 + 7 against 6 + 5 + 4."""
    parts = assign(
        problem_of([[8], [7], [6], [5], [4]], [0.5, 0.5]), [[], []], generator(0), tolerance=0
    )

    assert parts[0] == parts[1] != parts[2]
    assert parts[2] == parts[3] == parts[4]


def test_unequal_shares_are_met() -> None:
    """Sizes 70, 15 and 15 fill shares of 70, 15 and 15 % exactly."""
    problem = problem_of([[15], [70], [15]], [0.7, 0.15, 0.15])

    parts = assign(problem, [[], [], []], generator(3), tolerance=0)

    assert problem.worst_deviation(parts) == pytest.approx(0, abs=1e-12)


def test_the_shuffle_is_the_raw_stream_of_pcg64() -> None:
    """The order is that of raw PCG64 numbers, which numpy promises never to change."""
    order = shuffled(5, np.random.Generator(np.random.PCG64(1)))
    raw = np.random.PCG64(1).random_raw(5)

    np.testing.assert_array_equal(raw[order], np.sort(raw))


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.6, 0.25, 0.15], [0.2] * 5])
def test_every_change_of_cost_is_what_the_cost_changes_by(shares: list[float]) -> None:
    """No move and no swap lowers the summed squares of the result, counted one by one."""
    rng = np.random.default_rng(11)
    problem = problem_of(rng.integers(1, 60, (14, 2)).tolist(), shares, weight=0.5)
    parts = _descend(problem, rng.integers(0, len(shares), (1, 14)))[0]

    reached = problem.cost(parts)
    for unit in range(14):
        for part in range(len(shares)):
            moved = parts.copy()
            moved[unit] = part
            if set(moved.tolist()) == set(range(len(shares))):
                assert problem.cost(moved) >= reached
        for other in range(unit):
            swapped = parts.copy()
            swapped[[unit, other]] = parts[[other, unit]]
            assert problem.cost(swapped) >= reached


def test_a_larger_tolerance_gives_other_seeds_other_parts() -> None:
    """One way of halving 8, 7, 6, 5, 4 is perfect; within 0.4 several are good enough."""
    problem = problem_of([[8], [7], [6], [5], [4]], [0.5, 0.5])

    def found(tolerance: float) -> set[tuple[bool, ...]]:
        drawn = [
            assign(problem, [[], []], generator(seed), tolerance=tolerance) for seed in range(8)
        ]
        return {tuple((parts == parts[0]).tolist()) for parts in drawn}

    assert found(0) == {(True, True, False, False, False)}
    assert len(found(0.4)) > 1


@pytest.mark.parametrize("n_units", [90, 700, 3_000])
def test_many_units_reach_what_whole_numbers_allow(n_units: int) -> None:
    """No five folds can be evener than rounding allows; unit sizes 1 to 40 let us get there."""
    rng = np.random.default_rng(n_units)
    counts = np.zeros((n_units, 2), dtype=np.int64)
    counts[np.arange(n_units), np.arange(n_units) % 2] = rng.integers(1, 41, n_units)
    problem = problem_of(counts.tolist(), [0.2] * 5)
    targets = counts.sum(axis=0) / 5
    nearest = np.maximum(np.ceil(targets) - targets, targets - np.floor(targets)) / targets

    parts = assign(problem, [[]] * 5, generator(1), tolerance=0)

    assert problem.worst_deviation(parts) == pytest.approx(nearest.max(), abs=1e-9)


def test_seeds_put_different_patients_together() -> None:
    """Eight seeds treat about as many pairs alike as chance, 68 % for five equal folds."""
    rng = np.random.default_rng(4)
    problem = problem_of(rng.integers(1, 99, (60, 1)).tolist(), [0.2] * 5)
    upper = np.triu_indices(60, 1)
    drawn = [assign(problem, [[]] * 5, generator(seed), tolerance=0.001) for seed in range(8)]
    together = [(parts[:, None] == parts)[upper] for parts in drawn]

    alike = np.mean([(a == b).mean() for a, b in itertools.combinations(together, 2)])

    assert 0.64 < alike < 0.74


def test_the_patient_weight_trades_images_for_patients() -> None:
    """A patient of 40 images against four of 10 is even in images, uneven in patients (1 and 4)."""
    problem = problem_of([[40], [10], [10], [10], [10]], [0.5, 0.5])

    images_first = assign(problem, [[]] * 2, generator(0), patient_weight=0)
    patients_first = assign(problem, [[]] * 2, generator(0), patient_weight=10)

    assert sorted(np.bincount(images_first).tolist()) == [1, 4]
    assert sorted(np.bincount(patients_first).tolist()) == [2, 3]


def test_a_search_cut_short_still_gives_every_part_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One round instead of many: a worse balance of eight strata, but within a tenth."""
    sizes = np.random.default_rng(4).integers(0, 50, (500, 8))
    problem = problem_of(sizes.tolist(), [0.5, 0.3, 0.2])
    whole = assign(problem, [[], [], []], generator(0), tolerance=0)
    monkeypatch.setattr("prevalens.splits.assignment._ROUNDS", 1)
    short = assign(problem, [[], [], []], generator(0), tolerance=0)

    assert problem.worst_deviation(whole) < problem.worst_deviation(short) < 0.1


def naive_changes(search: _Search, own: np.ndarray, units: np.ndarray) -> tuple[list, list]:
    """Return the change of cost of every move and of every swap, each counted from scratch."""
    problem = search.problem
    before = problem.cost(own)

    def change(units_to: list[tuple[int, int]]) -> float:
        other = own.copy()
        for unit, part in units_to:
            other[unit] = part
        return problem.cost(other) - before

    moves = [[change([(a, part)]) for part in range(len(problem.shares))] for a in units]
    swaps = [[change([(a, own[b]), (b, own[a])]) for b in units] for a in units]
    return moves, swaps


def two_starts(*, tight: bool = False) -> _Search:
    """Make two random starts of nine units in three parts; `tight`: each class in one unit."""
    rng = np.random.default_rng(8)
    problem = problem_of(rng.integers(1, 30, (9, 2)).tolist(), [0.5, 0.3, 0.2], weight=0.3)
    if tight:
        problem = replace(problem, carries=np.arange(9)[:, None] == np.arange(3))
    return _Search(problem, rng.integers(0, 3, (2, 9)))


def test_changes_of_cost_are_those_counted_from_scratch() -> None:
    """Moves and swaps among some of the units: the cost after less the cost before, exactly."""
    search, units = two_starts(), np.array([7, 1, 4, 2, 0])
    own = search.parts[:, units]
    moves = search._moves(units, own)
    swaps = search._swaps(units, own, moves, np.zeros((2, 5, 1), dtype=np.bool_))

    for start in range(2):
        naive_moves, naive_swaps = naive_changes(search, search.parts[start], units)
        for place, part in itertools.product(range(5), range(3)):
            stays = own[start, place] == part
            assert moves[start, place, part] == (2.0**52 if stays else naive_moves[place][part])
        for one, two in itertools.product(range(5), repeat=2):
            if own[start, one] != own[start, two]:
                assert swaps[start, one, two] == naive_swaps[one][two]
            else:
                assert swaps[start, one, two] >= 2.0**52


def test_the_last_carrier_of_a_class_changes_places_with_another_carrier_alone() -> None:
    """Units 0, 1, 2 alone carry a class each; in unit 3's part all of its classes are carried."""
    search, units = two_starts(tight=True), np.arange(9)
    own = search.parts[:, units]
    last = search._last_carriers(units, own)

    assert last.tolist() == [(np.arange(9)[:, None] == np.arange(3)).tolist()] * 2
    moves = search._moves(units, own)
    free = search._swaps(units, own, moves, np.zeros_like(last))
    bound = search._swaps(units, own, moves, last)
    assert (bound - free)[:, 3:, 3:].max() == 0
    assert (bound - free)[:, 3:, :3].min() == (bound - free)[:, :3, 3:].min() == 2.0**52
    again = replace(search.problem, carries=np.ones((9, 1), dtype=np.bool_))
    both = _Search(again, np.array([[0, 1, 2, 0, 0, 0, 0, 0, 0]]))
    assert both._last_carriers(units, both.parts)[0, :, 0].tolist() == [0, 1, 1] + [0] * 6
    held = both._swaps(units, both.parts, both._moves(units, both.parts), both.carriers[:, :0] > 0)
    swapped = both._last_carriers(units, both.parts)
    assert (both._swaps(units, both.parts, both._moves(units, both.parts), swapped) == held).all()


@pytest.mark.parametrize("tight", [False, True])
def test_a_step_makes_the_best_change_there_is_and_keeps_the_books(*, tight: bool) -> None:
    """The cost falls by the best of all moves and swaps counted one by one, in every start."""
    search, units = two_starts(tight=tight), np.arange(9)
    problem = search.problem
    for _ in range(20):
        before = search.parts.copy()
        best = []
        for own in before:
            held = problem.totals(own, problem.carries) > 0
            found = [0.0]
            for one, two in itertools.product(range(9), repeat=2):
                swapped, moved = own.copy(), own.copy()
                swapped[[one, two]] = own[[two, one]]
                moved[one] = two % 3
                found += [
                    problem.cost(other) - problem.cost(own)
                    for other in (swapped, moved)
                    if ((problem.totals(other, problem.carries) > 0) >= held).all()
                ]
            best.append(min(found))
        improved = search.step(units)
        assert improved.tolist() == [change < 0 for change in best]
        for start, own in enumerate(search.parts):
            assert problem.cost(own) - problem.cost(before[start]) == best[start]
            excess = problem.totals(own, problem.columns) * problem.scale - problem.targets
            np.testing.assert_array_equal(search.excess[start], excess)
            carriers = problem.totals(own, problem.carries)
            np.testing.assert_array_equal(search.carriers[start], carriers)
    assert not improved.any()
    kept = search.parts[[False, True]]
    search.keep(np.array([False, True]))
    np.testing.assert_array_equal(search.parts, kept)
    assert (len(search.excess), len(search.carriers)) == (1, 1)


def test_a_search_is_rounded_once_one_start_is_in_every_part_and_stratum() -> None:
    """Of 2 and 4 images half each: 1, 2 and 1, 2 is even; off in one part or stratum is not."""
    problem = problem_of([[1, 0], [1, 0], [0, 2], [0, 2]], [0.5, 0.5])
    even, torn, one_off = [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0]

    def rounded(*starts: list[int]) -> bool:
        return _Search(problem, np.array(starts)).is_rounded()

    assert rounded(even)
    assert rounded(torn, even)
    assert rounded(even, one_off)
    assert not rounded(torn)
    assert not rounded(one_off, torn)


def test_defaults_weigh_images_first_and_take_the_best_alone() -> None:
    """40 against four of 10 is even in images alone; only the best of 8, 7, 6, 5, 4 is drawn."""
    uneven = problem_of([[40], [10], [10], [10], [10]], [0.5, 0.5])
    assert sorted(np.bincount(assign(uneven, [[]] * 2, generator(0))).tolist()) == [1, 4]
    halves = problem_of([[8], [7], [6], [5], [4]], [0.5, 0.5])
    for seed in range(8):
        parts = assign(halves, [[], []], generator(seed))
        assert (parts == parts[0]).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("n_units", "starts"),
    [
        (5, [86, 85, 85]),  # 256 at most
        (100, [34, 33, 33]),  # a million pairs of units: 100 starts
        (400, [2, 2, 2]),
        (401, [2, 2, 2]),
        (20_000, [2, 1, 1]),  # 4 at least
        (20_001, [2]),
    ],
)
def test_starts_are_as_many_as_the_work_allows(
    monkeypatch: pytest.MonkeyPatch, n_units: int, starts: list[int]
) -> None:
    """A third for each weight of units, every unit in every round up to 400, one weight of many."""
    seen: list[tuple[str, float, int]] = []

    def stand_in(kind: str) -> Callable[..., np.ndarray]:
        def descend(problem: Problem, starts: np.ndarray, *_: object) -> np.ndarray:
            seen.append((kind, problem.unit_weight, len(starts)))
            return starts

        return descend

    monkeypatch.setattr("prevalens.splits.assignment._descend", stand_in("all"))
    monkeypatch.setattr("prevalens.splits.assignment._descend_by_choice", stand_in("choice"))
    monkeypatch.setattr("prevalens.splits.assignment._draw", lambda _, found, *__: len(found))
    problem = problem_of([[1]] * n_units, [0.5, 0.5])

    assert assign(problem, [[], []], generator(0)) == 2 * sum(starts)
    kind = "all" if n_units <= 400 else "choice"
    assert seen == [(kind, weight, n) for weight, n in zip([0.01, 0.0, 0.1], starts, strict=False)]


def naive_start(problem: Problem, rng: np.random.Generator) -> list[int]:
    """Deal the units out as the solver says it does, unit by unit."""

    def shuffle(count: int) -> list[int]:
        raw = rng.bit_generator.random_raw(count).tolist()
        return sorted(range(count), key=lambda place: raw[place])

    images = problem.images.tolist()
    order = shuffle(len(images))
    # By the class of most images, the largest first.
    order.sort(key=lambda unit: (images[unit].index(max(images[unit])), -sum(images[unit])))
    block = max(8, 2 * len(problem.shares))
    mixed = shuffle(len(order))
    place = sorted(range(len(order)), key=lambda k: (k // block, mixed[k]))
    first = shuffle(64)[0]
    golden = (math.sqrt(5) - 1) / 2
    parts = [0] * len(order)
    for turn, k in enumerate(place):
        at = (turn + first) * golden % 1
        parts[order[k]] = sum(at >= edge for edge in np.cumsum(problem.shares)[:-1])
    return parts


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.7, 0.15, 0.15], [0.2] * 5])
def test_a_start_deals_units_of_a_class_and_size_to_all_parts_in_turn(shares: list[float]) -> None:
    """The deal is that of a loop over the units; nobody has to be put anywhere."""
    rng = np.random.default_rng(1)
    problem = problem_of(rng.integers(0, 9, (60, 3)).tolist(), shares)

    parts = _start(problem, [[]] * len(shares), generator(6))

    assert parts.tolist() == naive_start(problem, generator(6))


def test_units_are_put_where_a_class_is_missing_and_nowhere_else() -> None:
    """All in part 0: each part gets a unit of the kinds asked for; all held: nothing moves."""
    problem = problem_of([[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]], [0.5, 0.5])
    required = problem.images > 0
    problem = replace(problem, required=required)
    seeds = [[1, 2], [1, 2]]

    seeded = _seeded(problem, np.zeros(5, dtype=np.int64), seeds, generator(0))
    assert (problem.totals(seeded, required) > 0).all()
    assert np.bincount(seeded).tolist() == [3, 2]
    whole = np.array([0, 1, 1, 0, 0])
    assert _seeded(problem, whole.copy(), seeds, generator(0)).tolist() == whole.tolist()
    together = {
        tuple(_seeded(problem, np.zeros(5, dtype=np.int64), seeds, generator(seed)).tolist())
        for seed in range(20)
    }
    assert len(together) > 3


def test_kinds_are_taken_from_shuffled_pools_part_by_part() -> None:
    """The last unit of the shuffle is put first, into the first of the shuffled parts."""
    problem = problem_of([[1]] * 9, [0.5, 0.3, 0.2])
    rng, again = generator(4), generator(4)

    seeded = _seeded(problem, np.zeros(9, dtype=np.int64), [[1], [1], [1]], rng)

    units, parts = shuffled(9, again).tolist(), shuffled(3, again).tolist()
    expected = np.zeros(9, dtype=np.int64)
    expected[units[::-1][:3]] = parts
    assert seeded.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("improves", "rounded", "rounds"),
    [
        (lambda _: False, False, 60),  # sixty idle rounds end it
        (lambda _: True, False, 600),  # or six hundred
        (lambda number: number == 30, False, 90),  # an improvement starts the count anew
        (lambda number: number % 60 == 0, False, 600),
        (lambda _: True, True, 1),  # or what whole images allow
    ],
)
def test_rounds_of_choice_end_when_nothing_improves_or_all_is_even(
    monkeypatch: pytest.MonkeyPatch,
    improves: Callable[[int], bool],
    *,
    rounded: bool,
    rounds: int,
) -> None:
    """Every round looks at its choice of units, in the order of their sizes."""
    chosen: list[list[int]] = []

    def step(self: _Search, units: np.ndarray) -> np.ndarray:
        chosen.append(units.tolist())
        return np.array([False, improves(len(chosen))])

    monkeypatch.setattr(_Search, "step", step)
    monkeypatch.setattr(_Search, "is_rounded", lambda _: rounded)
    monkeypatch.setattr("prevalens.splits.assignment._ranks", lambda *_: np.array([0, 2]))
    problem = problem_of([[3, 1], [9, 0], [1, 1], [2, 3]], [0.5, 0.5])
    starts = np.array([[0, 1, 0, 1], [1, 1, 0, 0]])

    ends = _descend_by_choice(problem, starts, generator(0))

    assert ends.tolist() == starts.tolist()
    assert ends is not starts
    assert chosen == [[1, 0]] * rounds


def test_units_of_one_size_keep_their_order_in_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest first; of forty alike the first first, on every machine."""
    chosen: list[list[int]] = []
    monkeypatch.setattr("prevalens.splits.assignment._ranks", lambda n, _: np.arange(n))
    monkeypatch.setattr("prevalens.splits.assignment._ROUNDS", 1)
    monkeypatch.setattr(_Search, "step", lambda _, units: chosen.append(units.tolist()) or units)
    problem = problem_of([[1]] * 40 + [[2]], [0.5, 0.5])

    _descend_by_choice(problem, np.zeros((1, 41), dtype=np.int64), generator(0))

    assert chosen == [[40, *range(40)]]


def test_of_a_move_and_a_swap_alike_the_move_is_made() -> None:
    """Unit 2 weighs nothing, so that moving unit 0 there and swapping the two cost the same."""
    problem = problem_of([[1], [2], [0]], [0.5, 0.5])
    search = _Search(problem, np.array([[0, 0, 1]]))

    assert search.step(np.arange(3)).tolist() == [True]
    assert search.parts.tolist() == [[1, 0, 1]]


@pytest.mark.parametrize("n_units", [1, 7, 700])
def test_ranks_are_drawn_from_spans_that_double(n_units: int) -> None:
    """Of 320 draws each takes a span of 2, 4, 8 ... up to all units, and a rank below it."""
    raw = generator(3).bit_generator.random_raw(640).tolist()
    spans = [min(2 << k % n_units.bit_length(), n_units) for k in raw[:320]]

    ranks = _ranks(n_units, generator(3))

    expected = {number % span for number, span in zip(raw[320:], spans, strict=True)}
    assert ranks.tolist() == sorted(expected)
    assert ranks.dtype == np.int64


def test_the_draw_is_among_different_ends_within_the_tolerance() -> None:
    """Of equal parts numbers mean nothing, of others they do; a worse end is out of the draw."""
    # Sizes 2, 2, 4: {4} against {2, 2} is even; 6 against 2 deviates by half.
    found = np.array([[0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 0, 1]])

    def drawn(shares: list[float], tolerance: float, weight: float = 0.0) -> set[tuple[int, ...]]:
        problem = problem_of([[2], [2], [4]], shares)
        made = [_draw(problem, found, weight, tolerance, generator(seed)) for seed in range(20)]
        return {tuple(parts.tolist()) for parts in made}

    assert len(drawn([0.5, 0.5], 0.0)) == 1
    assert drawn([0.5, 0.5], 0.0) <= {(0, 0, 1), (1, 1, 0)}
    # Half off in both parts: 0.5, half of its root mean square, and 0.01 of that of the sizes.
    assert len(drawn([0.5, 0.5], 0.755)) == 2
    assert (1, 0, 1) in drawn([0.5, 0.5], 0.755)
    # Patients 1 and 2 deviate by a third in every end.
    assert len(drawn([0.5, 0.5], 0.754, 1.0)) == 1
    # 3/8 of 8 images are 3: 4 in part 0 are a third off; 2 in it, a third as well.
    assert drawn([0.375, 0.625], 0.0) == {(0, 0, 1), (1, 1, 0)}


def test_the_draw_takes_the_raw_number_among_what_is_left() -> None:
    """Three different ends: the raw number of the stream, divided by three, leaves which."""
    problem = problem_of([[1], [1], [1], [1]], [0.5, 0.5])
    found = np.array([[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]])

    for seed in range(9):
        raw = int(generator(seed).bit_generator.random_raw())
        drawn = _draw(problem, found, 0.0, 0.0, generator(seed))
        assert drawn.tolist() == found[raw % 3].tolist()


def test_parts_are_renumbered_in_the_order_they_appear() -> None:
    """The first part met is 0, the next new one 1."""
    assert _renumbered(np.array([2, 2, 0, 1, 0])).tolist() == [0, 0, 1, 2, 1]
