"""Tests of a share of images inside patients."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prevalens.metrics import clopper_pearson_interval, wilson_interval
from prevalens.metrics.clusters import Spread
from prevalens.metrics.proportion import (
    design_effect,
    patients_of,
    proportion_estimate,
    share_limits,
)


def limits(hits: list[int], patients: list[int] | None, interval: str = "wilson") -> object:
    """Compute the limits of the share of `hits`."""
    codes = None if patients is None else np.array(patients)
    made = proportion_estimate(
        np.array(hits, dtype=bool), codes, confidence_level=0.95, empty="none", interval=interval
    )
    return made.lower, made.upper


@pytest.mark.parametrize("patients", [None, [4, 0, 2, 1, 3]])
def test_one_image_per_patient_is_the_classical_interval(patients: list[int] | None) -> None:
    """Wilson's and the exact limits, to the last digit."""
    assert limits([1, 1, 0, 1, 0], patients) == wilson_interval(3, 5)
    assert limits([1, 1, 0, 1, 0], patients, "exact") == clopper_pearson_interval(3, 5)


def test_all_hits_count_each_patient_once() -> None:
    """Where no patient differs, the effective number is that of the patients, and said so."""
    made = proportion_estimate(
        np.ones(40, dtype=bool), np.repeat(np.arange(8), 5), confidence_level=0.95, empty="none"
    )
    assert made.effective_n == pytest.approx(8)
    assert made.upper == 1
    assert made.lower is not None
    assert made.lower < wilson_interval(8, 8)[0]
    assert "counted as one" in str(made.note)


def test_no_images_and_one_patient_give_reasons() -> None:
    """Empty: not estimable. One patient: a value without limits."""
    empty = np.zeros(0, dtype=bool)
    nothing = proportion_estimate(
        empty, np.zeros(0, dtype=np.int64), confidence_level=0.95, empty="no predictions"
    )
    assert (nothing.value, nothing.not_estimable, nothing.patients) == (None, "no predictions", 0)
    single = proportion_estimate(
        np.array([True, False]), np.array([3, 3]), confidence_level=0.95, empty="no predictions"
    )
    assert (single.value, single.lower, single.patients) == (0.5, None, 1)
    assert "one patient" in str(single.note)


OVER = "{} over patients: effective number of images from the delete-one-patient jackknife"


@pytest.mark.parametrize(
    ("interval", "mixed", "flat", "alone"),
    [
        ("wilson", "Wilson interval", "Wilson interval", "Wilson score interval, images"),
        (
            "exact",
            "Clopper-Pearson interval",
            "Clopper-Pearson interval",
            "Clopper-Pearson exact interval, images",
        ),
    ],
)
def test_the_method_is_that_of_the_rows(interval: str, mixed: str, flat: str, alone: str) -> None:
    """Patients with hits and misses, patients alike, independent images; empty ones too."""
    codes = np.array([0, 0, 1, 1, 2, 2])
    for hits, words in (([1, 0, 1, 1, 0, 0], mixed), ([1] * 6, flat), ([0] * 6, flat)):
        ask = {"confidence_level": 0.9, "empty": "none", "interval": interval}
        made = proportion_estimate(np.array(hits, dtype=bool), codes, **ask)  # type: ignore[arg-type]
        assert made.method.startswith(OVER.format(words))
        assert ("counted as one" in str(made.note)) == (len(set(hits)) == 1)
        assert made.confidence_level == 0.9
        for ids in (None, np.arange(6)):
            bare = proportion_estimate(np.array(hits, dtype=bool), ids, **ask)  # type: ignore[arg-type]
            assert bare.method.startswith(alone)
            assert bare.note is None
    one = proportion_estimate(np.array([True, False]), np.array([3, 3]), **ask)  # type: ignore[arg-type]
    assert one.method.startswith(OVER.format(mixed))
    assert one.note == "No interval: all these images come from one patient."
    empty = proportion_estimate(np.zeros(0, dtype=bool), None, **ask)  # type: ignore[arg-type]
    assert empty.method.startswith(alone)


def test_numbers_without_rows_are_no_patients() -> None:
    """Patients 0, 4 and 9 are three."""
    hits = np.array([1, 1, 0, 1, 0, 0], dtype=bool)
    one, two = (
        proportion_estimate(hits, np.repeat(codes, 2), confidence_level=0.95, empty="")
        for codes in ([0, 1, 2], [0, 4, 9])
    )
    assert one == two
    assert one.patients == 3


def test_patients_of_chosen_rows() -> None:
    """None stays None."""
    rows = np.array([True, False, True])
    assert patients_of(None, rows) is None
    chosen = patients_of(np.array([4, 5, 6]), rows)
    assert chosen is not None
    assert chosen.tolist() == [4, 6]


