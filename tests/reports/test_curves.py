"""The points of the charts."""

import pytest

from prevalens.predictions import Predictions
from prevalens.reports.curves import curves


def test_scores_are_counted_in_bins_of_each_class() -> None:
    """Shares of a class sum to 1; a score of exactly 1 falls in the last bin."""
    told = Predictions(labels=[0, 0, 1, 1], scores=[0.02, 0.97, 1.0, 0.52], patients=None)
    found = curves(told, correction=None)["scores"]

    assert len(found["edges"]) == 21
    assert (found["negative"][0], found["negative"][19]) == (0.5, 0.5)
    assert (found["positive"][10], found["positive"][19]) == (0.5, 0.5)


def test_corrected_scores_are_counted_after_correction() -> None:
    """A score of 0.5 corrected from 50 % to 10 % is counted at 0.1."""
    told = Predictions(labels=[0, 1], scores=[0.5, 0.5], patients=None)
    correction = {"train_prevalence": 0.5, "target_prevalence": 0.12}
    found = curves(told, correction=correction)["corrected_scores"]

    assert found["positive"][2] == 1
    assert sum(found["negative"]) == pytest.approx(1)


def test_a_class_without_rows_has_no_share() -> None:
    """One class only: the other's shares are all zero, not nan."""
    told = Predictions(labels=[1, 1], scores=[0.5, 0.6], patients=None)

    assert sum(curves(told, correction=None)["scores"]["negative"]) == 0
