"""Tests of figures from each image's pull."""

import math

import numpy as np
import pytest

from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import plain_limits, student_critical
from prevalens.metrics.linear import basis_of, linear_figure

VALUES = np.array([1.0, 3.0, 2.0, 6.0, 4.0, 2.0])
LABELS = np.array([1, 0, 0, 1, 0, 0], dtype=bool)


def mean_of(codes: np.ndarray | None) -> object:
    """Make the figure of a mean."""
    columns = Columns(LABELS, VALUES / 10, codes)
    pulls = (VALUES - VALUES.mean()) / 6
    return linear_figure(columns, 3.0, pulls, plain_limits, method="a mean, {}", level=0.95)


def test_independent_images_have_the_standard_error_of_a_mean() -> None:
    """The sample deviation over the root of n, normal quantile."""
    made = mean_of(None)
    half = 1.959963984540054 * VALUES.std(ddof=1) / math.sqrt(6)
    assert made.upper == pytest.approx(3 + half)  # type: ignore[attr-defined]
    assert made.method == "a mean, images independent"  # type: ignore[attr-defined]


def test_patients_have_that_of_their_means() -> None:
    """Three patients with means 2, 4 and 3: deviation 1, and 3/2 as the jackknife is cautious."""
    made = mean_of(np.array([0, 0, 1, 1, 2, 2]))
    half = student_critical(0.95, 2) * math.sqrt(1 / 3 * 3 / 2)
    assert made.upper == pytest.approx(3 + half)  # type: ignore[attr-defined]
    assert made.patients == 3  # type: ignore[attr-defined]


def test_one_patient_and_equal_images_have_no_limits() -> None:
    """Each with its reason."""
    assert "one patient" in mean_of(np.zeros(6, dtype=np.int64)).note  # type: ignore[attr-defined]
    columns = Columns(LABELS, VALUES / 10, None)
    made = linear_figure(columns, 3.0, np.zeros(6), plain_limits, method="{}", level=0.95)
    assert "count alike" in str(made.note)


def test_events_are_positive_images() -> None:
    """Two of six."""
    basis = basis_of(Columns(LABELS, VALUES / 10, None), 0.95)
    assert (basis.n, basis.events) == (6, 2)


def test_patients_that_do_not_differ_have_no_limits() -> None:
    """Images of 1 and 3 in each of two patients: every patient's mean is 2."""
    values, codes = np.array([1.0, 3.0, 1.0, 3.0]), np.array([0, 0, 1, 1])
    columns = Columns(np.array([1, 0, 1, 0], dtype=bool), values / 10, codes)
    pulls = (values - 2) / 4
    made = linear_figure(columns, 2.0, pulls, plain_limits, method="{}", level=0.95)
    assert (made.value, made.lower) == (2.0, None)
    assert "patients do not differ at all" in str(made.note)
