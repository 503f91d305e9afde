"""Predictive values over prevalence, by Bayes' rule on paper."""

import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.predictive_table import predictive_table


def told() -> Predictions:
    """Sensitivity 0.9 and specificity 0.8 at a threshold of 0.5."""
    return Predictions(
        labels=[1] * 10 + [0] * 10,
        scores=[0.9] * 9 + [0.1] + [0.9] * 2 + [0.1] * 8,
        patients=None,
    )


def test_bayes_rule_at_each_prevalence() -> None:
    """At 1 %: 0.009 / (0.009 + 0.198) is right; at 50 %: 0.9 / 1.1 and 0.8 / 0.9."""
    rows = predictive_table(told(), threshold=0.5, stated=None, confidence_level=0.95)
    found = {row["prevalence"]: row for row in rows}

    assert found[0.01]["ppv"]["value"] == pytest.approx(0.009 / (0.009 + 0.198))
    assert found[0.5]["ppv"]["value"] == pytest.approx(0.9 / 1.1)
    assert found[0.5]["npv"]["value"] == pytest.approx(0.8 / 0.9)
    values = [row["ppv"]["value"] for row in rows]
    assert values == sorted(values)


def test_the_stated_prevalence_is_a_row_of_its_own() -> None:
    """It is marked, also where it stands in the grid already."""
    for stated in (0.033, 0.05):
        rows = predictive_table(told(), threshold=0.5, stated=stated, confidence_level=0.95)
        assert [row["prevalence"] for row in rows if row["stated"]] == [stated]


def test_the_page_names_the_clinic() -> None:
    """The row of the stated prevalence says that the model will be used there."""
    text = str(ClinicalReport(told(), threshold=0.5, prevalence=0.033))

    assert "3.3 % (stated)" in text


def test_one_class_has_none() -> None:
    """Without negatives there is no specificity to reason from; the table says so."""
    rows = predictive_table(
        Predictions(labels=[1, 1], scores=[0.2, 0.9], patients=None),
        threshold=0.5,
        stated=None,
        confidence_level=0.95,
    )

    assert all(row["ppv"]["value"] is None and row["ppv"]["not_estimable"] for row in rows)
