"""The published form of a report's record: its version, and what `from_dict` accepts."""

import json
import math
from collections.abc import Mapping
from importlib import resources
from typing import Any

from prevalens._checks import name_some
from prevalens.exceptions import InvalidInputError

FORMAT = "prevalens report"
VERSION = 1


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every report's record meets.

    Examples:
        >>> json_schema()["properties"]["format"]["const"]
        'prevalens report'
    """
    file = resources.files("prevalens.reports").joinpath("report.schema.json")
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def check_record(record: object) -> dict[str, Any]:
    """Return a record that `ClinicalReport.to_dict` gave, or say why it is none.

    Raises:
        InvalidInputError: another format or version, a part is missing, unknown or of the wrong
            type, or a number is not finite.
    """
    if not isinstance(record, Mapping) or record.get("format") != FORMAT:
        raise InvalidInputError(
            "This is no prevalens report. Give what `to_dict` returned or `save('x.json')` wrote."
        )
    if record.get("version") != VERSION:
        raise InvalidInputError(
            f"The report has version {record.get('version')!r}; this prevalens reads {VERSION}. "
            "Update prevalens, or make the report anew."
        )
    schema = json_schema()
    problems = list(_problems(dict(record), schema, schema["$defs"], "report"))
    if problems:
        raise InvalidInputError(
            f"The report was edited: {name_some(problems, limit=3)}. Restore it, or make it anew."
        )
    return dict(record)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def _problems(value: Any, schema: Any, known: Mapping[str, Any], where: str) -> list[str]:
    """Return what breaks the part of JSON Schema that the published file uses."""
    if "$ref" in schema:
        return _problems(value, known[schema["$ref"].rpartition("/")[2]], known, where)
    if "const" in schema and value != schema["const"]:
        return [f"{where} is {value!r}, not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, none of {schema['enum']}"]
    if "anyOf" in schema:
        found = [_problems(value, option, known, where) for option in schema["anyOf"]]
        return [] if any(not problems for problems in found) else found[-1]
    if "type" in schema and not _is_type(value, schema["type"]):
        return [f"{where} is no {schema['type']}"]
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{where} is not finite"]
    if isinstance(value, Mapping):
        return _object_problems(value, schema, known, where)
    if isinstance(value, list | tuple) and "items" in schema:
        parts = [
            _problems(item, schema["items"], known, f"{where}[{number}]")
            for number, item in enumerate(value)
        ]
        return [problem for part in parts for problem in part]
    return []


def _object_problems(
    value: Mapping[str, Any], schema: Any, known: Mapping[str, Any], where: str
) -> list[str]:
    named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    problems = [
        f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value
    ]
    for key, item in value.items():
        if key in named:
            problems += _problems(item, named[key], known, f"{where}.{key}")
        elif others is False:
            problems.append(f"{where}.{key} is unknown")
        else:
            problems += _problems(item, others, known, f"{where}.{key}")
    return problems


def _is_type(value: object, names: str | list[str]) -> bool:
    options = [names] if isinstance(names, str) else names
    if isinstance(value, bool):
        return "boolean" in options
    return any(isinstance(value, _TYPES[name]) for name in options)
