"""Tests of the two sides of a comparison."""

import numpy as np
import pytest

from prevalens.metrics.inputs import Columns
from prevalens.metrics.pair import Pair
from prevalens.metrics.registry import measure_of


def test_a_side_may_have_its_own_threshold() -> None:
    """Sensitivity at .5 of one and at .2 of the other."""
    labels = np.array([1, 1, 1, 1, 0], dtype=bool)
    sides = tuple(
        Columns(labels, np.array(scores), None)
        for scores in ([0.9, 0.6, 0.4, 0.1, 0.1], [0.9, 0.3, 0.2, 0.25, 0.1])
    )
    everyone = np.ones(5, dtype=bool)
    pair = Pair(
        measure_of("sensitivity"), sides[0], (sides[0], sides[1]), (everyone, everyone), (0.5, 0.2)
    )
    assert pair.same_rows
    made = pair.contrast(0.95, "both are alike")
    assert (made.first.value, made.second.value, made.difference.value) == (0.5, 1.0, -0.5)
    assert made.hypothesis == "both are alike"


def test_a_contrast_tells_of_both_sides_at_the_level() -> None:
    """Both estimates, events and rows of all, confidence; groups do not share rows."""
    labels = np.array([1, 1, 0, 1, 0, 0], dtype=bool)
    whole = Columns(labels, np.array([0.9, 0.4, 0.3, 0.6, 0.7, 0.1]), None)
    first = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    sides = tuple(Columns(labels[rows], whole.scores[rows], None) for rows in (first, ~first))
    pair = Pair(measure_of("accuracy"), whole, (sides[0], sides[1]), (first, ~first), (0.5, 0.5))
    assert not pair.same_rows
    made = pair.contrast(0.8, "both are alike")
    assert (made.first.value, made.second.value) == pytest.approx((2 / 3, 2 / 3))
    assert (made.difference.n, made.difference.events, made.difference.confidence_level) == (
        6,
        3,
        0.8,
    )
    assert (made.first.confidence_level, made.second.confidence_level) == (0.8, 0.8)
    # As many right in each: the pooled z is 0.
    assert made.p_value == pytest.approx(1)
    for members in ((np.ones(6, dtype=bool), first), (first, np.ones(6, dtype=bool))):
        assert not Pair(
            measure_of("accuracy"), whole, (whole, whole), members, (0.5, 0.5)
        ).same_rows


def test_one_patient_may_hold_all_rows_that_count() -> None:
    """The patient cannot be left out, so rows tell how the sides go together; no warning."""
    labels = np.array([0, 0, 1, 1], dtype=bool)
    patients = np.array([0, 0, 0, 1])
    scores = ([0.1, 0.1, 0.1, 0.2], [1 / 7, 1 / 7, 1 / 7, 4 / 7])
    sides = tuple(Columns(labels, np.array(one), patients) for one in scores)
    everyone = np.ones(4, dtype=bool)
    pair = Pair(
        measure_of("f1"), sides[0], (sides[0], sides[1]), (everyone, everyone), (0.05, 0.05)
    )
    assert pair.contrast(0.95, "both are alike").difference.value == 0
    turned = Pair(
        measure_of("f1"), sides[0], (sides[1], sides[0]), (everyone, everyone), (0.5, 0.5)
    )
    assert turned.contrast(0.95, "both are alike").difference.value == pytest.approx(2 / 3)


def test_a_class_of_one_patient_in_a_group_divides_by_nothing() -> None:
    """Perfect rankings whose positives are one patient's: no warning, and limits of one pair."""
    labels = np.tile(np.array([0, 0, 0, 1, 1], dtype=bool), 2)
    codes = np.array([0, 1, 1, 0, 0, 2, 3, 3, 2, 2])
    whole = Columns(labels, np.tile([0.1, 0.2, 0.3, 0.8, 0.9], 2), codes)
    first = codes < 2
    sides = tuple(
        Columns(labels[rows], whole.scores[rows], codes[rows]) for rows in (first, ~first)
    )
    pair = Pair(measure_of("auroc"), whole, (sides[0], sides[1]), (first, ~first), (None, None))
    made = pair.contrast(0.9, "both are alike").difference

    assert made.value == 0.0
    # Each AUROC is at least 0.05 (one pair), so the difference is within 0.95.
    assert (made.lower, made.upper) == pytest.approx((-0.95, 0.95))
