"""Tests of the levels of further strata."""

import numpy as np
import pytest

from prevalens.exceptions import DataWarning
from prevalens.splits import levels as module
from prevalens.splits.levels import count_levels


def test_levels_that_few_units_hold_are_counted_as_one() -> None:
    """Levels 1 and 2 have one unit each, level 0 two: the first column holds 1 and 2 together."""
    units = np.array([0, 0, 1, 1, 2, 0])
    site = np.array([0, 1, 0, 0, 2, 0])

    images, weights = count_levels(units, {"site": site}, least=2)

    assert images.tolist() == [[1, 2], [0, 2], [1, 0]]
    assert weights.tolist() == pytest.approx([0.5 * 2 / 6, 0.5 * 4 / 6])


def test_without_rare_levels_each_has_its_column_and_strata_stand_side_by_side() -> None:
    """Two strata of two levels; all weights of a stratum sum to half of a class's."""
    units = np.arange(4)
    images, weights = count_levels(
        units, {"a": np.array([0, 0, 1, 1]), "b": np.array([1, 0, 1, 0])}, least=2
    )

    assert images.tolist() == [[1, 0, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 0]]
    assert weights.tolist() == [0.25] * 4


def test_a_stratum_of_mostly_rare_levels_is_named() -> None:
    """Four of six images are at levels of one unit each; at three of six nothing is said."""
    units = np.arange(6)
    with pytest.warns(DataWarning, match=r"'ward' cannot be balanced: 4 of its 5 values .* 2 pat"):
        count_levels(units, {"ward": np.array([0, 0, 1, 2, 3, 4])}, least=2)
    count_levels(units, {"ward": np.array([0, 0, 0, 1, 2, 3])}, least=2)


def test_many_levels_are_counted_without_a_table_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorting pairs gives what counting a table gives."""
    rng = np.random.default_rng(1)
    units, site = rng.integers(0, 30, 200), np.r_[np.arange(12), rng.integers(0, 12, 188)]
    table = count_levels(units, {"site": site}, least=9)
    monkeypatch.setattr(module, "_DENSE", 0)
    pairs = count_levels(units, {"site": site}, least=9)

    np.testing.assert_array_equal(table[0], pairs[0])
    holders = [len(set(units[site == level].tolist())) for level in range(12)]
    assert table[0].shape[1] == sum(n >= 9 for n in holders) + any(n < 9 for n in holders)
