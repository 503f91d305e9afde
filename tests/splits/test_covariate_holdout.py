"""Tests of holding out whole sites."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits import CovariateHoldout


def two_periods() -> Cohort:
    """Make eight patients of two images; patient d has one image in each year."""
    years = [2019] * 7 + [2020] * 9
    return Cohort(
        images=[f"{row}" for row in range(16)],
        labels=["s", "s", "w", "w"] * 4,
        patients=[patient for patient in "abcdefgh" for _ in range(2)],
        positive="s",
        covariates={"year": np.array(years)},
    )


def test_every_image_of_the_site_is_tested_and_no_other(cohort: Cohort) -> None:
    """Site s1 is the test part; the rest is trained and validated on, patients whole."""
    partition = CovariateHoldout("site", validation=0.2).partition(cohort, ["s1"])
    parts = [set(cohort.patients[rows]) for rows in partition.parts().values()]

    assert partition.test.tolist() == np.flatnonzero(cohort.covariate("site") == "s1").tolist()
    assert sum(map(len, parts)) == cohort.n_patients
    assert len(partition.train) + len(partition.validation) + len(partition.test) == len(cohort)
    assert partition.settings["test"] == ["s1"]


def test_each_site_is_held_out_in_turn(cohort: Cohort) -> None:
    """Three sites give three partitions whose test parts are the cohort."""
    made = list(CovariateHoldout("site", validation=0).partitions(cohort))

    tested = np.concatenate([partition.test for partition in made])
    assert sorted(tested.tolist()) == list(range(len(cohort)))
    assert [partition.settings["test"] for partition in made] == [["s0"], ["s1"], ["s2"]]


def test_a_patient_on_both_sides_is_named_unless_said_what_to_do() -> None:
    """Patient d is in both years: refused, held out whole, or cut and counted."""
    cohort = two_periods()
    with pytest.raises(InvalidInputError, match=r"1 patients .*'d'.*hold_out"):
        CovariateHoldout("year", validation=0).partition(cohort, [2020])

    held = CovariateHoldout("year", validation=0, crossing="hold_out").partition(cohort, [2020])
    cut = CovariateHoldout("year", validation=0, crossing="leave_out").partition(cohort, [2020])

    assert held.test.tolist() == list(range(6, 16))
    assert cut.test.tolist() == list(range(7, 16))
    assert held.train.tolist() == cut.train.tolist() == list(range(6))
    assert cut.settings["rows_left_out"] == 1
    assert "rows_left_out" not in held.settings


def test_a_site_without_a_class_is_refused_unless_allowed() -> None:
    """Site y has no sick image: its sensitivity could not be estimated."""
    cohort = Cohort(
        images=list("abcdef"),
        labels=["s", "s", "w", "w", "w", "w"],
        patients=list("abcdef"),
        positive="s",
        covariates={"site": np.array(list("xxxxyy"))},
    )
    with pytest.raises(ImpossibleSplitError, match=r"test part has no image of \['s'\]"):
        CovariateHoldout("site", validation=0).partition(cohort, ["y"])

    allowed = CovariateHoldout("site", validation=0, allow_missing_classes=True)

    assert allowed.partition(cohort, ["y"]).settings["missing_classes"] == {"test": ["s"]}


@pytest.mark.parametrize(
    ("test", "match"),
    [
        (["s9"], r"'s0', 's1', 's2'; got \['s9'\]\. Did you mean"),
        ([], "some, not all"),
        (["s0", "s1", "s2"], "some, not all"),
        ("s1", r"Write test=\('s1',\)"),
    ],
)
def test_values_that_cannot_be_held_out_are_refused(
    cohort: Cohort, test: list[str], match: str
) -> None:
    """None, all, or unknown values are refused with those there are."""
    with pytest.raises(InvalidInputError, match=match):
        CovariateHoldout("site").partition(cohort, test)


def test_a_validation_share_larger_than_what_is_left_is_refused(cohort: Cohort) -> None:
    """With two of three sites held out, 90 % of the cohort is not left."""
    with pytest.raises(InvalidInputError, match=r"validation=0\.9 .*that are left"):
        CovariateHoldout("site", validation=0.9).partition(cohort, ["s0", "s1"])


def test_an_unknown_covariate_is_refused(cohort: Cohort) -> None:
    """The cohort's covariates are listed."""
    with pytest.raises(InvalidInputError, match=r"it has \['site'\]"):
        CovariateHoldout("sites").partition(cohort, ["s0"])
