"""Tests of levels of covariates: which are kept back, and what is adjusted together."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import holm
from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.contrast import Contrast
from prevalens.reports.subgroup_parts import (
    Side,
    hidden_levels,
    kept_back,
    of_many,
    subgroups_of_each,
)

SITES = np.repeat(["a", "b", "c"], [3, 6, 30])
ASKED: Any = SimpleNamespace(
    by=("site",), codes=None, predictions=SimpleNamespace(covariates={"site": SITES})
)


def test_a_single_small_level_takes_the_next_smallest_with_it() -> None:
    """Of all rows a is small, so b goes too; of the rows that count, none of b counts."""
    counted = SITES != "b"

    assert hidden_levels(ASKED, SITES, ["a", "b", "c"]) == {"a", "b"}
    assert hidden_levels(ASKED, SITES, ["b", "c"]) == set()
    assert hidden_levels(ASKED, SITES, ["a", "b", "c"], counted) == {"a", "b"}
    assert hidden_levels(ASKED, SITES, ["b", "c"], counted) == {"b", "c"}


def test_sides_are_adjusted_together_and_keep_their_order() -> None:
    """Two sides of two levels are tested twice each; Holm's method takes all four."""
    rng = np.random.default_rng(0)
    labels = rng.random(60) < 0.5
    asked: Any = SimpleNamespace(
        by=("site",),
        codes=None,
        predictions=SimpleNamespace(covariates={"site": np.repeat(["a", "b"], 30)}),
    )

    def side(scores: Any) -> Side:
        def differences(rows: Any) -> dict[str, Contrast]:
            return {"auroc": compare_groups(labels, scores, rows, measure="auroc")}

        return Side(differences=differences, estimates=lambda _: {})

    found = of_many(
        asked, {"x": side(rng.random(60)), "y": side(labels * 0.5 + rng.random(60) / 2)}
    )
    assert found is not None
    tests = [level.differences["auroc"] for one in found for level in one.groups[0].levels]
    adjusted = holm({str(k): each.p_value for k, each in enumerate(tests)})  # type: ignore[misc]

    assert [one.name for one in found] == ["x", "y"]
    assert [each.p_holm for each in tests] == pytest.approx(list(adjusted.values()))
    assert subgroups_of_each(SimpleNamespace(by=()), {}) is None


def test_a_covariate_that_is_no_grouping_is_refused() -> None:
    """Over fifty levels, or none of that name."""
    asked: Any = SimpleNamespace(
        by=("id",),
        codes=None,
        predictions=SimpleNamespace(covariates={"id": np.arange(60).astype(str)}),
    )
    with pytest.raises(InvalidInputError, match="60 levels, which is no grouping"):
        subgroups_of_each(asked, {})
    asked.by = ("ids",)
    with pytest.raises(InvalidInputError, match="Did you mean 'id'"):
        subgroups_of_each(asked, {})


def test_a_level_of_all_rows_is_compared_with_nothing() -> None:
    """There are no other rows, so nothing is computed."""

    def differences(inside: np.ndarray) -> dict[str, Contrast]:
        raise AssertionError(inside)

    assert kept_back(differences, np.ones(3, dtype=bool)) == {}
