"""Tests of estimates of several classes that are smooth functions of means."""

import numpy as np
import pytest
from slow_jackknife import LOG, slow_jackknife

from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_smooth import estimate_from, matrix_pulls, mean_pulls, smooth_estimate
from prevalens.metrics.settings import Settings

AT = Settings(None, 0.95)
RNG = np.random.default_rng(2)
Y = RNG.integers(0, 3, 80)
RAW = RNG.random((80, 3))
PATIENTS = np.repeat(np.arange(20), 4)
HELD = check_class_columns(Y, RAW / RAW.sum(axis=1, keepdims=True), PATIENTS, classes="abc")
LOSS = np.square(HELD.scores - np.eye(3)[Y]).sum(axis=1)


def test_a_mean_has_the_limits_of_the_slow_jackknife() -> None:
    """Leaving out a patient at a time, on the log scale."""
    made = estimate_from(lambda _: mean_pulls(LOSS), name="a loss", high=np.inf)(HELD, AT)
    slow = slow_jackknife(lambda w: float(w @ LOSS / w.sum()), [np.ones(80, dtype=bool)], PATIENTS)
    assert made.value == pytest.approx(slow.value)
    assert (made.lower, made.upper) == pytest.approx(slow.limits(0.95, LOG), rel=1e-3)


def test_a_function_of_the_matrix_moves_as_its_cells_do() -> None:
    """The influence values of a share of cells are those of a mean."""
    right = (HELD.predicted == Y).astype(float)

    def accuracy(*cells: complex) -> complex:
        return (cells[0] + cells[4] + cells[8]) / sum(cells)

    value, pulls = matrix_pulls(HELD, accuracy)
    assert value == pytest.approx(right.mean())
    assert pulls == pytest.approx((right - right.mean()) / 80)


@pytest.mark.parametrize(
    ("value", "why"), [(1.0, "end of its range"), (0.5, "all images count alike")]
)
def test_what_has_no_spread_has_no_limits(value: float, why: str) -> None:
    """At the end of the range, or where every row is alike."""
    made = smooth_estimate(HELD, value, np.zeros(80), AT, name="a share")
    assert (made.value, made.lower) == (value, None)
    assert why in str(made.note)


def test_an_undefined_value_and_one_patient_are_named() -> None:
    """Not estimable; and no interval from one patient."""
    assert smooth_estimate(HELD, np.nan, LOSS, AT, name="x").not_estimable is not None
    alone = check_class_columns(Y, HELD.scores, np.zeros(80, dtype=int), classes="abc")
    made = smooth_estimate(alone, 0.5, LOSS - LOSS.mean(), AT, name="x")
    assert "one patient" in str(made.note)
