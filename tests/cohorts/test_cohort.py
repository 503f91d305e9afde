"""The cohort: frozen, checked, comparable."""

import copy
import dataclasses
import math
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.cohorts import Cohort
from prevalens.exceptions import DataWarning, InvalidInputError


def make(**columns: Any) -> Cohort:
    """Make a good cohort of three rows with some arguments replaced."""
    good: dict[str, Any] = {
        "images": ["a.png", "b.png", "c.png"],
        "labels": ["well", "sick", "well"],
        "patients": ["p", "q", "q"],
        "positive": "sick",
        "covariates": {"site": ["north", "south", "south"], "age": [50.0, 60.0, math.nan]},
        "root": Path("data"),
    }
    return Cohort(**{**good, **columns})


def test_columns_are_coded_with_the_positive_class_last() -> None:
    """Classes are sorted with the positive one last, so that it is label 1 of two."""
    cohort = make()

    assert cohort.classes == ("well", "sick")
    assert cohort.labels.tolist() == [0, 1, 0]
    assert cohort.label_names.tolist() == ["well", "sick", "well"]
    assert cohort.is_positive.tolist() == [False, True, False]
    assert (len(cohort), cohort.n_patients) == (3, 2)
    assert cohort.path(1) == Path("data/b.png")
    assert repr(cohort) == "Cohort(3 images of 2 patients: well 2, sick 1)"


def test_a_cohort_cannot_be_changed() -> None:
    """Neither a field nor a value of a column can be set."""
    cohort = make()

    with pytest.raises(dataclasses.FrozenInstanceError):
        cohort.positive = "well"  # type: ignore[misc]
    for column in (cohort.images, cohort.labels, cohort.patients, cohort.covariate("age")):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]


def test_the_arrays_given_stay_the_callers() -> None:
    """Changing an array afterwards does not change the cohort, nor is the array frozen."""
    labels, ages = np.array(["well", "sick", "well"]), np.array([1.0, 2.0, 3.0])
    cohort = make(labels=labels, covariates={"age": ages})
    labels[0], ages[0] = "sick", 9.0

    assert cohort.label_names[0] == "well"
    assert cohort.covariate("age")[0] == 1.0


def test_labels_may_be_numbers_into_the_classes() -> None:
    """0 is the first class; a number outside is refused."""
    assert make(labels=[1, 0, 1], classes=("sick", "well")).label_names[0] == "well"
    with pytest.raises(InvalidInputError, match=r"index into the 2 `classes`, but 2 came"):
        make(labels=[1, 2, 1], classes=("sick", "well"))


def test_whole_floats_are_whole_ids() -> None:
    """A table with an empty cell turns ids into floats; 61.0 is patient 61."""
    assert make(patients=np.array([61.0, 62.0, 61.0])).patients.tolist() == ["61", "62", "61"]


@pytest.mark.parametrize("missing", [None, math.nan, "", "  ", np.float64("nan")])
@pytest.mark.parametrize(
    ("column", "name"), [("labels", "label"), ("patients", "patient"), ("images", "image")]
)
def test_missing_values_are_named_by_row(column: str, name: str, missing: object) -> None:
    """None, nan and empty texts are no label, patient or image."""
    with pytest.raises(
        InvalidInputError, match=rf"needs its {name}.*, but 1 of 3 have none: rows 1 "
    ):
        make(**{column: ["x", missing, "sick"]})


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"patients": ["p", "q"]}, "`images` has 3, `labels` has 3, `patients` has 2"),
        ({"covariates": {"age": [1]}}, "`age` has 1"),
        ({"positive": "sik"}, "got 'sik'. Did you mean 'sick'?"),
        ({"labels": ["sick"] * 3}, "at least two different classes, got ['sick']"),
        ({"classes": ("ill", "sick")}, "but 'well' came"),
        ({"images": ["a.png", "b.png", "a.png"]}, "1 are listed more than once: 'a.png'"),
    ],
)
def test_broken_columns_are_refused_with_their_values(columns: dict[str, Any], reason: str) -> None:
    """Lengths, classes and repeated images: the rule and what came."""
    with pytest.raises(InvalidInputError) as caught:
        make(**columns)
    assert reason in str(caught.value)