def test_a_design_effect_and_its_degrees_shrink_to_full_dependence_by_hand() -> None:
    """Sizes 2, 1, 1 and 2 hits, 0, 1: one patient with a miss, so exp(-1) is unseen."""
    tops, sizes = np.array([2.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0])
    changes = np.array([0.5 / 4 / 0.5, -0.75 / 4 / 0.75, 0.25 / 4 / 0.75])
    spread = Spread.of(changes)
    weight, together = 1 - math.exp(-1), 6 / 4
    seen = spread.variance * 4 / (0.75 * 0.25)
    effect, df = design_effect(tops, sizes)
    assert effect == pytest.approx(max(weight * seen + (1 - weight) * together, 1))
    assert df == pytest.approx(max(weight * spread.df + (1 - weight) * (16 / 6 - 1), 1))


@pytest.mark.parametrize("order", [list(range(10, 32)), [0, 33, 2, 35, *range(10, 32)]])
def test_one_more_miss_never_raises_the_lower_limit(order: list[int]) -> None:
    """36 images of 32 patients, misses in single images or in pairs: limits fall with each."""
    codes = np.array([*range(32), 0, 1, 2, 3])
    limits = []
    for misses in range(20):
        hits = np.ones(36, dtype=bool)
        hits[order[:misses]] = False
        made = proportion_estimate(hits, codes, confidence_level=0.95, empty="")
        limits.append((made.lower, made.upper))
    lower, upper = zip(*limits, strict=True)
    assert list(lower) == sorted(lower, reverse=True)
    assert list(upper) == sorted(upper, reverse=True)
    assert lower[1] > 0.8


def test_all_hits_count_patients_by_kish_and_wilson() -> None:
    """Ten patients of four images: ten units, less what Student's t on nine degrees takes."""
    made = proportion_estimate(
        np.ones(40, dtype=bool), np.arange(40) // 4, confidence_level=0.95, empty=""
    )
    n = 10 * (1.959963984540054 / stats.t.ppf(0.975, 9)) ** 2
    assert made.lower == pytest.approx(n / (n + 1.959963984540054**2))
    assert (made.upper, made.design_effect) == (1.0, 4.0)


def lower_limit(misses: list[int], sizes: list[int]) -> float:
    """Compute the lower limit where each patient has so many misses among so many images."""
    hits = [np.arange(size) >= missed for missed, size in zip(misses, sizes, strict=True)]
    codes = np.repeat(np.arange(len(sizes)), sizes)
    made = proportion_estimate(np.concatenate(hits), codes, confidence_level=0.95, empty="")
    assert made.lower is not None
    return made.lower


@settings(deadline=None, max_examples=40)
@given(patients=st.integers(3, 60), images=st.integers(1, 20))
def test_one_more_patient_in_error_never_raises_a_limit(patients: int, images: int) -> None:
    """All images of 0, 1, 2 ... patients are missed: the clustering stays, the limit falls."""
    lower = [
        lower_limit([images] * wrong + [0] * (patients - wrong), [images] * patients)
        for wrong in range(patients + 1)
    ]
    assert lower == sorted(lower, reverse=True)


@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(1, 25), min_size=3, max_size=40))
def test_one_more_error_of_the_same_patient_never_raises_a_limit(sizes: list[int]) -> None:
    """The patient with most images has 1, 2, ... misses, the others none; sizes are unequal."""
    first, *others = sorted(sizes, reverse=True)
    lower = [
        lower_limit([missed] + [0] * len(others), [first, *others])
        for missed in range(1, first + 1)
    ]
    assert np.diff(lower).max(initial=0) <= 1e-12


@settings(deadline=None, max_examples=60)
@given(
    events=st.integers(1, 400),
    effect=st.floats(1, 30),
    df=st.floats(1, 200),
    exact=st.booleans(),
)
def test_at_the_same_design_effect_an_error_lowers_both_limits(
    events: int, effect: float, df: float, exact: bool
) -> None:
    """400 images at any design effect with any degrees of freedom, Wilson and exact."""
    more, fewer = (
        share_limits(hits / 400, 400 / effect, df, exact, 0.95) for hits in (events, events - 1)
    )
    assert fewer[0] <= more[0]
    assert fewer[1] <= more[1]


def test_scattered_errors_tell_of_the_design_effect() -> None:
    """60 patients of 20 images: 0 to 3 single misses. A limit rises only where the effect falls."""
    made = [
        proportion_estimate(
            np.arange(1200) % 20 >= (np.arange(1200) // 20 < misses),
            np.repeat(np.arange(60), 20),
            confidence_level=0.95,
            empty="",
        )
        for misses in range(40)
    ]
    for before, after in itertools.pairwise(made):
        rises = after.lower > before.lower  # type: ignore[operator]
        assert not rises or after.design_effect < before.design_effect  # type: ignore[operator]
    assert made[0].design_effect == pytest.approx(20)
    assert made[5].design_effect == pytest.approx(1, abs=0.2)
