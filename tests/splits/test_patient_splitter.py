"""Tests of what the splitters of patients share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens._seeding import generator
from prevalens.cohorts import Cohort
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.splits import (
    ImageHoldout,
    ImageKFold,
    Partition,
    PatientHoldout,
    PatientKFold,
    RepeatedPatientHoldout,
    RepeatedPatientKFold,
)
from prevalens.splits.patient_splitter import PatientSplitter, check_rows, seed_of_repeat
from prevalens.splits.units import Units


def test_strata_is_no_single_text() -> None:
    """A text would be read letter by letter."""
    with pytest.raises(InvalidInputError, match=r"Write strata=\('site',\)"):
        PatientKFold(strata="site")


def test_strata_name_columns_of_a_data_frame_or_a_dict() -> None:
    """A stratum is found in `X`, and each fold gets its half of each level."""
    site = np.repeat(["a", "b"], 4)
    labels = np.tile([0, 1], 4)
    patients = np.arange(8)
    splitter = PatientKFold(2, strata=("site", ("label", "site")))
    for table in (pd.DataFrame({"site": site}), {"site": site}):
        for _, test in splitter.split(table, labels, patients):
            assert sorted(zip(labels[test], site[test], strict=True)) == [
                (0, "a"),
                (0, "b"),
                (1, "a"),
                (1, "b"),
            ]


def test_lookalike_patients_are_named_in_a_warning() -> None:
    """H3 and h3 stay two patients, and the user is told."""
    with pytest.warns(DataWarning, match="'H3', 'h3'"):
        next(PatientKFold(2).split(np.zeros(4), [0, 1, 0, 1], ["H3", "h3", "a", "b"]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("seed", -1), ("bins", 1), ("patient_weight", -0.1)],
)
def test_settings_out_of_range_are_refused_by_name(setting: str, value: float) -> None:
    """The error names the setting."""
    with pytest.raises(InvalidInputError, match=f"`{setting}`"):
        PatientHoldout(**{setting: value})


def test_x_may_be_left_out_but_not_be_of_other_length() -> None:
    """None says that labels and patients are all there is."""
    labels, patients = [0, 1, 0, 1], list("abcd")
    alone, beside = (next(PatientKFold(2).split(x, labels, patients)) for x in (None, labels))
    assert alone[1].tolist() == beside[1].tolist()
    with pytest.raises(InvalidInputError, match="`X` has 3, `y` and `groups` have 4"):
        next(PatientKFold(2).split([1, 2, 3], labels, patients))


SHARED = {
    "seed": 0,
    "strata": (),
    "bins": 4,
    "balance": "counts",
    "patient_weight": 0.005,
    "allow_missing_classes": False,
}
CHANGED = {
    "seed": 3,
    "strata": ("site",),
    "bins": 2,
    "balance": "prevalence",
    "patient_weight": 1.5,
    "tolerance": 0.25,
    "allow_missing_classes": True,
}
SHARES = {"validation": 0.15, "test": 0.15}
SPLITTERS: list[tuple[type, dict[str, Any]]] = [
    (PatientHoldout, {**SHARES, **SHARED, "tolerance": 0.0}),
    (PatientKFold, {"n_splits": 5, **SHARED, "tolerance": 0.0}),
    (RepeatedPatientHoldout, {"n_repeats": 10, **SHARES, **SHARED, "tolerance": 0.02}),
    (RepeatedPatientKFold, {"n_splits": 5, "n_repeats": 10, **SHARED, "tolerance": 0.02}),
    (ImageHoldout, {**SHARES, "seed": 0}),
    (ImageKFold, {"n_splits": 5, "seed": 0}),
]


@pytest.mark.parametrize(("splitter", "defaults"), SPLITTERS)
def test_settings_are_kept_under_their_names(splitter: type, defaults: dict[str, Any]) -> None:
    """Left out they are what the documentation says; given they are what was given."""
    changed = {**CHANGED, "validation": 0.1, "test": 0.25, "n_splits": 3, "n_repeats": 2}
    given = {name: changed[name] for name in defaults}

    assert vars(splitter()) == defaults
    assert vars(splitter(**given)) == given


@pytest.mark.parametrize(
    ("splitter", "given"),
    [
        (RepeatedPatientHoldout, {**CHANGED, "validation": 0.1, "test": 0.25}),
        (RepeatedPatientKFold, {**CHANGED, "n_splits": 3}),
    ],
)
def test_a_repeat_has_every_setting_but_the_seed(splitter: type, given: dict[str, Any]) -> None:
    """What the repeated splitter was given its repeats are given; their seeds all differ."""
    repeats = [vars(splitter(n_repeats=4, **given)._repeat(repeat)) for repeat in range(4)]

    assert [{**repeat, "seed": 3} for repeat in repeats] == [given] * 4
    assert len({repeat["seed"] for repeat in repeats}) == 4


LIMITS = [
    ("validation", 0, -0.001),
    ("validation", 0.001, 0.0009),
    ("test", 0, -0.001),
    ("test", 0.001, 0.0009),
    ("seed", 0, -1),
    ("bins", 2, 1),
    ("patient_weight", 0, -0.001),
    ("patient_weight", 1e6, 1_000_001),
    ("tolerance", 0, -0.001),
    ("tolerance", 1, 1.001),
    ("n_splits", 2, 1),
    ("n_repeats", 1, 0),
]


@pytest.mark.parametrize(("splitter", "defaults"), SPLITTERS)
def test_limits_are_taken_and_what_is_beyond_is_refused_by_name(
    splitter: type, defaults: dict[str, Any]
) -> None:
    """Every setting of every splitter, at its limits and next to them."""
    for name, limit, off in LIMITS:
        if name in defaults:
            assert vars(splitter(**{name: limit}))[name] == limit
            with pytest.raises(InvalidInputError, match=f"`{name}` must"):
                splitter(**{name: off})
    for name in sorted(SHARES & defaults.keys()):
        with pytest.raises(InvalidInputError, match=rf"`{name}` must lie in \[0, 1\), got 1\."):
            splitter(**{name: 1})
        other = min(SHARES.keys() - {name})
        assert vars(splitter(**{name: 0.998, other: 0.001}))[name] == 0.998
        with pytest.raises(InvalidInputError, match="`validation` and `test` are both 0"):
            splitter(validation=0, test=0)


def test_what_is_lacking_is_named_with_what_may_be_meant() -> None:
    """Without patients one may want images split; without labels nobody can help."""
    with pytest.raises(
        InvalidInputError,
        match=r"^PatientKFold needs `groups`, the patient of each row, got None\. "
        r"Pass `groups`; to split images alone, use ImageKFold\.$",
    ):
        next(PatientKFold(2).split(None, [0, 1]))
    with pytest.raises(
        InvalidInputError,
        match=r"^PatientHoldout needs `y`, the class of each row, got None\. Pass `y`\.$",
    ):
        next(PatientHoldout(validation=0).split(None, None, [0, 1]))


@pytest.mark.filterwarnings("ignore::prevalens.exceptions.LeakageWarning")
@pytest.mark.parametrize("splitter", [PatientHoldout, ImageHoldout])
@pytest.mark.parametrize("empty", ["validation", "test"])
def test_a_part_without_a_share_is_empty_rows(cohort: Cohort, splitter: type, empty: str) -> None:
    """No rows, but of the type that rows have: the part indexes a cohort like any other."""
    partition = splitter(**{empty: 0}).partition(cohort)

    assert (partition.parts()[empty].shape, partition.parts()[empty].dtype) == ((0,), np.int64)
    assert sum(map(len, partition.parts().values())) == len(cohort)


def record_of(partition: Partition, *more: str) -> dict[str, Any]:
    """Return the settings, without those named."""
    return {name: value for name, value in partition.settings.items() if name not in more}


@pytest.mark.filterwarnings("ignore:The stratum")
def test_a_partition_records_every_setting(cohort: Cohort) -> None:
    """Strata as lists, as JSON has them; the fold and its validation share beside them."""
    given = {**CHANGED, "strata": ("site", ("label", "site"))}
    wanted = {**CHANGED, "strata": ["site", ["label", "site"]]}

    holdout = PatientHoldout(validation=0.1, test=0.2, **given).partition(cohort)
    assert record_of(holdout) == {**wanted, "validation": 0.1, "test": 0.2}
    second = list(PatientKFold(2, **given).partitions(cohort, validation=0.2))[1]
    assert record_of(second) == {**wanted, "n_splits": 2, "fold": 1, "validation": 0.2}
    plain = next(PatientKFold(2, **given).partitions(cohort))
    assert record_of(plain) == {**wanted, "n_splits": 2, "fold": 0, "validation": 0.0}
    repeated = list(RepeatedPatientHoldout(2, **given).partitions(cohort))[1]
    assert record_of(repeated, "seed") == {
        **{name: value for name, value in wanted.items() if name != "seed"},
        **SHARES,
        "repeat": 1,
        "repeated_seed": 3,
    }
    folds = RepeatedPatientKFold(2, n_repeats=2, **given).partitions(cohort, validation=0.2)
    last = list(folds)[3]
    assert record_of(last, "seed") == {
        **{name: value for name, value in wanted.items() if name != "seed"},
        "n_splits": 2,
        "fold": 1,
        "validation": 0.2,
        "repeat": 1,
        "repeated_seed": 3,
    }
    for made in (holdout, second, plain, repeated, last):
        assert (made.n_rows, made.cohort_fingerprint) == (len(cohort), cohort.fingerprint)
    assert [holdout.method, second.method] == ["PatientHoldout", "PatientKFold"]
    assert repeated.method == "PatientHoldout"


@pytest.mark.filterwarnings("ignore:The stratum")
def test_settings_reach_the_draw(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds and holdout hand weight, tolerance, seed and leave on, and read bins and strata."""
    drawn: list[dict[str, Any]] = []
    read: list[dict[str, Any]] = []
    draw, of = Units.draw, Units.of

    def spied(units: Units, shares: Sequence[float], **settings: Any) -> Any:
        drawn.append({"shares": list(shares), **settings})
        return draw(units, shares, **settings)

    def counted(labels: Any, patients: Any, **settings: Any) -> Units:
        read.append(settings)
        return of(labels, patients, **settings)

    monkeypatch.setattr(Units, "draw", spied)
    monkeypatch.setattr(Units, "of", counted)
    table = {"site": cohort.covariate("site")}
    PatientHoldout(validation=0.1, test=0.2, **CHANGED).partition(cohort)
    next(PatientKFold(4, **CHANGED).partitions(cohort, validation=0.15))
    next(PatientKFold(4, **CHANGED).split(table, cohort.labels, cohort.patients))

    kept = {name: CHANGED[name] for name in CHANGED if name not in {"strata", "bins"}}
    assert [one["shares"] for one in drawn] == [
        pytest.approx([0.7, 0.1, 0.2]),
        [0.25] * 4,
        pytest.approx([0.8, 0.2]),  # 15 % of all is 20 % of three quarters
        [0.25] * 4,
    ]
    assert [tuple(one["purpose"]) for one in drawn] == [
        ("holdout",),
        ("folds",),
        ("validation", 0),
        ("folds",),
    ]
    for one in drawn:
        settings = {name: one[name] for name in one if name not in {"shares", "purpose"}}
        assert settings == kept
    assert [(one["strata"], one["bins"]) for one in read] == [(("site",), 2)] * 3
    assert all("site" in one["columns"] for one in read)


