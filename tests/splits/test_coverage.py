"""Tests of the search for parts that hold every class."""

import numpy as np
import pytest

from prevalens.splits import coverage
from prevalens.splits.coverage import SearchLimitError, cover, kinds_of


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
