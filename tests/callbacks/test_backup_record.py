"""The record inside a backup is JSON, though a loss may be no number."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from prevalens.callbacks.backup_record import BackupRecord
from prevalens.callbacks.run_identity import RunIdentity
from prevalens.exceptions import InvalidInputError

RECORD = BackupRecord(
    epoch=2,
    stopped=False,
    history={"loss": [0.5, math.nan], "f1": [[0.25, 0.5], [math.inf, 1.0]]},
    callbacks=[{"rows": [{"value": -math.inf}]}],
    run=RunIdentity(backend="jax", versions={"keras": "3.15.1"}),
)


def test_broken_numbers_come_back_and_the_text_is_json_that_every_reader_takes() -> None:
    """Values nan and infinity are written as texts, met by the schema, and are floats again."""
    written = RECORD.to_bytes()
    plain = json.loads(written.tobytes(), parse_constant=pytest.fail)
    Draft202012Validator(BackupRecord.json_schema()).validate(plain)
    read = BackupRecord.from_bytes(written, path=Path("b.npz"))

    assert plain["history"]["loss"] == [0.5, {"float": "nan"}]
    assert math.isnan(read.history["loss"][1])  # type: ignore[arg-type]
    assert read.history["f1"] == [[0.25, 0.5], [math.inf, 1.0]]
    assert read.callbacks == RECORD.callbacks
    assert read.run == RECORD.run


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "b.npz is no whole backup"),
        (b'{"history": {"float": []}}', "b.npz is no whole backup"),
        (b"[]", "b.npz is no prevalens training backup"),
        (b'{"format": "prevalens training backup", "version": 9}', "has version 9"),
        (b'{"format": "prevalens training backup", "version": 1}', "missing required field"),
    ],
)
def test_what_is_no_record_is_refused(text: bytes, message: str) -> None:
    """Cut JSON, another format, a later version, a missing field: each with the file's name."""
    with pytest.raises(InvalidInputError, match=message):
        BackupRecord.from_bytes(np.frombuffer(text, np.uint8), path=Path("b.npz"))