@pytest.mark.parametrize(("one", "other"), [("H3", "h3"), ("p 1", "p1"), ("7", "007")])
def test_ids_that_differ_by_case_or_white_space_are_named(one: str, other: str) -> None:
    """Both spellings are in the warning; they stay two patients."""
    with pytest.warns(DataWarning, match="case, white space or leading zeros") as caught:
        cohort = make(patients=[one, other, "q"])

    assert repr(one) in str(caught[0].message)
    assert repr(other) in str(caught[0].message)
    assert caught[0].filename == __file__
    assert cohort.n_patients == 3


def test_the_fingerprint_sees_every_column_but_not_the_root() -> None:
    """A change of any column changes it; moving the folder does not."""
    cohort = make()
    changes: list[dict[str, Any]] = [
        {"images": ["a.png", "b.png", "d.png"]},
        {"labels": ["well", "sick", "sick"]},
        {"patients": ["p", "q", "r"]},
        {"positive": "well"},
        {"covariates": {"site": ["north", "south", "north"], "age": [50.0, 60.0, math.nan]}},
        {"covariates": {}},
    ]

    assert cohort == make(root=Path("elsewhere"))
    assert hash(cohort) == hash(make(root=Path("elsewhere")))
    assert len({cohort.fingerprint, *(make(**change).fingerprint for change in changes)}) == 7
    assert cohort != "a cohort"


@given(rows=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
def test_taken_rows_keep_their_columns(rows: list[int]) -> None:
    """Every column of the rows taken, in their order, and the classes as they were."""
    cohort = make()
    taken = cohort.take(rows)

    assert taken.images.tolist() == [cohort.images[row] for row in rows]
    assert taken.label_names.tolist() == [cohort.label_names[row] for row in rows]
    assert taken.covariate("site").tolist() == [cohort.covariate("site")[row] for row in rows]
    assert taken.classes == cohort.classes


def test_an_unknown_covariate_gets_the_nearest_name() -> None:
    """The names there are, and the nearest."""
    with pytest.raises(InvalidInputError, match=r"\['age', 'site'\].*Did you mean 'site'"):
        make().covariate("sit")


def test_where_keeps_rows_that_meet_every_condition() -> None:
    """By label, patient, covariate, any of several values, and a mask."""
    cohort = make()

    assert cohort.where(label="well").images.tolist() == ["a.png", "c.png"]
    assert cohort.where(patient=["p", "z"]).images.tolist() == ["a.png"]
    assert cohort.where(site="south", label="sick").images.tolist() == ["b.png"]
    assert cohort.where(cohort.covariate("age") > 55).images.tolist() == ["b.png"]
    assert cohort.where(age=50).images.tolist() == ["a.png"]


def test_where_refuses_what_it_cannot_answer() -> None:
    """No row left, an unknown name, a mask of another length."""
    with pytest.raises(
        InvalidInputError, match="No rows match site='west'; site holds 'north', 'south'"
    ):
        make().where(site="west")
    with pytest.raises(InvalidInputError, match="no covariate 'sight'"):
        make().where(sight="north")
    with pytest.raises(InvalidInputError, match="each of the 3 rows, got 2 values"):
        make().where([True, False])


def test_patients_join_by_connected_components(cohort: Cohort) -> None:
    """p0-p1 and p1-p2 chain to one patient; the others stay."""
    joined = cohort.join_patients([("p0", "p1"), ("p2", "p1")])

    assert joined.n_patients == cohort.n_patients - 2
    assert set(joined.patients[np.isin(cohort.patients, ["p0", "p1", "p2"])]) == {"p0+p1+p2"}
    assert joined.images.tolist() == cohort.images.tolist()


def test_joining_an_unknown_patient_is_refused(cohort: Cohort) -> None:
    """The id that came and the nearest one are in the text."""
    with pytest.raises(InvalidInputError, match=r"'q3' are none\. Did you mean 'p3'"):
        cohort.join_patients([("p0", "q3")])


def test_concat_puts_one_cohort_after_the_other() -> None:
    """Rows, patients and covariates follow; a shared id is one patient."""
    first, second = make(), make(images=["d.png", "e.png", "f.png"], patients=["q", "r", "r"])
    both = first.concat(second)

    assert both.images.tolist() == ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"]
    assert both.n_patients == 3
    assert both.covariate("site").tolist() == ["north", "south", "south"] * 2
    assert both.root == Path("data")


def test_concat_of_two_folders_starts_from_the_one_above(tmp_path: Path) -> None:
    """Files stay where they were; paths start from the common folder."""
    first, second = make(root=tmp_path / "x"), make(root=tmp_path / "y" / "z")
    both = first.concat(second)

    assert both.root == tmp_path
    assert both.images.tolist()[2:4] == ["x/c.png", "y/z/a.png"]
    assert both.path(3) == second.path(0)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"positive": "well"}, "agree on `classes`"),
        ({"positive": "well", "classes": ("well", "sick")}, "agree on `positive`"),
        ({"covariates": {"site": ["a", "b", "c"]}}, r"only one has \['age'\]"),
        ({}, "listed more than once"),
    ],
)
def test_concat_refuses_cohorts_that_do_not_fit(columns: dict[str, Any], reason: str) -> None:
    """Other classes, another positive class, other covariates, the same image."""
    with pytest.raises(InvalidInputError, match=reason):
        make(classes=("well", "sick")).concat(make(**columns))


