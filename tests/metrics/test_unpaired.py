"""The difference of two estimates of different patients, by hand."""

import math
from dataclasses import replace

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Estimate, sensitivity
from prevalens.metrics.unpaired import unpaired_contrast

ONE = Estimate(
    value=0.8, lower=0.7, upper=0.85, confidence_level=0.95, method="m", unit="image", n=50,
    patients=10, note="first",
)  # fmt: skip
TWO = replace(ONE, value=0.9, lower=0.82, upper=0.93, n=70, patients=20, note="second")


def test_limits_are_squared_and_added() -> None:
    """Each limit from the arms that push it: 0.1 and 0.03 below, 0.05 and 0.08 above."""
    made = unpaired_contrast(ONE, TWO, hypothesis="h", widest=1).difference

    assert made.value == pytest.approx(-0.1)
    assert made.lower == pytest.approx(-0.1 - math.hypot(0.1, 0.03))
    assert made.upper == pytest.approx(-0.1 + math.hypot(0.05, 0.08))
    assert (made.n, made.patients, made.note) == (120, 30, "first second")


def test_limits_end_at_the_widest_difference() -> None:
    """Nothing lies beyond 1."""
    far = replace(ONE, value=1.0, lower=0.2, upper=1.0)
    made = unpaired_contrast(
        far, replace(TWO, value=0.0, lower=0.0, upper=0.9), hypothesis="h", widest=1
    )

    assert made.difference.upper == 1
    assert made.p_value is None


def test_a_side_without_limits_or_value_gives_none() -> None:
    """Without limits the value stands alone; without a value the side's reason is given."""
    bare = unpaired_contrast(replace(ONE, lower=None, upper=None), TWO, hypothesis="h", widest=1)
    assert bare.difference.value == pytest.approx(-0.1)
    assert bare.difference.lower is None

    none = sensitivity([0, 0], [0, 1])
    told = unpaired_contrast(TWO, none, hypothesis="h", widest=1).difference
    assert told.value is None
    assert told.not_estimable == none.not_estimable


def test_confidence_levels_must_agree() -> None:
    """Limits of 90 % and of 95 % are not added."""
    with pytest.raises(InvalidInputError, match=r"got 0\.9 and 0\.95"):
        unpaired_contrast(replace(ONE, confidence_level=0.9), TWO, hypothesis="h", widest=1)
