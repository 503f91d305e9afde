"""What a report can be asked for is what it takes."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.choices import FORMATS, ORIGINS


def asked(**more: object) -> ClinicalReport:
    """Report four patients, two of whom are positive."""
    scores = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.8, 0.4, 0.6], patients=list("abcd"))
    return ClinicalReport(scores, threshold=0.5, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != ".json"])
def test_every_format_has_a_page(suffix: str) -> None:
    """None of the suffixes that the command offers is refused, and each names the study."""
    assert "Four patients" in asked(title="Four patients").page(suffix)


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_of_a_threshold_is_told(origin: str) -> None:
    """The record says which it was."""
    assert asked(threshold_origin=origin).record.settings.threshold_origin == origin


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_every_pooling_is_taken(pooling: str) -> None:
    """And what is none is refused with the list of those there are."""
    level = asked(patient_score=pooling).record.patient_level
    assert level is not None
    assert level.pooled_by == pooling
    with pytest.raises(InvalidInputError, match="one of 'mean', 'max'"):
        asked(patient_score="most")
