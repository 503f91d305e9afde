"""The published form of a report: what is accepted, what is refused, and that the file is true."""

import json

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.reports import ClinicalReport, json_schema
from prevalens.reports.record_format import _problems, check_record


def test_a_report_meets_its_schema(report: ClinicalReport) -> None:
    """What `to_dict` gives is accepted, also after a trip through JSON."""
    record = report.to_dict()

    assert check_record(json.loads(json.dumps(record))) == record


def test_the_schema_lists_every_part_as_required(report: ClinicalReport) -> None:
    """No part is written that the schema does not name, and none is optional."""
    schema = json_schema()

    assert set(report.to_dict()) == set(schema["properties"]) == set(schema["required"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "no prevalens report"),
        ({"version": 99}, "has version 99"),
        ({"extra": 1}, r"report\.extra is unknown"),
        ({"title": 5}, r"report\.title is no string"),
        ({"table": {"true_positive": 1}}, r"report\.table\.false_positive is missing"),
        ({"settings": None}, r"report\.settings is no object"),
        ({"methods": [1]}, r"report\.methods\[0\] is no string"),
    ],
)
def test_an_edited_report_is_refused(
    report: ClinicalReport, change: dict[str, object], message: str
) -> None:
    """The first broken places are named."""
    with pytest.raises(InvalidInputError, match=message):
        check_record(report.to_dict() | change)


def test_a_number_that_is_none_is_refused(report: ClinicalReport) -> None:
    """nan, infinity and True are no estimates."""
    for value in (float("nan"), float("inf"), True, "0.9"):
        record = report.to_dict()
        record["estimates"]["auroc"]["value"] = value
        with pytest.raises(InvalidInputError, match=r"report\.estimates\.auroc\.value"):
            check_record(record)


def test_what_is_no_mapping_is_no_report() -> None:
    """A list, a text or None is refused with the remedy."""
    for record in ([], "report", None):
        with pytest.raises(InvalidInputError, match="Give what `to_dict` returned"):
            check_record(record)


def test_a_word_outside_its_list_is_named() -> None:
    """`const` and `enum` of JSON Schema are held: value, place and what may stand there."""
    schema = {
        "properties": {"unit": {"enum": ["image", "patient"]}, "confidence_level": {"const": 0.95}}
    }

    assert _problems({"unit": "row", "confidence_level": 0.95}, schema, {}, "report") == [
        "report.unit is 'row', none of ['image', 'patient']"
    ]
    assert _problems({"unit": "image", "confidence_level": 0.9}, schema, {}, "report") == [
        "report.confidence_level is 0.9, not 0.95"
    ]
