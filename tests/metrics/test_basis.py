"""Tests of what an estimate states beside its value."""

import math

import numpy as np
import pytest
from scipy import stats

from prevalens.metrics.basis import Basis, skewed_limits
from prevalens.metrics.clusters import Spread
from prevalens.metrics.intervals import plain_limits


def basis(patients: int = 40) -> Basis:
    """Make a basis of two images per patient."""
    codes = np.repeat(np.arange(patients), 2)
    return Basis.of(codes, confidence_level=0.95, n=codes.size, events=7)


def test_the_counts_are_carried_into_the_estimate() -> None:
    """n, events, patients and the effective number."""
    made = basis().estimate(0.5, (0.4, 0.6), "by hand", design_effect=4.0)
    assert (made.n, made.events, made.patients, made.effective_n) == (80, 7, 40, 20.0)
    assert made.note is None


def test_few_patients_are_noted_beside_limits_only() -> None:
    """19 patients earn a note; an estimate without limits has its own reason."""
    assert "Few patients: 19" in str(basis(19).estimate(0.5, (0.4, 0.6), "by hand").note)
    without = basis(19).without_limits(0.5, "by hand", "none can be had")
    assert without.note == "No interval: none can be had."


def test_a_refusal_has_no_value() -> None:
    """The reason stands in `not_estimable`."""
    refused = basis().refuse("no positive images", "by hand")
    assert refused.value is None
    assert refused.not_estimable == "no positive images"


def test_an_unseen_spread_is_named() -> None:
    """No second patient, and no difference between patients, are two reasons."""
    assert basis().usable(Spread(0.01, 3.0, 40)) is None
    assert "one patient" in str(basis().usable(Spread(math.nan, 0.0, 1)))
    assert "width of 0" in str(basis().usable(Spread(0.0, 3.0, 40)))


def test_what_is_not_finite_is_no_number_of_a_report() -> None:
    """An infinite value is refused; infinite limits leave the value without an interval."""
    endless = basis().estimate(math.inf, None, "by hand")
    assert (endless.value, endless.not_estimable) == (
        None,
        "the scores are too extreme for it to be computed",
    )
    open_ended = basis().estimate(0.5, (0.1, math.nan), "by hand")
    assert (open_ended.value, open_ended.lower, open_ended.upper) == (0.5, None, None)
    assert open_ended.note == ("No interval: the scores are too extreme for limits to be computed.")


def test_whatever_becomes_of_an_estimate_its_method_and_counts_stay() -> None:
    """With limits, without, refused, or too extreme: confidence, unit, n, events, patients."""
    rests = Basis.of(np.repeat(np.arange(40), 2), confidence_level=0.8, n=80, events=7)
    for made in (
        rests.estimate(0.5, (0.4, 0.6), "by hand"),
        rests.without_limits(0.5, "by hand", "none can be had"),
        rests.refuse("no positive images", "by hand"),
        rests.estimate(math.nan, (0.1, 0.2), "by hand"),
        rests.estimate(0.5, (-math.inf, 0.6), "by hand"),
    ):
        assert made.method == "by hand"
        assert (made.confidence_level, made.unit, made.n) == (0.8, "image", 80)
        assert (made.events, made.patients) == (7, 40)
        assert (made.design_effect, made.effective_n) == (None, None)


def test_a_note_stands_before_that_of_few_patients() -> None:
    """Both are told, parted by a space; patients of one image each, and none at all, earn none."""
    told = basis(19).estimate(0.5, (0.4, 0.6), "by hand", note="First this.").note
    assert str(told).startswith("First this. Few patients: 19, which weigh as 19.0 patients")
    assert basis(20).estimate(0.5, (0.4, 0.6), "by hand", note="First this.").note == "First this."
    for codes in (None, np.arange(5)):
        alone = Basis.of(codes, confidence_level=0.95, n=5, events=2)
        assert alone.unclustered
        assert alone.estimate(0.5, (0.4, 0.6), "by hand").note is None


def test_a_basis_counts_the_patients_that_occur() -> None:
    """Numbers may be left out: rows of patients 0 and 4 are of two; no rows are of none."""
    found = Basis.of(np.array([0, 4, 4]), confidence_level=0.95, n=3, events=None)
    assert (found.patients, found.unclustered, found.events) == (2, False, None)
    empty = Basis.of(np.zeros(0, dtype=np.int64), confidence_level=0.95, n=0, events=0)
    assert (empty.patients, empty.unclustered) == (0, True)


@pytest.mark.parametrize(("variance", "usable"), [(1e-24, False), (1.1e-24, True), (1.0, True)])
def test_a_spread_of_rounding_error_is_none(variance: float, usable: bool) -> None:
    """Up to 1e-24 the patients do not differ."""
    assert (basis().usable(Spread(variance, 3.0, 40)) is None) == usable


def test_the_patient_with_most_images_is_named_and_patients_are_weighed() -> None:
    """One of 20 has 13 of 32 images: (32^2) / (13^2 + 19) = 5.4 patients (Kish)."""
    codes = np.append(np.arange(20), np.zeros(12, dtype=np.int64))
    ids = [f"p{number:02d}" for number in range(20)]
    made = Basis.of(codes, confidence_level=0.95, n=32, events=3, ids=ids)
    told = str(made.estimate(0.5, (0.4, 0.6), "by hand").note)
    assert "20, which weigh as 5.4 patients" in told
    assert "Patient 'p00' has 41% of the images." in told


def test_an_infinite_estimate_keeps_its_lower_limit() -> None:
    """No value and no upper limit; it is neither missing nor a number."""
    made = basis().infinite(6.3, "by hand")
    assert (made.value, made.lower, made.upper, made.infinite) == (None, 6.3, None, True)
    assert str(made) == "infinite (95% CI at least 6.300)"


def test_patients_that_are_not_skewed_leave_students_limits() -> None:
    """On a plain scale without skewness the cubic is the identity: value +- t x error."""
    spread = Spread(0.04, 9.0, 10, 0.0)
    critical = stats.t.ppf(0.975, 9)
    made = skewed_limits(0.5, spread, plain_limits, 0.95)
    assert made == pytest.approx((0.5 - 0.2 * critical, 0.5 + 0.2 * critical))
