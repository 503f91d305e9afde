"""Tests of the estimates of all classes together."""

from prevalens.metrics import all_class_measures
from prevalens.reports import ClinicalReport


def test_every_estimate_stands_once_under_its_group(of_grades: ClinicalReport) -> None:
    """Each measure of the table has a row with its address in the record."""
    page = of_grades.page(".html")
    for measure in all_class_measures():
        if measure.key in of_grades["estimates"]:
            assert page.count(f'data-estimate="estimates.{measure.key}"') == 1, measure.key
    assert "top_3_accuracy" not in of_grades["estimates"]  # of three classes it is 1