def test_missing_classes_are_recorded_part_by_part() -> None:
    """One sick patient of five: whichever part holds it, the others are said to lack sick."""
    made = Cohort(images=list("abcde"), labels=["s", *"wwww"], patients=list("abcde"), positive="s")
    for partition in PatientKFold(2, allow_missing_classes=True).partitions(made):
        lacking = {
            name: [label for label in "sw" if label not in made.label_names[rows].tolist()]
            for name, rows in partition.parts().items()
            if len(rows)
        }
        assert partition.settings["missing_classes"] == {
            name: classes for name, classes in lacking.items() if classes
        }


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"site": list("abab")}),
        {"site": list("abab")},
        {"site": np.array([[1], [2], [1], [2]])},
        np.zeros((4, 2)),
        np.zeros((4, 0)),
        [[1], [2], [3], [4]],
        None,
    ],
)
def test_x_has_one_entry_a_row_in_whatever_form(table: Any) -> None:
    """Frames, dicts of columns, arrays and lists of four rows pass; five are refused."""
    check_rows(table, 4)
    if table is not None:
        with pytest.raises(
            InvalidInputError, match=r"^One entry per row: `X` has 4, `y` and `groups` have 5"
        ):
            check_rows(table, 5)


def test_a_table_of_no_columns_has_no_rows() -> None:
    """An empty dict fits no rows alone."""
    check_rows({}, 0)
    with pytest.raises(InvalidInputError, match="`X` has 0, `y` and `groups` have 4"):
        check_rows({}, 4)


