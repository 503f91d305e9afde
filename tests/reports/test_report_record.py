"""The record follows the table of sections: schema, reading, order."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, ModelCard, json_schema
from prevalens.reports.class_sections.table_of_class_sections import CLASS_SECTIONS
from prevalens.reports.document import Table, flat
from prevalens.reports.label_sections.table_of_label_sections import LABEL_SECTIONS
from prevalens.reports.report_record import ReportRecord, document_of, lead_of
from prevalens.reports.sections.table_of_sections import SECTIONS


def test_a_report_meets_its_schema(report: ClinicalReport) -> None:
    """What `to_dict` gives, once through JSON, is accepted; a stranger is not."""
    record = json.loads(json.dumps(report.to_dict()))
    validator = Draft202012Validator(json_schema())

    assert list(validator.iter_errors(record)) == []
    assert list(validator.iter_errors({**record, "stranger": 1}))
    assert ReportRecord.from_dict(record) == report.record


def test_every_section_with_a_part_is_in_the_schema() -> None:
    """The schema names each part; every one is required that no older file lacks."""
    schema = json_schema()
    held = [section for section in SECTIONS if section.part is not None]
    newer = {section.key for section in held if section.newer}

    assert {section.key for section in held} <= set(schema["properties"])
    assert set(schema["required"]) == set(schema["properties"]) - newer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "is no prevalens report"),
        ({"version": 99}, "has version 99"),
        ({"extra": 1}, "unknown field extra"),
        ({"title": 5}, "`title`: expected str, got int"),
        ({"confusion_matrix": {"true_positive": 1}}, "`confusion_matrix`: .*false_positive"),
        ({"settings": None}, "`settings`: expected object, got null"),
        ({"methods": {"sentences": [1], "references": []}}, r"`methods.sentences\[0\]`"),
    ],
)
def test_an_edited_report_is_refused(
    report: ClinicalReport, change: dict[str, object], message: str
) -> None:
    """The path of what is wrong is named."""
    with pytest.raises(InvalidInputError, match=message):
        ReportRecord.from_dict(report.to_dict() | change)


@pytest.mark.parametrize(
    ("path", "absent"),
    [
        ("estimates", "accuracy"),
        ("estimates", "sensitivity"),
        ("calibration.given.estimates", "calibration_slope"),
    ],
)
def test_a_report_that_lacks_what_it_shows_is_refused(
    report: ClinicalReport, path: str, absent: str
) -> None:
    """Where it is read, not where it is shown: a part is named, and what to do."""
    plain = report.to_dict()
    held = plain
    for name in path.split("."):
        held = held[name]
    del held[absent]

    with pytest.raises(InvalidInputError, match=rf"KeyError: '{absent}'.*Restore the file"):
        ClinicalReport.from_dict(plain)


def test_a_class_that_lacks_what_it_shows_is_refused(of_grades: ClinicalReport) -> None:
    """As the estimates of all classes."""
    plain = of_grades.to_dict()
    del plain["each_class"]["classes"][1]["estimates"]["auroc"]

    with pytest.raises(InvalidInputError, match=r"`each_class` .*KeyError: 'auroc'"):
        ClinicalReport.from_dict(plain)


def test_sections_come_in_the_order_of_the_table(report: ClinicalReport) -> None:
    """Key results first, then the table's order; at the end what is not included."""
    names = [passage.name for passage in document_of(report.record).passages]

    assert names[0] == "key_results"
    assert names[-1] == "not_included"
    assert names == [section.key for section in SECTIONS if section.key in names]


def test_every_estimate_stands_in_one_table(report: ClinicalReport) -> None:
    """Each estimate of the record has a row somewhere, once."""
    passages = document_of(report.record).passages
    tables = [b for passage in passages for b in passage.blocks if isinstance(b, Table)]
    keys = [key for table in tables for key in table.keys if key]
    expected = {f"estimates.{name}" for name in report.record.estimates if name != "prevalence"}

    assert len(keys) == len(set(keys))
    assert expected <= set(keys)


def test_synthetic_and_independent_rows_are_warned_of_first() -> None:
    """Both warnings stand before everything; the data source and the threshold follow."""
    held = Predictions(
        labels=[0, 1, 1], scores=[0.2, 0.3, 0.9], patients=None, provenance="Synthetic rows"
    )
    first, second, third = lead_of(ClinicalReport(held, threshold=0.5).record)

    assert (first.tone, second.tone, third.tone) == ("warning", "warning", "plain")
    assert "synthetic" in first.text
    assert "every interval here is too short" in second.text
    assert third.text.startswith("Data source: Synthetic rows. Positive class: positive.")


