"""The parts of a record that sections share: an estimate, a contrast, a matrix."""

import math

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Estimate, compare_models
from prevalens.reports.record_parts import (
    EstimatePart,
    contrast_part,
    estimate_part,
    matrix_part,
    plain,
)

GIVEN = {
    "value": 0.5,
    "lower": 0.4,
    "upper": 0.6,
    "confidence_level": 0.95,
    "method": "m",
    "unit": "image",
    "n": 8,
    "events": 4,
    "patients": None,
}


def test_the_matrix_is_counted_by_hand() -> None:
    """One found, one false alarm, one missed, two cleared."""
    positive = np.array([True, True, False, False, False])
    predicted = np.array([True, False, True, False, False])
    found = matrix_part(positive, predicted)

    assert (found.true_positive, found.false_positive) == (1, 1)
    assert (found.false_negative, found.true_negative) == (1, 2)


def test_an_estimate_keeps_every_field() -> None:
    """What the metrics computed comes back, field for field."""
    estimate = Estimate(**GIVEN, note="few", design_effect=2.0)  # type: ignore[arg-type]
    kept = estimate_part(estimate)

    assert {name: getattr(kept, name) for name in estimate.to_dict()} == estimate.to_dict()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": math.nan}, "finite"),
        ({"upper": math.inf}, "finite"),
        ({"lower": 0.7}, "must rise"),
        ({"upper": 0.1}, "must rise"),
        ({"value": None}, "either a value or a reason"),
        ({"not_estimable": "why"}, "either a value or a reason"),
    ],
)
def test_what_no_computation_gives_is_refused(changes: dict[str, object], told: str) -> None:
    """Nan, limits on the wrong side, neither value nor reason, and both."""
    with pytest.raises(InvalidInputError, match=told):
        EstimatePart(**(GIVEN | changes))  # type: ignore[arg-type]


def test_a_contrast_has_both_p_values() -> None:
    """Its own, and the adjusted one that is given."""
    made = compare_models([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], [0.3, 0.2, 0.1, 0.8])
    part = contrast_part(made, 0.75)

    assert (part.p_value, part.p_holm) == (made.p_value, 0.75)
    assert part.difference.value == made.difference.value


def test_arrays_become_plain_numbers() -> None:
    """An array is a list of Python's own numbers."""
    assert plain(np.array([1, 2])) == [1, 2]
    assert type(plain(np.array([1]))[0]) is int
