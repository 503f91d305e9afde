"""Every record publishes a JSON Schema made of its class, and what is written meets it."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from test_architecture import FILES, SOURCE, WITH_KERAS, address

from prevalens._records import Record
from prevalens.cohorts import Cohort, make_cells
from prevalens.cohorts.drawing_record import DrawingRecord
from prevalens.splits import PatientHoldout


def records() -> list[type[Record]]:
    """Return every class of record that can be imported without a backend."""
    for path in FILES:
        if address(path) not in WITH_KERAS and path.stem != "__main__":
            parts = path.relative_to(SOURCE).with_suffix("").parts
            importlib.import_module(".".join(["prevalens", *parts]).removesuffix(".__init__"))
    found = [
        kind
        for kind in kinds_of(Record)
        if kind.__module__.startswith("prevalens") and "FORMAT" in vars(kind)
    ]
    return sorted(found, key=lambda kind: kind.__name__)


def kinds_of(kind: type[Record]) -> list[type[Record]]:
    """Return all classes below a class."""
    return [each for below in kind.__subclasses__() for each in (below, *kinds_of(below))]


@pytest.mark.parametrize("kind", records(), ids=lambda kind: kind.__name__)
def test_each_record_publishes_a_schema(kind: type[Record]) -> None:
    """It is a JSON Schema, and names the format and the version that are written."""
    schema = kind.json_schema()
    Draft202012Validator.check_schema(schema)

    assert schema["properties"]["format"] == {"const": kind.FORMAT}
    assert schema["properties"]["version"] == {"const": kind.VERSION}
    assert schema["additionalProperties"] is False
    assert {"format", "version"} <= set(schema["required"])


def test_each_format_has_one_name() -> None:
    """No two records say that they are the same, and each says whose it is."""
    formats = [kind.FORMAT for kind in records()]

    assert len(set(formats)) == len(formats)
    assert all(name.startswith("prevalens ") for name in formats)


def test_no_schema_is_kept_by_hand() -> None:
    """A schema beside the class would be a second truth."""
    assert not list(SOURCE.rglob("*.schema.json"))


def problems(schema: dict[str, Any], record: dict[str, Any]) -> list[str]:
    """Return what a record, once through JSON, breaks of a schema."""
    plain = json.loads(json.dumps(record, allow_nan=False))
    found = Draft202012Validator(schema).iter_errors(plain)
    return [f"{error.json_path}: {error.message}" for error in found]


def drawn_cells(folder: Path, cohort: Cohort) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema and the file of what `make_cells` writes beside the images."""
    make_cells(folder / "cells", n_patients=2, images_per_patient=3, image_size=16)
    return DrawingRecord.json_schema(), json.loads((folder / "cells/make_cells.json").read_text())


def partition(folder: Path, cohort: Cohort) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema and the file of a partition."""
    PatientHoldout(test=0.3, seed=0).partition(cohort).save(folder / "partition.json")
    (kind,) = (one for one in records() if one.FORMAT == "prevalens partition")
    return kind.json_schema(), json.loads((folder / "partition.json").read_text("utf-8"))


@pytest.mark.parametrize("write", [drawn_cells, partition])
def test_what_is_written_meets_its_schema(write: Any, tmp_path: Path, cohort: Cohort) -> None:
    """A real file is accepted; without any one of its parts, or with a stranger, it is not."""
    schema, record = write(tmp_path, cohort)

    assert problems(schema, record) == []
    assert problems(schema, {**record, "stranger": 1})
    assert problems(schema, {**record, "version": record["version"] + 1})
    for part in schema["required"]:
        assert problems(schema, {key: record[key] for key in record if key != part}), part