def test_a_report_of_several_classes_meets_its_schema_and_is_read_back(
    of_grades: ClinicalReport,
) -> None:
    """Through JSON; the two kinds are told apart by their format, and each page is the same."""
    record = json.loads(json.dumps(of_grades.to_dict(), allow_nan=False))
    validator = Draft202012Validator(json_schema("several classes"))
    again = ClinicalReport.from_dict(record)

    assert list(validator.iter_errors(record)) == []
    assert list(validator.iter_errors({**record, "stranger": 1}))
    assert again.record == of_grades.record
    for suffix in (".html", ".md", ".txt", ".tex"):
        assert again.page(suffix) == of_grades.page(suffix)
    with pytest.raises(InvalidInputError, match="'several classes'"):
        json_schema("seven")


def test_a_report_of_several_labels_is_read_back_as_it_was(of_findings: ClinicalReport) -> None:
    """Through JSON; it meets its schema, each page is the same, and LaTeX has a row a label."""
    record = json.loads(json.dumps(of_findings.to_dict(), allow_nan=False))
    validator = Draft202012Validator(json_schema("several labels"))
    again = ClinicalReport.from_dict(record)

    assert list(validator.iter_errors(record)) == []
    assert again.record == of_findings.record
    for suffix in (".html", ".md", ".txt", ".tex"):
        assert again.page(suffix) == of_findings.page(suffix)
    page = of_findings.page(".tex")
    assert [page.count(f"\n{name} & ") for name in ("mass", "node", "fluid")] == [1, 1, 1]
    assert repr(of_findings) == "ClinicalReport(3 labels: mass, node, fluid)"


def test_latex_has_a_table_of_each_class_too(of_grades: ClinicalReport) -> None:
    """Two tables, one row a class in the second."""
    page = of_grades.page(".tex")
    assert page.count(r"\begin{table}") == 2
    second = page.split(r"\begin{table}")[2]
    assert [second.count(f"\n{name} & ") for name in ("none", "mild", "severe")] == [1, 1, 1]


def test_the_same_rows_give_the_same_bytes(graded_rows: Predictions) -> None:
    """Nothing depends on the clock or on the draw of another report."""
    one, two = (ClinicalReport(graded_rows, made_by="a test") for _ in range(2))
    assert one.page(".html") == two.page(".html")


def _changed(plain: Any, path: str, value: Any) -> Any:
    """Return a deep copy of plain values with another value at a path such as `a.b.0.c`."""
    made = json.loads(json.dumps(plain))
    *above, last = path.split(".")
    held = made
    for name in above:
        held = held[int(name) if isinstance(held, list) else name]
    held[int(last) if isinstance(held, list) else last] = value
    return made


@pytest.mark.parametrize(
    "path",
    [
        "subgroups.0.levels.0.estimates.sensitivity.upper",
        "subgroups.0.levels.1.differences.auroc.first.upper",
        "estimates.average_precision.upper",
        "predictive_values.3.ppv.upper",
    ],
)
def test_an_estimate_that_cannot_be_is_refused_wherever_it_stands(
    predictions: Predictions, path: str
) -> None:
    """A share of 17 in a subgroup, in one side of a difference, in a section."""
    plain = ClinicalReport(predictions, threshold=0.5, by=["site"], worst=0).to_dict()
    with pytest.raises(InvalidInputError, match=r"must lie in \[0, 1\], got .*17"):
        ClinicalReport.from_dict(_changed(plain, path, 17.0))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subgroups.0.levels.1.differences.auroc.difference.upper", 17.0),
        ("subgroups.0.levels.1.differences.auroc.p_value", 17.0),
        ("subgroups.0.levels.1.images", -1),
        ("estimates.auroc.confidence_level", 17.0),
        ("estimates.auroc.n", -5),
        ("estimates.auroc.events", 10**6),
        ("estimates.auroc.design_effect", -1.0),
        ("confusion_matrix.true_positive", -1),
        ("settings.threshold", 17.0),
        ("settings.seed", -1),
        ("study.median_images", -2.0),
        ("discrimination.roc.x.0", -0.5),
        ("discrimination.operating_points.sensitivity.0", 1.5),
        ("calibration.given.smooth.scores.0", 17.0),
        ("calibration.given.test.p_value", -1.0),
        ("usefulness.risk", 1.5),
    ],
)
def test_a_number_that_cannot_be_is_refused_wherever_it_stands(
    predictions: Predictions, path: str, value: float
) -> None:
    """Counts are not negative; shares, p values, scores and coordinates are at most 1."""
    plain = ClinicalReport(predictions, threshold=0.5, by=["site"], worst=0).to_dict()
    assert ClinicalReport.from_dict(plain).to_dict() == plain
    with pytest.raises(InvalidInputError):
        ClinicalReport.from_dict(_changed(plain, path, value))


def test_an_estimate_of_several_classes_that_cannot_be_is_refused(
    graded_rows: Predictions,
) -> None:
    """A macro AUROC of 17, whatever its limits say."""
    plain = ClinicalReport(graded_rows, worst=0).to_dict()
    for name in ("lower", "upper"):
        plain["estimates"]["macro_auroc"][name] = None
    with pytest.raises(InvalidInputError, match=r"macro_auroc` must lie in \[0, 1\], got .*17"):
        ClinicalReport.from_dict(_changed(plain, "estimates.macro_auroc.value", 17.0))


