"""Subgroups: the estimates of each part, with small cells kept back."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, compare_groups
from prevalens.predictions import Predictions
from prevalens.reports.subgroups import subgroup_tables

ASK = {"threshold": 0.5, "confidence_level": 0.95, "seed": 0}


def with_sites(sizes: dict[str, int], **covariates: np.ndarray) -> Predictions:
    """As many patients at each site as asked, of two images each, every other one positive."""
    sites = np.repeat(list(sizes), list(sizes.values()))
    n = len(sites)
    return Predictions(
        labels=np.repeat(np.arange(n) % 2, 2),
        scores=np.random.default_rng(3).random(2 * n),
        patients=np.repeat([f"p{k}" for k in range(n)], 2),
        covariates={"site": np.repeat(sites, 2), "dose": np.repeat(np.arange(n) / 7, 2)}
        | covariates,
    )


def hidden(told: Predictions, by: str = "site") -> dict[str, bool]:
    """Which levels are suppressed."""
    (table,) = subgroup_tables(told, [by], **ASK)
    return {level["level"]: level["suppressed"] for level in table["levels"]}


def test_each_level_has_its_own_estimates() -> None:
    """A level's estimates are those of its rows alone."""
    told = with_sites({"a": 20, "b": 30})
    (table,) = subgroup_tables(told, ["site"], **ASK)
    rows = told.covariates["site"] == "b"
    alone = all_estimates(
        told.labels[rows], told.scores[rows], threshold=0.5, patients=told.patients[rows]
    )

    assert [level["level"] for level in table["levels"]] == ["a", "b"]
    assert table["levels"][1]["estimates"]["auroc"] == alone["auroc"].to_dict()
    assert (table["levels"][1]["images"], table["levels"][1]["patients"]) == (60, 30)


def test_small_levels_tell_nothing() -> None:
    """Four patients are suppressed, and so is the next smallest, or they would follow from it."""
    told = with_sites({"a": 4, "b": 12, "c": 30})

    assert hidden(told) == {"a": True, "b": True, "c": False}
    assert subgroup_tables(told, ["site"], **ASK)[0]["levels"][0] == {
        "level": "a",
        "suppressed": True,
    }


def test_two_small_levels_hide_each_other() -> None:
    """With two suppressed levels the total gives neither away; the rest is shown."""
    told = with_sites({"a": 3, "b": 3, "c": 30, "d": 30})

    assert hidden(told) == {"a": True, "b": True, "c": False, "d": False}


def test_a_subgroup_of_one_is_no_error() -> None:
    """One patient in one level of two hides both: either would give the other away."""
    assert hidden(with_sites({"a": 1, "b": 30})) == {"a": True, "b": True}


def test_an_estimate_on_few_patients_is_left_out() -> None:
    """Six patients of whom three are positive have no sensitivity to show."""
    (table,) = subgroup_tables(with_sites({"a": 6, "b": 30}), ["site"], **ASK)

    assert "sensitivity" not in table["levels"][0]["estimates"]
    assert "sensitivity" in table["levels"][1]["estimates"]


def test_a_number_is_cut_into_thirds() -> None:
    """Thirty doses become three levels of ten patients each."""
    (table,) = subgroup_tables(with_sites({"a": 30}), ["dose"], **ASK)

    assert [level["patients"] for level in table["levels"]] == [10, 10, 10]
    assert {level["level"].split()[0] for level in table["levels"]} == {"up", "over"}


def test_missing_values_are_a_level() -> None:
    """A covariate that is blank or nan for some patients says so."""
    ages = np.repeat(np.where(np.arange(20) < 8, np.nan, np.arange(20.0)), 2)
    told = with_sites({"": 10, "b": 10}, age=ages)

    assert set(hidden(told)) == {"b", "missing"}
    assert "missing" in hidden(told, "age")


def test_what_is_no_grouping_is_refused() -> None:
    """A misspelt covariate is answered with the nearest; an id is no covariate."""
    told = with_sites({"a": 60}, code=np.repeat([f"c{k}" for k in range(60)], 2))
    with pytest.raises(InvalidInputError, match="Did you mean 'site'"):
        subgroup_tables(told, ["sites"], **ASK)
    with pytest.raises(InvalidInputError, match="60 levels"):
        subgroup_tables(told, ["code"], **ASK)


def test_differences_are_against_all_other_rows() -> None:
    """A level minus the rest, by the metrics' own contrast; two levels mirror each other."""
    told = with_sites({"a": 20, "b": 30})
    (table,) = subgroup_tables(told, ["site"], **ASK)
    direct = compare_groups(
        told.labels, told.scores, told.covariates["site"] == "a", patients=told.patients
    )
    first, second = (level["differences"] for level in table["levels"])

    assert first["auroc"] == direct.difference.to_dict()
    assert first["sensitivity"]["value"] == pytest.approx(-second["sensitivity"]["value"])
    assert (
        subgroup_tables(with_sites({"a": 20}), ["site"], **ASK)[0]["levels"][0]["differences"] == {}
    )


def test_a_covariate_of_whole_numbers_is_written_without_a_fraction() -> None:
    """Grades 1.0 and 2.0 are the levels 1 and 2; an empty text is `missing`."""
    grade = np.repeat([1.0, 2.0, 1.0, 2.0], 20)
    assert hidden(with_sites({"a": 20, "b": 20}, site=grade)) == {"1": False, "2": False}
    ward = np.repeat(["", "x"], 40)
    assert set(hidden(with_sites({"a": 20, "b": 20}, site=ward))) == {"missing", "x"}