def test_an_id_that_numpy_would_cut_is_refused() -> None:
    """'p1' and 'p1' with NUL behind would become one patient."""
    with pytest.raises(InvalidInputError, match=r"holds NUL.*rows 1 "):
        Cohort(images=["a", "b"], labels=["x", "y"], patients=["p1", "p1\0"], positive="x")


def test_the_same_cells_make_the_same_cohort_whatever_they_came_in() -> None:
    """Blanks, bytes, masks, series and floats: one fingerprint."""
    made = make(patients=["2", "3", "3"])
    for columns in (
        {"images": np.array([[b"a.png"], [b"./b.png"], [b".\\c.png"]])},
        {"labels": np.array(["well ", " sick", "well"], dtype=object)},
        {"labels": [0, 1, 0], "classes": ("well", "sick")},
        {"patients": np.array([2.0, 3.0, 3.0], dtype=np.float32)},
        {"patients": ["2.0", "3 ", " 3"]},
        {"covariates": {"site": ["north", "south ", b"south"], "age": ["50", "60,0", "NA"]}},
        {
            "covariates": {
                "site": pd.Categorical(["north", "south", "south"]),
                "age": [50, 60, None],
            }
        },
        {"covariates": {"site": ["north", "south", "south"], "age": ["050Y", "060Y", ""]}},
        {"root": "elsewhere", "provenance": "another"},
    ):
        other = make(**{"patients": ["2", "3", "3"], **columns})
        assert other.fingerprint == made.fingerprint, columns
        assert other == made


def test_series_of_other_indexes_are_no_columns_of_one_table() -> None:
    """What pandas would align is not paired by position."""
    with pytest.raises(InvalidInputError, match="`labels` and `patients` have different pandas"):
        make(
            labels=pd.Series(["well", "sick", "well"]),
            patients=pd.Series(["p", "q", "q"], index=[2, 1, 0]),
        )


