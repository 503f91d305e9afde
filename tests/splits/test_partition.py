"""Tests of the partition record."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError, LeakageWarning
from prevalens.splits import Partition, PatientHoldout
from prevalens.splits.partition import count_crossing
from prevalens.splits.partition_record import checksum_of
from prevalens.splits.precision_plan import plan_precision


def partition_of(**changes: object) -> Partition:
    """Make a partition of four rows, with changes."""
    values: dict[str, object] = {"train": [0, 1], "validation": [2], "test": [3], "n_rows": 4}
    return Partition(**{"cohort_fingerprint": "f", **values, **changes})  # type: ignore[arg-type]


def test_rows_are_sorted_and_frozen() -> None:
    """Rows come sorted, as int64, and cannot be written."""
    partition = partition_of(train=[1, 0])

    assert partition.train.tolist() == [0, 1]
    assert partition.train.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        partition.train[0] = 3


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"train": [0, 0]}, "`train` names a row twice"),
        ({"test": [1, 3]}, "these are in two: 1"),
        ({"test": [4]}, "`test` must lie in 0 to 3, got 4"),
        ({"train": [], "validation": [], "test": []}, "every part is empty"),
        ({"n_rows": 0}, "`n_rows`"),
        ({"train": [0.5, 1.0]}, r"`train` must be positions \(whole numbers\) or .*, got 0.5"),
        ({"train": [True, False]}, "`train` as a mask must be true or false for each of the 4"),
        ({"settings": {"seed": {1, 2}}}, "`settings` must be plain"),
        ({"patients_crossing": -1}, "`patients_crossing`"),
    ],
)
def test_rows_that_cannot_be_are_refused(changes: dict[str, object], match: str) -> None:
    """A row twice, in two parts, or outside the cohort is refused by its number."""
    with pytest.raises(InvalidInputError, match=match):
        partition_of(**changes)


def test_saving_and_loading_gives_the_same(cohort: Cohort, tmp_path: Path) -> None:
    """What `save` wrote, `load` reads, against the same cohort."""
    partition = PatientHoldout(seed=4).partition(cohort)
    partition.save(tmp_path / "p.json")

    assert Partition.load(tmp_path / "p.json", cohort=cohort).to_dict() == partition.to_dict()


def test_another_cohort_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    """The fingerprint tells a cohort of fewer rows."""
    PatientHoldout().partition(cohort).save(tmp_path / "p.json")

    with pytest.raises(InvalidInputError, match=r"another cohort.*split anew"):
        Partition.load(tmp_path / "p.json", cohort=cohort.take(range(40)))


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda text: text[:-40], "not whole JSON"),
        (lambda text: text.replace("prevalens partition", "other"), "no prevalens partition"),
        (lambda text: text.replace('"version": 1', '"version": 9'), "version 9"),
        (lambda text: text.replace('"method"', '"metod"'), "unknown field metod"),
        (lambda _: "[1, 2]", "no prevalens partition"),
        (lambda text: text.replace('"n_rows": 54', '"n_rows": 55'), "checksum does not fit"),
        (lambda text: text.replace('"seed": 0', '"seed": 7'), "checksum does not fit"),
    ],
)
def test_a_cut_or_edited_file_is_refused(
    cohort: Cohort, tmp_path: Path, edit: object, match: str
) -> None:
    """A file that `save` did not write so is named with what is wrong."""
    path = tmp_path / "p.json"
    PatientHoldout().partition(cohort).save(path)
    path.write_text(edit(path.read_text()))  # type: ignore[operator]

    with pytest.raises(InvalidInputError, match=match):
        Partition.load(path, cohort=cohort)


@pytest.mark.filterwarnings("ignore:The stratum")
def test_a_saved_partition_is_plain_json(cohort: Cohort, tmp_path: Path) -> None:
    """Any JSON reader gets the rows as lists."""
    partition = PatientHoldout(strata=("site",)).partition(cohort)
    partition.save(tmp_path / "p.json")
    record = json.loads((tmp_path / "p.json").read_text())

    assert record["test"] == partition.test.tolist()
    assert record["settings"]["strata"] == ["site"]


def test_content_that_is_no_partition_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    """Even with a checksum that fits, rows in two parts are not loaded."""
    record = PatientHoldout().partition(cohort).to_dict()
    record["test"] = record["train"]
    record["checksum"] = checksum_of(record)
    (tmp_path / "p.json").write_text(json.dumps(record))

    with pytest.raises(InvalidInputError, match=r"holds no partition: .*these are in two"):
        Partition.load(tmp_path / "p.json", cohort=cohort)


def test_equality_is_that_of_the_content(cohort: Cohort) -> None:
    """Two draws with one seed are equal, and have one hash; another seed is another partition."""
    first, again = (PatientHoldout(seed=1).partition(cohort) for _ in range(2))

    assert first == again
    assert hash(first) == hash(again)
    assert first != PatientHoldout(seed=2).partition(cohort)


def test_the_repr_is_one_line_of_sizes() -> None:
    """No array of rows is printed."""
    assert repr(partition_of()) == "Partition(train 2, validation 1, test 1 of 4 rows, by custom)"


def test_crossing_patients_are_counted() -> None:
    """Of patients a, b, c only b is in both parts."""
    patients = np.array(["a", "b", "b", "c"])

    assert count_crossing(patients, [np.array([0, 1]), np.array([2, 3])]) == 1


def test_a_row_outside_the_cohort_is_told_with_what_there_is() -> None:
    """At the number of rows or above; the first five of them."""
    with pytest.raises(InvalidInputError) as caught:
        partition_of(train=[0], test=[4, 5, 6, 7, 8, 3])
    assert str(caught.value) == ("`test` must lie in 0 to 3, got 4, 5, 6, 7, 8. Count rows from 0.")
    with pytest.raises(InvalidInputError, match="every part is empty"):
        partition_of(train=[], validation=[], test=[])
    alone = Partition([0], [], [], "f", 1)  # type: ignore[arg-type]
    assert (alone.method, dict(alone.settings), alone.patients_crossing) == ("custom", {}, None)
    assert partition_of(train=[], validation=[], test=[3]).parts()["train"].dtype == np.int64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train": [0, 1, 2, 3], "validation": [2, 1, 0, 3], "test": [], "n_rows": 4},
            "these are in two: 0, 1, 2, 3. Remove",
        ),
        ({"train": ["x", "y"]}, "or a mask (true or false), got 'x', 'y'. Give either"),
        ({"validation": [2.5]}, "(whole numbers) or a mask (true or false), got 2.5. Give either"),
        ({"test": [3, 3]}, "`test` names a row twice. Name"),
        ({"n_rows": 0}, "`n_rows` must be a whole number >= 1, got 0."),
        ({"n_rows": 4.0}, "`n_rows` must be a whole number >= 1, got 4.0."),
        ({"patients_crossing": -1}, "`patients_crossing` must be a whole number >= 0, got -1."),
        ({"settings": {"share": float("nan")}}, "texts and lists, got {'share': nan} ("),
    ],
)
def test_what_cannot_be_is_told_with_its_value(changes: dict[str, Any], message: str) -> None:
    """The field, what it must be, and what came."""
    with pytest.raises(InvalidInputError) as caught:
        partition_of(**changes)
    assert message in str(caught.value)


def test_fields_are_read_in_any_shape_and_type_that_holds_rows() -> None:
    """A column of unsigned numbers is rows; settings come back as JSON has them."""
    made = partition_of(
        train=np.array([[1], [0]], dtype=np.uint8),
        settings={"by": ("a", "b"), "deep": {"n": 1}},
        patients_crossing=2,
    )

    assert made.train.tolist() == [0, 1]
    assert dict(made.settings) == {"by": ["a", "b"], "deep": {"n": 1}}
    assert not made.validation.flags.writeable
    assert not made.test.flags.writeable
    with pytest.raises(TypeError):
        made.settings["seed"] = 1  # type: ignore[index]
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301
    assert copy == made
    assert copy.patients_crossing == 2


@pytest.mark.parametrize(
    "change",
    [
        {"train": [0], "validation": [1, 2]},
        {"test": []},
        {"n_rows": 5},
        {"method": "other"},
        {"settings": {"seed": 1}},
        {"patients_crossing": 1},
        {"cohort_fingerprint": "g"},
    ],
)
def test_every_field_makes_another_partition(change: dict[str, Any]) -> None:
    """A partition equals one of the same content alone, and nothing else."""
    assert partition_of() == partition_of()
    assert partition_of() != partition_of(**change)
    assert partition_of() != partition_of().to_dict()
    assert partition_of().to_dict()["checksum"] != partition_of(**change).to_dict()["checksum"]


def test_a_hash_tells_cohort_train_and_test_apart() -> None:
    """Partitions in a set are as many as there are different ones."""
    made = [
        partition_of(),
        partition_of(),
        partition_of(cohort_fingerprint="g"),
        partition_of(test=[]),
        partition_of(train=[0]),
    ]
    assert len(set(made)) == 4
    assert len({hash(one) for one in made}) == 4


def test_letters_of_every_alphabet_come_back(tmp_path: Path) -> None:
    """Settings and method in Greek and German, written and read the same."""
    cohort = Cohort(images=list("ab"), labels=list("sw"), patients=list("pq"), positive="s")
    made = Partition(
        train=[0],  # type: ignore[arg-type]
        validation=[],  # type: ignore[arg-type]
        test=[1],  # type: ignore[arg-type]
        cohort_fingerprint=cohort.fingerprint,
        n_rows=2,
        method="Größe",
        settings={"ώ": "ß"},
        patients_crossing=1,
    )
    made.save(tmp_path / "p.json")

    loaded = Partition.load(tmp_path / "p.json", cohort=cohort)
    assert loaded == made
    assert (loaded.method, loaded.patients_crossing) == ("Größe", 1)


def test_whose_cohort_it_is_is_told_by_both_fingerprints(cohort: Cohort, tmp_path: Path) -> None:
    """The first twelve letters of each; the file where it was read, else the partition."""
    other = cohort.take(range(40))
    partition = PatientHoldout().partition(cohort)
    path = tmp_path / "p.json"
    partition.save(path)
    said = (
        f" was drawn on another cohort (fingerprint {cohort.fingerprint[:12]}..., this one has "
        f"{other.fingerprint[:12]}...). Load the cohort it was drawn on, or split anew."
    )
    with pytest.raises(InvalidInputError) as caught:
        Partition.load(path, cohort=other)
    assert str(caught.value) == f"{path}{said}"
    with pytest.raises(InvalidInputError) as caught:
        partition.check_cohort(other)
    assert str(caught.value) == f"This partition{said}"
    partition.check_cohort(cohort)


def test_describing_hands_every_assumption_on(cohort: Cohort) -> None:
    """The plan is that of the same rows and assumptions; left out, they are the documented ones."""
    partition = PatientHoldout(seed=2).partition(cohort)
    given = {"sensitivity": 0.7, "specificity": 0.8, "correlation": 0.4, "confidence_level": 0.9}
    documented = {
        "sensitivity": 0.9,
        "specificity": 0.9,
        "correlation": 0.2,
        "confidence_level": 0.95,
    }

    parts = partition.parts()
    assert partition.describe(cohort, **given) == plan_precision(cohort, parts, **given)
    assert partition.describe(cohort) == plan_precision(cohort, parts, **documented)
    assert plan_precision(cohort, parts) == plan_precision(cohort, parts, **documented)


def test_crossing_patients_of_three_parts_are_counted_once() -> None:
    """Patient a is in all three parts, b twice in one, c in two: two cross."""
    patients = np.array(list("abacabc"))
    parts = [np.array([0, 1, 5]), np.array([2, 3]), np.array([4, 6])]

    assert count_crossing(patients, parts) == 2
    assert count_crossing(patients, [np.arange(7)]) == 0


def read(part: list[str], patients: list[str]) -> Cohort:
    """Make a cohort whose table names a part for each row."""
    return Cohort(
        images=[f"{row}.png" for row in range(len(part))],
        labels=["s", "w"] * (len(part) // 2),
        patients=patients,
        positive="s",
        covariates={"part": part},
    )


def test_a_published_split_is_taken_by_its_column_and_its_patients_counted() -> None:
    """Both patients stand in both parts: said in a sentence, and kept in the record."""
    cohort = read(["Train", "valid ", "train", "valid"], ["p", "p", "q", "q"])

    with pytest.warns(LeakageWarning, match="All 2 patients have images in more than one part"):
        made = Partition.of(cohort, column="part")

    assert (made.train.tolist(), made.validation.tolist(), made.test.tolist()) == (
        [0, 2],
        [1, 3],
        [],
    )
    assert (made.patients_crossing, made.method) == (2, "column 'part'")
    made.check_cohort(cohort)


def test_rows_or_masks_of_a_split_made_elsewhere_are_taken() -> None:
    """Whole patients cross nowhere: 0, counted; one of two is told in the singular."""
    cohort = read(["a"] * 4, ["p", "p", "q", "q"])

    made = Partition.of(cohort, train=[0, 1], test=np.array([False, False, True, True]))
    assert (made.train.tolist(), made.test.tolist(), made.patients_crossing) == ([0, 1], [2, 3], 0)
    with pytest.warns(LeakageWarning, match="1 of 2 patients has images"):
        assert Partition.of(cohort, train=[0], test=[1, 2, 3]).patients_crossing == 1
    with pytest.raises(InvalidInputError, match=r"`train` as a mask .* each of the 4 rows, got 2"):
        Partition.of(cohort, train=[True, False])
    with pytest.raises(InvalidInputError, match="by `column` or by rows"):
        Partition.of(cohort, train=[0], column="part")
    with pytest.raises(InvalidInputError, match=r"column 'part' must name parts.* but holds 'a'"):
        Partition.of(cohort, column="part")


@pytest.mark.parametrize(
    "train",
    [
        np.array([True, True, False, False], dtype=object),
        pd.Series([True, True, False, False], dtype="boolean"),
        np.array([0.0, 1.0]),
        pd.Series([0, 1], index=[7, 8]),
        (True, True, False, False),
    ],
    ids=["objects", "nullable", "floats", "series", "tuple"],
)
def test_rows_and_masks_of_every_type_mean_the_same(train: Any) -> None:
    """What `Cohort.take` takes, a partition takes."""
    cohort = read(["a"] * 4, ["p", "p", "q", "q"])

    assert Partition.of(cohort, train=train, test=[2, 3]).train.tolist() == [0, 1]


@pytest.mark.parametrize(
    "train",
    [
        np.ma.array([0, 1, 2], mask=[False, True, False]),
        np.ma.array([True, True, False, False], mask=[True, False, False, False]),
        pd.Series([True, None, False, False], dtype="boolean"),
    ],
    ids=["positions", "mask", "nullable"],
)
def test_rows_of_which_some_are_missing_are_refused(train: Any) -> None:
    """A masked value is not known: it is neither its stored value nor false."""
    with pytest.raises(InvalidInputError, match=r"`train` .*(None|<NA>)"):
        Partition.of(read(["a"] * 4, ["p", "p", "q", "q"]), train=train, test=[3])


def test_what_was_not_counted_is_not_called_none() -> None:
    """Rows alone say nothing of patients: null in the file, and None again when loaded."""
    assert partition_of().patients_crossing is None
    assert partition_of().to_dict()["patients_crossing"] is None