def test_an_x_without_names_has_no_stratum() -> None:
    """An array names no columns, so a stratum is not found; without strata none is sought."""
    labels, patients = [0, 1, 0, 1], list("abcd")
    with pytest.raises(InvalidInputError, match=r"names 'site', but the columns are \[\]"):
        next(PatientKFold(2, strata=["site"]).split(np.zeros((4, 1)), labels, patients))
    frame = pd.DataFrame({7: [1, 1, 2, 2]})
    for _, test in PatientKFold(2, strata=["7"]).split(frame, labels, patients):
        assert sorted(frame[7].iloc[test]) == [1, 2]


@pytest.mark.parametrize(
    "splitter",
    [RepeatedPatientHoldout(2, validation=0, test=0.5), RepeatedPatientKFold(2, n_repeats=2)],
)
def test_repeats_are_given_the_columns_that_strata_name(splitter: PatientSplitter) -> None:
    """Both levels of the site are in every part, and an `X` of other length is refused."""
    site, labels, patients = np.repeat(["a", "b"], 4), [0, 1] * 4, list("abcdefgh")
    splitter.strata = ("site",)
    for train, test in splitter.split({"site": site}, labels, patients):
        assert sorted(site[train]) == sorted(site[test]) == list("aabb")
    splitter.strata = ()
    with pytest.raises(InvalidInputError, match="`X` has 8, `y` and `groups` have 7"):
        next(splitter.split(site, labels[1:], patients[1:]))


def test_seeds_of_repeats_are_the_top_half_of_the_raw_stream() -> None:
    """Below 2**32, which scikit-learn takes too; another for each seed and repeat."""
    seeds = {(seed, repeat): seed_of_repeat(seed, repeat) for seed in (0, 1) for repeat in (0, 1)}

    for (seed, repeat), found in seeds.items():
        raw = int(generator(seed, "repeat", repeat).bit_generator.random_raw())
        assert found == raw // 2**32
    assert len(set(seeds.values())) == 4
