"""Tests of what every report of several labels holds."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.reports import ClinicalReport


def test_thresholds_that_are_not_of_the_labels_are_refused(of_findings: ClinicalReport) -> None:
    """A threshold cut out of a saved report is noticed."""
    record = of_findings.to_dict()
    record["settings"]["thresholds"] = [0.5, 0.5]
    with pytest.raises(InvalidInputError, match="one for each of 3 labels"):
        ClinicalReport.from_dict(record)


def test_it_says_whether_images_are_independent(of_findings: ClinicalReport) -> None:
    """And what level its intervals have."""
    assert of_findings.record.independent is False
    assert of_findings.record.level == "95 % intervals"