def test_independent_images_are_said_aloud() -> None:
    """None makes each image a patient of its own; repeated ids beside it are refused."""
    cohort = make(patients=None)

    assert cohort.independent
    assert (cohort.n_patients, cohort.patients.tolist()) == (3, ["a.png", "b.png", "c.png"])
    assert repr(cohort) == "Cohort(3 images independent: well 2, sick 1)"
    assert cohort.take([2, 0]).independent
    with pytest.raises(InvalidInputError, match="'patient_id' repeats ids"):
        Cohort(
            images=[f"{k}.png" for k in range(20)],
            labels=["a", "b"] * 10,
            patients=None,  # type: ignore[arg-type]
            positive="a",
            covariates={"patient_id": [f"p{k // 2}" for k in range(20)]},
        )
    with pytest.raises(InvalidInputError, match="agree on `independent`"):
        cohort.concat(make(images=["x", "y", "z"]))


def test_patients_are_numbered_once_in_their_order() -> None:
    """Codes follow the ids, also of rows taken from a cohort, and in a pickle."""
    cohort = make(patients=["10", "9", "10"])
    taken = cohort.take([2, 0])

    assert cohort.patient_codes.tolist() == [1, 0, 1]
    assert (taken.patient_codes.tolist(), taken.n_patients) == ([0, 0], 1)
    assert pickle.loads(pickle.dumps(cohort)) == cohort  # noqa: S301
    assert copy.deepcopy(cohort).patient_codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [([0, 0], "names 0 more than once"), ([3], "must lie in 0 to 2"), ([0.5], "got 0.5")],
)
def test_rows_that_are_none_are_refused(rows: list[float], message: str) -> None:
    """Twice the same, beyond the end, and fractions."""
    with pytest.raises(InvalidInputError, match=message):
        make().take(rows)


def test_a_mask_of_objects_takes_the_rows_it_marks() -> None:
    """As a merge of pandas leaves it."""
    mask = np.array([False, True, True], dtype=object)

    assert make().take(mask).images.tolist() == ["b.png", "c.png"]
    assert make().where(mask).images.tolist() == ["b.png", "c.png"]


def test_where_finds_values_as_they_are_written() -> None:
    """Numbers, texts of numbers, missing ones, several, and labels."""
    cohort = make()
    for values, kept in (
        ({"age": 50}, ["a.png"]),
        ({"age": "50"}, ["a.png"]),
        ({"age": None}, ["c.png"]),
        ({"age": [50, None]}, ["a.png", "c.png"]),
        ({"site": {"north", "west"}}, ["a.png"]),
        ({"patient": "q", "label": "well"}, ["c.png"]),
    ):
        assert cohort.where(**values).images.tolist() == kept
    with pytest.raises(InvalidInputError, match=r"match label='Sick'; label holds 'sick', 'well'"):
        cohort.where(label="Sick")


def three() -> Cohort:
    """Three classes, of which the first is positive."""
    return make(labels=["mel", "nv", "bcc"], positive="mel", classes=("mel", "nv", "bcc"))


def test_one_class_against_the_rest() -> None:
    """Two classes, the named one positive; of two classes the positive one changes."""
    cohort = three().one_vs_rest("bcc")

    assert (cohort.classes, cohort.positive) == (("not bcc", "bcc"), "bcc")
    assert cohort.is_positive.tolist() == [False, False, True]
    assert make().one_vs_rest("well").classes == ("sick", "well")
    assert make().one_vs_rest("well").is_positive.tolist() == [True, False, True]
    with pytest.raises(InvalidInputError, match=r"got 'bc'. Did you mean 'bcc'"):
        three().one_vs_rest("bc")


def test_classes_are_dropped_with_their_rows() -> None:
    """The others keep their order; the positive class and the last but one stay."""
    cohort = three().drop_classes(["nv"])

    assert (cohort.classes, cohort.images.tolist()) == (("mel", "bcc"), ["a.png", "c.png"])
    assert cohort.label_names.tolist() == ["mel", "bcc"]
    with pytest.raises(InvalidInputError, match="`positive` must be one of"):
        three().drop_classes("mel")
    with pytest.raises(InvalidInputError, match="at least two"):
        three().drop_classes(["nv", "bcc"])
    with pytest.raises(InvalidInputError, match="'nevus' came"):
        three().drop_classes("nevus")


