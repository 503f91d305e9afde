"""Tests of estimates from each image's pull."""

import math

import numpy as np
import pytest
from slow_jackknife import student_of_mean

from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import plain_limits, student_critical
from prevalens.metrics.linear import (
    JACKKNIFE,
    SKEWED,
    STUDENT,
    basis_of,
    informative_size,
    linear_estimate,
)

VALUES = np.array([1.0, 3.0, 2.0, 6.0, 4.0, 2.0])
LABELS = np.array([1, 0, 0, 1, 0, 0], dtype=bool)


def mean_of(codes: np.ndarray | None) -> object:
    """Make the estimate of a mean."""
    columns = Columns(LABELS, VALUES / 10, codes)
    influence_values = (VALUES - VALUES.mean()) / 6
    return linear_estimate(
        columns, 3.0, influence_values, plain_limits, method="a mean, {}", confidence_level=0.95
    )


def test_independent_images_have_the_standard_error_of_a_mean() -> None:
    """The sample deviation over the root of n, Student's quantile."""
    made = mean_of(None)
    half = student_of_mean(VALUES, 0.95) * VALUES.std(ddof=1) / math.sqrt(6)
    assert made.upper == pytest.approx(3 + half)  # type: ignore[attr-defined]
    assert made.method == f"a mean, images independent, {STUDENT}"  # type: ignore[attr-defined]


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
    made = linear_estimate(
        columns, 3.0, np.zeros(6), plain_limits, method="{}", confidence_level=0.95
    )
    assert "count alike" in str(made.note)


def test_events_are_positive_images() -> None:
    """Two of six."""
    basis = basis_of(Columns(LABELS, VALUES / 10, None), 0.95)
    assert (basis.n, basis.events) == (6, 2)


def test_patients_that_do_not_differ_have_no_limits() -> None:
    """Images of 1 and 3 in each of two patients: every patient's mean is 2."""
    values, codes = np.array([1.0, 3.0, 1.0, 3.0]), np.array([0, 0, 1, 1])
    columns = Columns(np.array([1, 0, 1, 0], dtype=bool), values / 10, codes)
    influence_values = (values - 2) / 4
    made = linear_estimate(
        columns, 2.0, influence_values, plain_limits, method="{}", confidence_level=0.95
    )
    assert (made.value, made.lower) == (2.0, None)
    assert "patients do not differ at all" in str(made.note)


def test_each_reason_stands_beside_value_and_method() -> None:
    """One patient, images alike, patients alike: the value, why, and which method."""
    ask = {"method": "a mean, {}", "confidence_level": 0.8}
    over = f"a mean, {JACKKNIFE}, {SKEWED}"
    two = np.array([0, 0, 1, 1])
    influence_values = np.array([-0.25, 0.25, -0.25, 0.25])
    for moves, codes, note, method in (
        (influence_values, np.zeros(4, dtype=np.int64), "all images come from one patient", over),
        (
            0 * influence_values,
            two,
            "all images count alike, and a width of 0 is not an interval",
            over,
        ),
        (
            0 * influence_values,
            None,
            "all images count alike, and a width of 0 is not an interval",
            f"a mean, images independent, {STUDENT}",
        ),
        (
            influence_values,
            two,
            "the patients do not differ at all, and a width of 0 is not an interval",
            over,
        ),
    ):
        columns = Columns(LABELS[:4], VALUES[:4] / 10, codes)
        made = linear_estimate(columns, 3.0, moves, plain_limits, **ask)  # type: ignore[arg-type]
        assert (made.value, made.lower, made.upper) == (3.0, None, None)
        assert made.note == f"No interval: {note}."
        assert made.method == method
        assert (made.n, made.events, made.confidence_level) == (4, 2, 0.8)


def test_one_image_counts_alike_with_itself() -> None:
    """Of one patient or of none: no spread in one row, and no division by 0."""
    for codes in (None, np.array([0])):
        columns = Columns(LABELS[:1], VALUES[:1] / 10, codes)
        made = linear_estimate(
            columns, 3.0, np.zeros(1), plain_limits, method="{}", confidence_level=0.95
        )
        assert "count alike" in str(made.note)


def test_a_design_effect_is_at_least_1_and_by_hand() -> None:
    """Means 2, 4 and 3 of pairs: (3/2)^2 x 2/9 x ... over the sample variance of the images."""
    made = mean_of(np.array([0, 0, 1, 1, 2, 2]))
    alone = VALUES.var(ddof=1) / 6
    changes = np.array([-1.0, 1.0, 0.0]) / 3 * 3 / 2
    effect = max(float(changes @ changes) / alone, 1.0)
    assert made.design_effect == pytest.approx(effect)  # type: ignore[attr-defined]
    apart = Columns(LABELS, VALUES / 10, np.array([0, 1, 2, 0, 1, 2]))
    influence_values = np.array([-1.0, 0.8, 0.1, 1.0, -1.0, 0.1]) / 6
    even = linear_estimate(
        apart, 3.0, influence_values, plain_limits, method="{}", confidence_level=0.95
    )
    assert even.design_effect == 1.0
    assert even.effective_n == 6.0


def test_pulls_too_large_for_a_number_leave_the_value_alone() -> None:
    """Squares overflow without a warning and end as no limits."""
    columns = Columns(LABELS, VALUES / 10, None)
    influence_values = np.array([1e200, -1e200, 0, 0, 0, 0])
    made = linear_estimate(
        columns, 3.0, influence_values, plain_limits, method="{}", confidence_level=0.95
    )
    assert (made.value, made.lower) == (3.0, None)
    assert "too extreme for limits" in str(made.note)


def test_sizes_that_tell_nothing_are_named_in_one_study_of_twenty() -> None:
    """Hits drawn apart from the number of images, rare or frequent; and those that are not."""
    for share in (0.1, 0.5, 0.9):
        told = 0
        for seed in range(200):
            rng = np.random.default_rng([seed, int(10 * share)])
            codes = np.repeat(np.arange(300), rng.integers(1, 6, 300))
            told += informative_size(rng.random(codes.size) < share, codes) is not None
        assert told <= 22  # of 200 at 5 %, at most 22 in 999 of 1,000
    sizes = np.tile([1, 5], 60)
    hits = np.repeat(sizes == 5, sizes) & (np.arange(sizes.sum()) % 2 == 0)
    owner = np.repeat(np.arange(120), sizes)
    assert "Patients with more images" in str(informative_size(hits, owner))
