"""Tests of a share of images inside patients."""

import math

import numpy as np
import pytest
from scipy import stats

from prevalens.metrics import clopper_pearson_interval, wilson_interval
from prevalens.metrics.intervals import student_critical
from prevalens.metrics.proportion import proportion_figure


def limits(hits: list[int], patients: list[int] | None, interval: str = "wilson") -> object:
    """Compute the limits of the share of `hits`."""
    codes = None if patients is None else np.array(patients)
    made = proportion_figure(
        np.array(hits, dtype=bool), codes, level=0.95, empty="none", interval=interval
    )
    return made.lower, made.upper


@pytest.mark.parametrize("patients", [None, [4, 0, 2, 1, 3]])
def test_one_image_per_patient_is_the_classical_interval(patients: list[int] | None) -> None:
    """Wilson's and the exact limits, to the last digit."""
    assert limits([1, 1, 0, 1, 0], patients) == wilson_interval(3, 5)
    assert limits([1, 1, 0, 1, 0], patients, "exact") == clopper_pearson_interval(3, 5)


def test_images_that_go_together_count_as_their_patients() -> None:
    """Ten images of each of six patients, all alike inside: six units on five degrees."""
    hits, codes = np.repeat([1, 1, 1, 1, 0, 0], 10), np.repeat(np.arange(6), 10)
    made = proportion_figure(hits.astype(bool), codes, level=0.95, empty="none")
    # Jackknife: a patient's change is (x - p) / 5: four of 1/15, two of 2/15.
    squares, fourths = (4 + 2 * 4) / 15**2, (4 + 2 * 16) / 15**4
    assert made.design_effect == pytest.approx(squares * 60 / (4 / 6 * 2 / 6))
    seen = min(2 * squares**2 / (fourths - squares**2 / 6), 5)
    reach = student_critical(0.95, seen) * math.sqrt(squares) * 6 * 6 / 8
    assert made.upper == pytest.approx(1 / (1 + math.exp(-math.log(2) - reach)))


def test_all_hits_count_each_patient_once() -> None:
    """Where no patient differs, the effective number is that of the patients, and said so."""
    made = proportion_figure(
        np.ones(40, dtype=bool), np.repeat(np.arange(8), 5), level=0.95, empty="none"
    )
    assert made.effective_n == pytest.approx(8)
    assert made.upper == 1
    assert made.lower is not None
    assert made.lower < wilson_interval(8, 8)[0]
    assert "counted as one" in str(made.note)


def test_no_images_and_one_patient_give_reasons() -> None:
    """Empty: not estimable. One patient: a value without limits."""
    empty = np.zeros(0, dtype=bool)
    nothing = proportion_figure(empty, np.zeros(0, dtype=np.int64), level=0.95, empty="no calls")
    assert (nothing.value, nothing.not_estimable, nothing.patients) == (None, "no calls", 0)
    single = proportion_figure(
        np.array([True, False]), np.array([3, 3]), level=0.95, empty="no calls"
    )
    assert (single.value, single.lower, single.patients) == (0.5, None, 1)
    assert "one patient" in str(single.note)


def test_the_exact_interval_inside_patients_is_that_of_the_effective_number() -> None:
    """Korn and Graubard: the beta quantiles of p n* and (1 - p) n*, n* as above."""
    hits, codes = np.repeat([1, 1, 1, 1, 0, 0], 10), np.repeat(np.arange(6), 10)
    squares, fourths = (4 + 2 * 4) / 15**2, (4 + 2 * 16) / 15**4
    seen = min(2 * squares**2 / (fourths - squares**2 / 6), 5)
    number = 2 / 9 / squares * (1.959963984540054 / student_critical(0.95, seen)) ** 2
    found, rest = 2 / 3 * number, 1 / 3 * number
    assert limits(hits.tolist(), codes.tolist(), "exact") == pytest.approx(
        (stats.beta.ppf(0.025, found, rest + 1), stats.beta.ppf(0.975, found + 1, rest))
    )
