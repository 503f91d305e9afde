"""Tests of the partition record."""

import json
from pathlib import Path

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import Partition, PatientHoldout
from prevalens.splits.partition import _checksum, count_crossing


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
        ({"test": [4]}, "outside: 4"),
        ({"train": [], "validation": [], "test": []}, "there must be some"),
        ({"n_rows": 0}, "`n_rows`"),
        ({"train": [0.5, 1.0]}, "`train` must hold row numbers, got 0.5"),
        ({"train": [True, False]}, "numpy.flatnonzero"),
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
        (lambda text: text.replace('"method"', '"metod"'), r"missing \['method'\]"),
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
    del record["checksum"]
    record["test"] = record["train"]
    record["checksum"] = _checksum(record)
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
