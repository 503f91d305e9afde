"""The published JSON Schemas are schemas, and what the library writes meets them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prevalens.cohorts import Cohort, make_cells

SOURCE = Path(__file__).parents[1] / "src" / "prevalens"
SCHEMAS = {path.name: path for path in sorted(SOURCE.rglob("*.schema.json"))}


def problems(name: str, record: object) -> list[str]:
    """Return what a record, once through JSON, breaks of the schema called `name`."""
    schema = json.loads(SCHEMAS[name].read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(record, allow_nan=False))
    found = Draft202012Validator(schema).iter_errors(plain)
    return [f"{error.json_path}: {error.message}" for error in found]


def drawn_cells(folder: Path, cohort: Cohort) -> dict[str, Any]:
    """Return what `make_cells` writes beside the images."""
    make_cells(folder / "cells", n_patients=2, images_per_patient=3, image_size=16)
    record: dict[str, Any] = json.loads((folder / "cells" / "make_cells.json").read_text("utf-8"))
    return record


WRITERS: dict[str, Callable[[Path, Cohort], dict[str, Any]]] = {
    "make_cells.schema.json": drawn_cells,
}


def test_every_schema_is_one_and_has_a_writer() -> None:
    """Each is a JSON Schema, names its format and version, and is tried out below."""
    assert SCHEMAS.keys() == WRITERS.keys()
    for path in SCHEMAS.values():
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        properties = schema["properties"]
        version = properties[version_key(properties)]["const"]
        assert f"Version {version}." in schema["description"]
        # A classifier's card is named by the file, or the layer, that it is in.
        assert properties.get("format", {"const": schema["title"]})["const"] == schema["title"]


def version_key(record: Mapping[str, Any]) -> str:
    """Return the name under which a record keeps its version."""
    return next(name for name in ("version", "format_version") if name in record)


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_meets_its_schema(name: str, tmp_path: Path, cohort: Cohort) -> None:
    """A real file is accepted; without any one of its parts, or with a stranger, it is not."""
    record = WRITERS[name](tmp_path, cohort)

    assert problems(name, record) == []
    assert problems(name, {**record, "stranger": 1})
    assert problems(name, {**record, version_key(record): record[version_key(record)] + 1})
    for part in record:
        assert problems(name, {key: value for key, value in record.items() if key != part}), part
