"""Predictive values over prevalence, by Bayes' rule on paper."""

import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Chart, Table
from prevalens.reports.estimate_text import estimate_text
from prevalens.reports.sections.predictive_values import SECTION, stated_row


def held_out() -> Predictions:
    """Sensitivity 0.9 and specificity 0.8 at a threshold of 0.5."""
    return Predictions(
        labels=[1] * 10 + [0] * 10,
        scores=[0.9] * 9 + [0.1] + [0.9] * 2 + [0.1] * 8,
        patients=None,
    )


def test_bayes_rule_at_each_prevalence() -> None:
    """At 1 %: 0.009 / (0.009 + 0.198) is right; at 50 %: 0.9 / 1.1 and 0.8 / 0.9."""
    rows = SECTION.of(ClinicalReport(held_out(), threshold=0.5).record)
    found = {row.prevalence: row for row in rows}

    assert found[0.01].ppv.value == pytest.approx(0.009 / (0.009 + 0.198))
    assert found[0.5].ppv.value == pytest.approx(0.9 / 1.1)
    assert found[0.5].npv.value == pytest.approx(0.8 / 0.9)
    values = [row.ppv.value for row in rows]
    assert values == sorted(values)


def test_the_stated_prevalence_is_a_row_of_its_own() -> None:
    """It is marked, also where it stands in the grid already; the table names it."""
    for stated in (0.033, 0.05):
        report = ClinicalReport(held_out(), threshold=0.5, prevalence=stated).record
        assert stated_row(report).prevalence == stated
    assert "3.3 % (stated)" in str(ClinicalReport(held_out(), threshold=0.5, prevalence=0.033))
    assert stated_row(ClinicalReport(held_out(), threshold=0.5).record) is None


def test_rows_and_chart_are_the_records(report: ClinicalReport) -> None:
    """Each prevalence has its row and its point on both lines."""
    table, chart = SECTION.show(report.record)
    part = SECTION.of(report.record)

    assert isinstance(table, Table)
    assert isinstance(chart, Chart)
    for row, values in zip(table.rows, part, strict=True):
        assert row[1:] == (estimate_text(values.ppv), estimate_text(values.npv))
    assert chart.lines[0].y == [row.ppv.value for row in part]
    assert chart.lines[2].y == [row.npv.value for row in part]


def test_one_class_has_none() -> None:
    """Without negatives there is no specificity to reason from; the table says so."""
    held = Predictions(labels=[1, 1], scores=[0.2, 0.9], patients=None)
    rows = SECTION.of(ClinicalReport(held, threshold=0.5).record)

    assert all(row.ppv.value is None and row.ppv.not_estimable for row in rows)
