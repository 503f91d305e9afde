"""Tests of what a measure of several classes is."""

import math

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_measure import ClassMeasure
from prevalens.metrics.class_measures import class_measure_of


def test_a_measure_says_which_classes_it_suits() -> None:
    """Weighted kappa needs grades; top-2 accuracy says nothing of two classes."""
    two = check_class_columns([0, 1], [[0.5, 0.5]] * 2, None, classes="ab")
    graded = check_class_columns([0, 1], [[0.5, 0.5]] * 2, None, classes="ab", ordered=True)
    assert not class_measure_of("top_2_accuracy").suits(two)
    assert not class_measure_of("linear_kappa").suits(two)
    assert class_measure_of("linear_kappa").suits(graded)


def test_its_widest_difference_is_its_range() -> None:
    """Kappa may differ by 2, a loss by anything."""
    assert class_measure_of("kappa").widest == 2
    assert math.isinf(class_measure_of("multiclass_brier").widest)
    assert class_measure_of("kappa").full_references()[0].startswith("Cohen J.")


def test_a_group_that_is_none_is_refused() -> None:
    """With those there are."""
    known = class_measure_of("accuracy")
    with pytest.raises(InvalidInputError, match="'ranking'"):
        ClassMeasure(
            key="x",
            title="X",
            group="rank",
            direction="higher",
            references=("Cohen 1960",),
            estimate=known.estimate,
        )
