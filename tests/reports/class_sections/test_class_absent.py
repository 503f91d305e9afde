"""Tests of what a report of several classes does not hold."""

from prevalens.reports import ClinicalReport


def test_what_is_absent_is_named_with_its_remedy(of_grades: ClinicalReport) -> None:
    """The comparison and subgroups are there; the partition and decisions are not."""
    found = {each["part"]: each["remedy"] for each in of_grades["not_included"]}
    assert "Comparison with another model" not in found
    assert "Rows left out before scoring" not in found
    assert "`positive`" in found["Decisions on the classes of interest"]
    assert "How the rows were divided" in found