def test_one_long_path_does_not_widen_the_others() -> None:
    """A path of 4,000 letters among thousands costs its own letters only."""
    paths = ["x" * 4000 + ".png", *(f"{k}.png" for k in range(5000))]
    cohort = Cohort(images=paths, labels=["a", "b"] * 2500 + ["a"], patients=paths, positive="a")

    assert cohort.images.nbytes + cohort.patients.nbytes < 100_000


def test_a_name_that_is_no_utf8_is_written_and_found(tmp_path: Path) -> None:
    """Latin-1 names from an old share: the record holds text, `path` the file."""
    raw = os.fsdecode(b"m\xe4.png")
    try:
        (tmp_path / raw).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no name that is not UTF-8")
    cohort = make(images=[raw, "b.png", "c%20.png"], root=tmp_path)

    assert cohort.images.tolist() == ["m%E4.png", "b.png", "c%20.png"]
    assert cohort.path(0).read_bytes() == b"x"
    assert cohort.path(2) == tmp_path / "c%20.png"
    assert len(cohort.fingerprint) == 64


def test_joined_and_taken_copies_stay_independent() -> None:
    """Two identical images are one, and it is still images that are spoken of; so of a part."""
    names = [f"{letter}.png" for letter in "abcdef"]
    whole = Cohort(images=names, labels=["sick", "well"] * 3, patients=None, positive="sick")
    joined = whole.join_patients([("a.png", "b.png")])
    for made in (joined, joined.take([0, 1, 4]), whole.take([5, 2])):
        again = dataclasses.replace(made, provenance="elsewhere")
        assert again.independent
        assert again.patients.tolist() == made.patients.tolist()
        assert again.patient_codes.tolist() == made.patient_codes.tolist()
        assert pickle.loads(pickle.dumps(again)).independent  # noqa: S301
        assert "independent" in repr(dataclasses.replace(again, provenance=""))
    assert joined.n_patients == 5
    told = dataclasses.replace(joined, patients=[*joined.patients])  # type: ignore[arg-type]
    assert not told.independent


def test_a_changed_copy_stays_independent(tmp_path: Path) -> None:
    """`dataclasses.replace` makes no patients of images that are none's."""
    cohort = Cohort(images=["a.png", "b.png"], labels=[0, 1], patients=None, classes=("n", "y"),
                    positive="y")  # fmt: skip
    changed = dataclasses.replace(cohort, root=tmp_path)

    assert changed.independent
    assert repr(changed) == repr(cohort)
    named = dataclasses.replace(cohort, patients=["p", "p"])
    assert not named.independent
    assert named.n_patients == 1


@pytest.mark.parametrize("positive", ["0", "1"])
def test_a_copy_keeps_classes_that_are_numbers(positive: str) -> None:
    """`dataclasses.replace` hands on codes, which are no names: 0 may be the code of class 1."""
    labels = ["0", "1", "1"]
    made = Cohort(
        images=["a", "b", "c"], labels=labels, patients=["p", "q", "r"], positive=positive
    )
    for cohort in (made, made.take([1, 2]), made.one_vs_rest(positive)):
        again = dataclasses.replace(cohort, provenance="elsewhere")
        names = [again.classes[code] for code in again.labels.tolist()]

        assert names == [cohort.classes[code] for code in cohort.labels.tolist()]
        assert again.is_positive.tolist() == cohort.is_positive.tolist()
    with pytest.raises(InvalidInputError, match="either names or indices"):
        dataclasses.replace(made, labels=[0, 1, 1], classes=("1", "0"))
