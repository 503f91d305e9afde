"""The published JSON Schemas are schemas, and what the library writes meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prevalens.augmentation import AugmentationPolicy, Flip, presets
from prevalens.augmentation.operations_by_name import BY_NAME
from prevalens.cohorts import Cohort, make_cells
from prevalens.exceptions import LeakageWarning
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.splits import ImageHoldout, PatientHoldout, PatientKFold

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


def partition(folder: Path, cohort: Cohort) -> dict[str, Any]:
    """Return a partition that was written to a file."""
    drawn = PatientHoldout(test=0.3, seed=0).partition(cohort)
    drawn.save(folder / "partition.json")
    record: dict[str, Any] = json.loads((folder / "partition.json").read_text("utf-8"))
    return record


def policy(folder: Path, cohort: Cohort) -> dict[str, Any]:
    """Return a policy of every operation."""
    return AugmentationPolicy([kind() for kind in BY_NAME.values()], name="all").to_dict()


def report(folder: Path, cohort: Cohort) -> dict[str, Any]:
    """Return a report that was written to a file."""
    said = Predictions(labels=[0, 1] * 6, scores=[0.2, 0.7, 0.6] * 4, patients=list("abcdef") * 2)
    ClinicalReport(said, threshold=0.5).save(folder / "report.json")
    record: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return record


WRITERS: dict[str, Callable[[Path, Cohort], dict[str, Any]]] = {
    "make_cells.schema.json": drawn_cells,
    "partition.schema.json": partition,
    "policy.schema.json": policy,
    "report.schema.json": report,
}


def test_every_schema_is_one_and_has_a_writer() -> None:
    """Each is a JSON Schema, names its format and version, and is tried out below."""
    assert SCHEMAS.keys() == WRITERS.keys()
    for path in SCHEMAS.values():
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        version = schema["properties"]["version"]["const"]
        assert f"Version {version}." in schema["description"]
        assert schema["properties"]["format"]["const"] == schema["title"]


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_meets_its_schema(name: str, tmp_path: Path, cohort: Cohort) -> None:
    """A real file is accepted; without any one of its parts, or with a stranger, it is not."""
    record = WRITERS[name](tmp_path, cohort)

    assert problems(name, record) == []
    assert problems(name, {**record, "stranger": 1})
    assert problems(name, {**record, "version": record["version"] + 1})
    for part in record:
        assert problems(name, {key: value for key, value in record.items() if key != part}), part


def test_the_partitions_of_every_splitter_meet_the_schema(cohort: Cohort) -> None:
    """Settings differ from splitter to splitter, and all are plain."""
    folds = PatientKFold(n_splits=3, seed=1).partitions(cohort, validation=0.2)
    with pytest.warns(LeakageWarning):
        by_image = ImageHoldout(test=0.3, seed=1).partition(cohort)
    for drawn in [by_image, *folds]:
        assert problems("partition.schema.json", drawn.to_dict()) == []


@pytest.mark.parametrize("name", ["brief", "blood_smear", "histology", "chest_xray"])
def test_the_presets_meet_the_schema(name: str) -> None:
    """Every packaged policy can be checked by whoever receives it."""
    assert problems("policy.schema.json", getattr(presets, name)().to_dict()) == []


def test_chances_per_class_meet_the_schema_and_wrong_ones_do_not() -> None:
    """A list of chances is accepted, a chance above 1 and a misspelt setting are not."""
    record = AugmentationPolicy([Flip(probability=(0.5, 1.0))]).to_dict()
    assert problems("policy.schema.json", record) == []
    for change in ({"probability": 1.5}, {"horizontle": True}, {"operation": "flop"}):
        edited = {**record, "operations": [{**record["operations"][0], **change}]}
        assert problems("policy.schema.json", edited)
