"""Tests of holding out whole sites."""

from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits import CovariateHoldout
from prevalens.splits.units import Units


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


def test_settings_are_kept_and_recorded(cohort: Cohort) -> None:
    """Defaults are those of the documentation; the record holds all, and the values held out."""
    assert vars(CovariateHoldout("site")) == {
        "by": "site",
        "validation": 0.15,
        "crossing": "refuse",
        "seed": 0,
        "allow_missing_classes": False,
    }
    given = {
        "validation": 0.25,
        "crossing": "leave_out",
        "seed": 4,
        "allow_missing_classes": True,
    }
    splitter = CovariateHoldout("site", **given)  # type: ignore[arg-type]
    assert vars(splitter) == {"by": "site", **given}

    partition = splitter.partition(cohort, ("s2",))

    assert dict(partition.settings) == {"by": "site", **given, "test": ["s2"]}
    assert partition.method == "CovariateHoldout"
    assert (partition.n_rows, partition.cohort_fingerprint) == (len(cohort), cohort.fingerprint)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"validation": -0.01}, r"`validation` must lie in \[0, 1\)"),
        ({"validation": 1}, r"`validation` must lie in \[0, 1\)"),
        ({"validation": 0.0005}, "`validation` must be 0 or at least"),
        ({"seed": -1}, "`seed` must be a whole number >= 0"),
        ({"crossing": "cut"}, "`crossing` must be one of 'refuse', 'hold_out', 'leave_out'"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings: dict[str, Any], match: str) -> None:
    """The setting, what it may be, and what came."""
    with pytest.raises(InvalidInputError, match=match):
        CovariateHoldout("site", **settings)


def test_values_not_found_are_listed_with_those_there_are() -> None:
    """Twenty of the values are listed, and the nearest to the first that is none of them."""
    cohort = Cohort(
        images=[f"{row}" for row in range(44)],
        labels=["s", "w"] * 22,
        patients=[f"p{row}" for row in range(44)],
        positive="s",
        covariates={"room": [f"room {row % 22:02}" for row in range(44)]},
    )
    with pytest.raises(InvalidInputError) as caught:
        CovariateHoldout("room").partition(cohort, ["room 03", "rom 05", "zzz"])
    text = str(caught.value)
    assert text.startswith("`test` must name some, not all, of the values of 'room', 'room 00', ")
    assert "'room 19' and 2 more; got ['room 03', 'rom 05', 'zzz']. Did you mean 'room 0" in text
    with pytest.raises(InvalidInputError, match=r"got \[\]\.$"):
        CovariateHoldout("room").partition(cohort, [])
    splitter = CovariateHoldout("room", validation=0)
    twice = splitter.partition(cohort, ["room 03", "room 04", "room 03"])
    assert twice.test.tolist() == [3, 4, 25, 26]


def test_the_validation_share_is_one_of_the_whole_cohort() -> None:
    """Forty images, ten held out: a fifth of forty is eight of the thirty; 22 are trained on."""
    cohort = Cohort(
        images=[f"{row}" for row in range(40)],
        labels=["s", "w"] * 20,
        patients=[f"p{row}" for row in range(40)],
        positive="s",
        covariates={"site": ["x"] * 10 + ["y"] * 30},
    )
    partition = CovariateHoldout("site", validation=0.2).partition(cohort, ["x"])
    assert [len(rows) for rows in partition.parts().values()] == [22, 8, 10]
    with pytest.raises(InvalidInputError, match=r"validation=0\.75 .* the 30 of 40 images"):
        CovariateHoldout("site", validation=0.75).partition(cohort, ["x"])
    none = CovariateHoldout("site", validation=0).partition(cohort, ["x"])
    assert (none.validation.shape, none.validation.dtype) == ((0,), np.int64)
    seeds = {
        tuple(
            CovariateHoldout("site", validation=0.2, seed=seed)
            .partition(cohort, ["x"])
            .validation.tolist()
        )
        for seed in range(4)
    }
    assert len(seeds) == 4


def test_everybody_crossing_leaves_nothing_to_train_on() -> None:
    """One patient in both years: nobody is left, and that is said of the train part."""
    cohort = Cohort(
        images=list("abcd"),
        labels=list("swsw"),
        patients=list("pppp"),
        positive="s",
        covariates={"year": [2019, 2019, 2020, 2020]},
    )
    splitter = CovariateHoldout("year", validation=0, crossing="leave_out")
    with pytest.raises(ImpossibleSplitError, match=r"its train part has no image of \['w', 's'\]"):
        splitter.partition(cohort, [2020])
    asked = CovariateHoldout("year", crossing="leave_out")
    with pytest.raises(InvalidInputError, match="of the 0 of 4 images that are left"):
        asked.partition(cohort, [2020])


def test_patients_on_both_sides_are_counted_and_named_once() -> None:
    """Patients b and c, of three images each, are outside and inside the year."""
    cohort = Cohort(
        images=[f"{row}" for row in range(10)],
        labels=["s", "w"] * 5,
        patients=list("aabbbcccdd"),
        positive="s",
        covariates={"year": [1, 1, 1, 1, 2, 2, 1, 1, 2, 2]},
    )
    with pytest.raises(InvalidInputError) as caught:
        CovariateHoldout("year", validation=0).partition(cohort, [2])
    assert str(caught.value).startswith(
        "2 patients have images both inside and outside ['2'] of 'year': 'b', 'c'. Pass"
    )
    cut = CovariateHoldout("year", validation=0, crossing="leave_out").partition(cohort, [2])
    assert cut.settings["rows_left_out"] == 4
    assert (cut.train.tolist(), cut.test.tolist()) == ([0, 1], [4, 5, 8, 9])


def test_parts_without_a_class_are_recorded_by_name() -> None:
    """No part is left with both classes: train lacks w, validation has both, test lacks s."""
    cohort = Cohort(
        images=list("abcdef"),
        labels=["s", "s", "s", "s", "w", "w"],
        patients=list("abcdef"),
        positive="s",
        covariates={"site": list("xxxxyy")},
    )
    splitter = CovariateHoldout("site", validation=0.3, allow_missing_classes=True)
    assert splitter.partition(cohort, ["y"]).settings["missing_classes"] == {
        "train": ["w"],
        "validation": ["w"],
        "test": ["s"],
    }
    made = CovariateHoldout("site", validation=0, allow_missing_classes=True)
    assert [one.settings["test"] for one in made.partitions(cohort)] == [["x"], ["y"]]


def test_the_draw_of_the_validation_part_is_given_its_settings(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed and leave; the stream has its own name; a part of all that is left is their share."""
    seen: list[dict[str, Any]] = []
    draw = Units.draw

    def spied(units: Units, shares: list[float], **settings: Any) -> Any:
        seen.append({"shares": shares, "classes": list(units.classes), **settings})
        return draw(units, shares, **settings)

    monkeypatch.setattr(Units, "draw", spied)
    splitter = CovariateHoldout("site", validation=0.1, seed=6, allow_missing_classes=True)
    partition = splitter.partition(cohort, ["s1"])

    share = 0.1 * len(cohort) / (len(cohort) - len(partition.test))
    assert seen == [
        {
            "shares": pytest.approx([1 - share, share]),
            "classes": list(cohort.classes),
            "seed": 6,
            "purpose": ["covariate", "validation"],
            "allow_missing_classes": True,
        }
    ]
