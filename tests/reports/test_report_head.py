"""What every report holds, and the ranges it holds to."""

import msgspec
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_the_prevalence_is_the_stated_one(predictions: Predictions) -> None:
    """Where one is stated it counts; else that of the rows."""
    stated = ClinicalReport(predictions, threshold=0.5, prevalence=0.01).record
    alone = ClinicalReport(predictions, threshold=0.5).record

    assert stated.stated_prevalence == 0.01
    assert alone.stated_prevalence == pytest.approx(predictions.prevalence)
    assert alone.level == "95 % intervals"


def test_a_share_outside_its_range_is_refused(report: ClinicalReport) -> None:
    """A sensitivity of 17 is no sensitivity, whatever its limits say."""
    wrong = msgspec.structs.replace(
        report.record.estimates["sensitivity"], value=17.0, lower=None, upper=None
    )
    with pytest.raises(InvalidInputError, match=r"estimates\.sensitivity\.value.*17"):
        msgspec.structs.replace(
            report.record, estimates={**report.record.estimates, "sensitivity": wrong}
        )