@pytest.mark.parametrize(
    "path",
    [
        "discrimination.roc.x",
        "usefulness.curve.lower",
        "calibration.given.reliability.images",
        "calibration.given.scores.edges",
        "discrimination.operating_points.ppv",
    ],
)
def test_columns_of_a_chart_have_one_length(predictions: Predictions, path: str) -> None:
    """A point that lacks its second number is refused before anything is drawn."""
    plain = ClinicalReport(predictions, threshold=0.5, worst=0).to_dict()
    told = r"different lengths|between two edges|expected int"
    with pytest.raises(InvalidInputError, match=told):
        ClinicalReport.from_dict(_changed(plain, path, [0.5]))


@pytest.mark.parametrize("kind", ["report", "of_grades", "of_findings", "decided"])
def test_the_address_of_a_row_leads_to_what_it_shows(
    kind: str, request: pytest.FixtureRequest, graded_rows: Predictions
) -> None:
    """Each row's link is the path of its estimate in the record, in any report."""
    if kind == "decided":
        classes = ["mild", "severe"]
        held = ClinicalReport(graded_rows, positive=classes, threshold=0.3, prevalence=0.05)
    else:
        held = request.getfixturevalue(kind)
    record = held.to_dict()
    passages = document_of(held.record).passages
    tables = [block for each in passages for block in flat(each.blocks) if isinstance(block, Table)]
    keys = [key for table in tables for key in table.keys if key]

    assert len(keys) > 20
    assert len(keys) == len(set(keys))
    for key in keys:
        found: Any = record
        for part in key.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
        assert "value" in found or "difference" in found, key


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("report", "study"),
        ("report", "provenance"),
        ("report", "methods"),
        ("report", "calibration"),
        ("report", "key_results"),
        ("of_grades", "class_study"),
        ("of_grades", "each_class"),
        ("of_grades", "confusion"),
        ("of_findings", "label_study"),
        ("of_findings", "each_label"),
    ],
)
def test_a_section_without_its_part_shows_nothing(
    kind: str, key: str, request: pytest.FixtureRequest
) -> None:
    """A part that a file does not hold: no blocks, so no passage, and no error."""
    record = request.getfixturevalue(kind).record
    tables = (*SECTIONS, *CLASS_SECTIONS, *LABEL_SECTIONS)
    section = next(section for section in tables if section.key == key)
    assert list(section.show(replace(record, **{key: None}))) == []


def _edits(plain: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the record with each part, and each part of a part, removed, null and empty."""
    for part, held in plain.items():
        inner = list(held) if isinstance(held, dict) else []
        for names in ([part], *([part, name] for name in inner)):
            for value in ("gone", None, []) if names == [part] else ("gone", []):
                made = json.loads(json.dumps(plain))
                above = made if len(names) == 1 else made[part]
                if value == "gone":
                    del above[names[-1]]
                else:
                    above[names[-1]] = value
                yield ".".join(names), made


@pytest.mark.parametrize("kind", ["two", "classes", "labels"])
def test_a_record_whose_parts_do_not_fit_is_refused_or_shown(
    kind: str, predictions: Predictions, graded_rows: Predictions
) -> None:
    """Whatever is removed from a file, it is refused, or every page and card of it is made."""
    found = predictions if kind == "two" else graded_rows
    settings: dict[str, Any] = {"threshold": 0.5, "refer": (0.3, 0.6)} if kind == "two" else {}
    if kind == "labels":
        found, settings = _grades_as_labels(graded_rows), {"threshold": 0.5}
    report = ClinicalReport(found, by=["site"], worst=1, **settings)
    loaded = 0
    for path, plain in _edits(report.to_dict()):
        try:
            made = ClinicalReport.from_dict(plain)
        except InvalidInputError:
            continue
        loaded += 1
        assert repr(made), path
        assert made.page(".txt"), path
        assert str(ModelCard(made, name="m", licence="mit", intended_use="None: a test.")), path
    assert loaded > 20


def _grades_as_labels(graded: Predictions) -> Predictions:
    return Predictions(
        labels=np.eye(3)[graded.labels][:, [0, 2]],
        scores=graded.scores[:, [0, 2]],
        patients=graded.patients,
        covariates=graded.covariates,
        classes=("none", "severe"),
    )


def test_the_part_that_lacks_another_is_named(graded_rows: Predictions) -> None:
    """Subgroups of each class need the estimates of each class, which stand in another part."""
    plain = ClinicalReport(graded_rows, by=["site"], worst=0).to_dict()
    told = r"`class_subgroups` does not fit its other parts, .*none.*\. Restore the file, or make"
    with pytest.raises(InvalidInputError, match=told):
        ClinicalReport.from_dict(plain | {"each_class": None})
