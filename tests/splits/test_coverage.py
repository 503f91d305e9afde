"""Tests of the search for parts that hold every class."""

import numpy as np
import pytest

from prevalens.splits import coverage
from prevalens.splits.coverage import SearchLimitError, _Cover, cover, kinds_of


def test_the_kind_of_a_unit_has_one_bit_per_class() -> None:
    """Carrying classes 0 and 2 is kind 1 + 4."""
    assert kinds_of(np.array([[True, False, True]])).tolist() == [5]


def test_units_of_one_class_each_cover_as_many_parts_as_the_rarest_has() -> None:
    """Two classes with three and two units fill two parts and no third."""
    carries = np.array([[True, False]] * 3 + [[False, True]] * 2)

    assert [sorted(kinds) for kinds in cover(carries, [0, 0]) or []] == [[1, 2], [1, 2]]
    assert cover(carries, [0, 0, 0]) is None


def test_three_classes_shared_pairwise_by_three_units_fill_one_part_only() -> None:
    """Each part needs two of the three units, so two parts need four."""
    carries = np.array([[True, True, False], [True, False, True], [False, True, True]])

    assert cover(carries, [0]) is not None
    assert cover(carries, [0, 0]) is None


def test_a_unit_of_all_classes_is_used_where_it_is_needed() -> None:
    """One unit with both classes covers a part alone, the two single ones the other."""
    carries = np.array([[True, True], [True, False], [False, True]])

    chosen = cover(carries, [0, 0]) or []

    assert sorted(sorted(kinds) for kinds in chosen) == [[1, 2], [3]]


def test_a_part_may_be_excused_from_a_class() -> None:
    """One unit of class 0 and two of class 1 fill two parts if one may lack class 0."""
    carries = np.array([[True, False], [False, True], [False, True]])

    assert cover(carries, [0, 1]) == [[1, 2], [2]]


def test_the_search_gives_up_rather_than_run_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is allowed two steps does not get through three parts, and says so."""
    monkeypatch.setattr(coverage, "_STEPS", 2)

    with pytest.raises(SearchLimitError):
        cover(np.ones((3, 1), dtype=np.bool_), [0, 0, 0])


def search_of(free: dict[int, int], held: list[int], n_classes: int = 3) -> _Cover:
    """Make a search for parts that hold the classes whose bits are set."""
    return _Cover(n_classes=n_classes, free=dict(free), held=list(held))


def test_the_class_with_least_to_spare_is_looked_at_first() -> None:
    """Carriers less parts that miss it; the first class of those alike, in its first such part."""
    assert search_of({1: 3, 2: 2}, [0, 0], 2)._tightest() == (0, 2, True)
    assert search_of({1: 2, 2: 3}, [0, 0], 2)._tightest() == (0, 1, True)
    assert search_of({1: 3, 2: 2}, [2, 0], 2)._tightest() == (0, 1, True)
    assert search_of({1: 1, 2: 1, 3: 1}, [1, 3, 3], 2)._tightest() == (0, 2, True)
    assert search_of({1: 1}, [0, 0], 1)._tightest() == (0, 1, False)
    assert search_of({3: 1, 4: 5}, [4, 7, 0])._tightest() == (0, 1, False)
    assert search_of({1: 1}, [3, 3], 2)._tightest() is None


def test_of_useful_kinds_those_that_bring_most_new_classes_come_first() -> None:
    """Kinds that are used up, or lack the class, are none; ties go to the smaller number."""
    free = {7: 1, 1: 2, 3: 1, 5: 1, 2: 4, 9: 0}

    assert search_of(free, [0])._useful(1, 0) == [7, 3, 5, 1]
    assert search_of(free, [0])._useful(1, 2) == [5, 7, 1, 3]
    assert search_of(free, [0])._useful(4, 3) == [5, 7]


def test_a_search_that_fails_leaves_everything_as_it_was() -> None:
    """Three kinds shared pairwise fill one part, not two: what was tried is given back."""
    search = search_of({3: 1, 5: 1, 6: 1}, [0, 0])

    assert not search.extend()
    assert (search.free, search.held) == ({3: 1, 5: 1, 6: 1}, [0, 0])
    assert search.chosen == [[], []]


def test_a_search_that_succeeds_has_used_what_it_chose() -> None:
    """Two parts of all three classes from two units of each class: one of each kind a part."""
    search = search_of({1: 2, 2: 2, 4: 2}, [0, 0])

    assert search.extend()
    assert search.held == [7, 7]
    assert sorted(map(sorted, search.chosen)) == [[1, 2, 4], [1, 2, 4]]
    assert search.free == {1: 0, 2: 0, 4: 0}


@pytest.mark.parametrize("n_parts", [1, 2, 5])
def test_the_search_takes_the_steps_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, n_parts: int
) -> None:
    """One step for each part and one that finds nothing missing; with one fewer it gives up."""
    carries = np.ones((n_parts, 1), dtype=np.bool_)
    monkeypatch.setattr(coverage, "_STEPS", n_parts + 1)
    assert cover(carries, [0] * n_parts) == [[1]] * n_parts

    monkeypatch.setattr(coverage, "_STEPS", n_parts)
    with pytest.raises(SearchLimitError):
        cover(carries, [0] * n_parts)


def test_kinds_of_many_classes_are_whole_numbers_without_end() -> None:
    """Seventy classes: the last alone is 2**69, which no machine word holds."""
    carries = np.zeros((2, 70), dtype=np.bool_)
    carries[0, 69] = carries[1, 0] = carries[1, 69] = True

    assert kinds_of(carries).tolist() == [2**69, 2**69 + 1]
