"""Tests of the partial area under the ROC curve."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, partial_auroc
from prevalens.metrics.partial_area import mcclish

RNG = np.random.default_rng(2)
PATIENTS = np.repeat(np.arange(40), 6)
LABELS = RNG.random(240) < 0.3
SCORES = np.round(np.clip(0.3 * LABELS + 0.7 * RNG.random(240), 0, 1), 2)


@pytest.mark.parametrize("end", [0.05, 0.2, 0.77, 1.0])
def test_the_standardised_area_is_scikit_learns(end: float) -> None:
    """With ties, and where the end lies between two points."""
    made = partial_auroc(LABELS, SCORES, max_false_positive_rate=end, draws=100)
    theirs = roc_auc_score(LABELS, SCORES, max_fpr=None if end == 1 else end)
    assert made.standardised.value == pytest.approx(theirs)
    assert mcclish(made.raw.value or 0, end) == pytest.approx(theirs)


def test_a_perfect_and_a_useless_ranking() -> None:
    """Standardised 1 and 0.5; raw the end, and half its square."""
    assert mcclish(0.2, 0.2) == pytest.approx(1)
    assert mcclish(0.02, 0.2) == pytest.approx(0.5)


def test_limits_over_patients_hold_the_value_and_stay_in_range() -> None:
    """Raw and standardised limits carry the same draws."""
    made = partial_auroc(
        LABELS, SCORES, max_false_positive_rate=0.3, patients=PATIENTS, draws=300, seed=4
    )
    raw, scaled = made.raw, made.standardised
    assert 0 <= raw.lower < raw.value < raw.upper <= 0.3  # type: ignore[operator]
    assert scaled.lower == pytest.approx(mcclish(raw.lower or 0, 0.3))
    assert "McClish" in scaled.method
    assert "over patients" in raw.method


def test_the_whole_area_has_limits_near_delong() -> None:
    """End 1 is the AUROC: two methods, limits within a fifth of the width."""
    made = partial_auroc(LABELS, SCORES, max_false_positive_rate=1, draws=1000).raw
    whole = auroc(LABELS, SCORES)
    width = whole.upper - whole.lower  # type: ignore[operator]
    assert made.value == pytest.approx(whole.value)
    assert made.lower == pytest.approx(whole.lower, abs=width / 5)


def test_one_class_and_bad_ends_are_met_with_reasons() -> None:
    """Not estimable; refused."""
    none = partial_auroc([0, 0], [0.1, 0.2], max_false_positive_rate=0.1)
    assert none.raw.not_estimable == "no positive images"
    with pytest.raises(InvalidInputError, match="max_false_positive_rate"):
        partial_auroc(LABELS, SCORES, max_false_positive_rate=0)
