"""Tests of what every report of several classes holds."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.reports import ClinicalReport


def test_a_matrix_that_is_not_of_the_classes_is_refused(of_grades: ClinicalReport) -> None:
    """A row cut out of a saved report is noticed."""
    record = of_grades.to_dict()
    record["confusion_matrix"] = record["confusion_matrix"][:2]
    with pytest.raises(InvalidInputError, match="3 rows of 3 counts"):
        ClinicalReport.from_dict(record)


def test_it_says_whether_images_are_independent(of_grades: ClinicalReport) -> None:
    """And what level its intervals have."""
    assert of_grades.record.independent is False
    assert of_grades.record.level == "95 % intervals"
