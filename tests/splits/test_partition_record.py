"""Tests of what a file of a partition holds."""

import hashlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import Partition, PatientHoldout
from prevalens.splits.partition_record import PartitionRecord


def test_the_checksum_is_one_that_anyone_can_compute() -> None:
    """SHA-256 of the other keys as JSON: keys sorted, no spaces, letters outside ASCII escaped."""
    made = Partition(
        train=[0, 1],  # type: ignore[arg-type]
        validation=[2],  # type: ignore[arg-type]
        test=[3],  # type: ignore[arg-type]
        cohort_fingerprint="f",
        n_rows=4,
        method="Käfig",
        settings={"b": 1, "a": [2, 3]},
        patients_crossing=0,
    )
    record = made.to_dict()

    assert (
        record.pop("checksum")
        == hashlib.sha256(
            b'{"cohort_fingerprint":"f","format":"prevalens partition","method":"K\\u00e4fig",'
            b'"n_rows":4,"patients_crossing":0,"settings":{"a":[2,3],"b":1},"test":[3],"train":[0,1],'
            b'"validation":[2],"version":1}'
        ).hexdigest()
    )
    assert list(record) == [
        *("format", "version", "method", "settings", "cohort_fingerprint", "n_rows"),
        *("patients_crossing", "train", "validation", "test"),
    ]


def test_what_is_written_meets_the_schema_and_nothing_else_does(cohort: Cohort) -> None:
    """A drawn partition is accepted; without any of its parts, or with a stranger, it is not."""
    validator = Draft202012Validator(PartitionRecord.json_schema())
    record = PatientHoldout(seed=1).partition(cohort).to_dict()

    assert validator.is_valid(record)
    assert not validator.is_valid({**record, "stranger": 1})
    assert not validator.is_valid({**record, "patients_crossing": -1})
    assert validator.is_valid({**record, "patients_crossing": None})
    for part in record:
        assert not validator.is_valid({key: value for key, value in record.items() if key != part})


def test_a_file_that_is_no_partition_is_named_with_the_reason(
    cohort: Cohort, tmp_path: Path
) -> None:
    """No such file, no text, another format or version, a field too few or too many."""
    path = tmp_path / "p.json"
    with pytest.raises(InvalidInputError, match=rf"^{path} .*split anew"):
        Partition.load(path, cohort=cohort)
    record = PatientHoldout().partition(cohort).to_dict()
    for content, message in (
        ("\udcff", "is not whole JSON"),
        ("[]", "is no prevalens partition"),
        (json.dumps({**record, "version": 2}), "has version 2"),
        (json.dumps({**record, "also": 0}), "also"),
        (json.dumps({key: record[key] for key in record if key != "train"}), "train"),
        (json.dumps({**record, "train": [-1]}), r"train\[0\]"),
        (json.dumps({**record, "checksum": "0" * 64}), "checksum does not fit"),
    ):
        path.write_bytes(content.encode(errors="surrogateescape"))
        with pytest.raises(InvalidInputError, match=message):
            Partition.load(path, cohort=cohort)
