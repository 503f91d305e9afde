"""The sections that hold results, against the record they are made from."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, result_sections
from prevalens.reports.document import Chart, Paragraph, Table
from prevalens.reports.estimate_text import estimate_text


def table_of(blocks: object) -> Table:
    """The first table of some blocks."""
    return next(block for block in blocks if isinstance(block, Table))  # type: ignore[attr-defined]


def test_the_cross_table_names_the_classes(report: ClinicalReport) -> None:
    """Columns are the labels, rows the calls, under the classes' own names."""
    record = report.to_dict()
    table = result_sections.cross_table_block(record["table"], record, "images")

    assert table.header == ("Call", "Label sick", "Label well")
    assert table.rows[0] == (
        "Called positive",
        str(record["table"]["true_positive"]),
        str(record["table"]["false_positive"]),
    )


def test_predictive_values_are_the_records(report: ClinicalReport) -> None:
    """Each prevalence has its row; the text is that of the record's estimates."""
    record = report.to_dict()
    rows = table_of(result_sections.predictive(record)).rows

    assert len(rows) == len(record["predictive_values"])
    for row, values in zip(rows, record["predictive_values"], strict=True):
        assert row[1:] == (estimate_text(values["ppv"]), estimate_text(values["npv"]))
    assert sum("(stated)" in row[0] for row in rows) == 1


def test_suppressed_levels_show_no_number(report: ClinicalReport) -> None:
    """A hidden level is one row of words."""
    record = report.to_dict()
    record["subgroups"] = [{"by": "site", "levels": [{"level": "x", "suppressed": True}]}]
    table = table_of(result_sections.subgroups(record))

    assert table.rows == [("x", "suppressed", "fewer than 5, or to protect those", "", "")]
    assert table.keys == [""]


def test_calibration_says_where_it_was_checked(report: ClinicalReport) -> None:
    """With a correction: two tables, the mapped threshold, and both pairs of charts."""
    blocks = result_sections.calibration(report.to_dict())
    text = " ".join(block.text for block in blocks if isinstance(block, Paragraph))

    assert sum(isinstance(block, Table) for block in blocks) == 2
    assert sum(isinstance(block, Chart) for block in blocks) == 4
    assert f"{report.to_dict()['correction']['threshold']:.6g} on corrected scores" in text


def test_net_benefit_says_what_it_reads(predictions: Predictions) -> None:
    """Scores are read as risks, corrected where the training prevalence is known."""
    known = ClinicalReport(predictions, threshold=0.5).to_dict()
    unknown = ClinicalReport(predictions.with_scores(predictions.scores), threshold=0.5).to_dict()
    for record, words in ((known, "corrected for prevalence"), (unknown, "reads scores as risks.")):
        blocks = result_sections.usefulness(record)
        assert any(words in block.text for block in blocks if isinstance(block, Paragraph))


def test_absent_parts_have_no_section() -> None:
    """No ids, no patients; no covariates, no subgroups; no other model, no comparison."""
    told = Predictions(labels=[0, 1], scores=[0.1, 0.9], patients=None)
    record = ClinicalReport(told, threshold=0.5).to_dict()

    assert result_sections.patients(record) == []
    assert result_sections.subgroups(record) == []
    assert result_sections.comparison(record) == []
