"""Tests of a share of images inside patients."""

import numpy as np
import pytest
from scipy import stats

from prevalens.metrics import clopper_pearson_interval, wilson_interval
from prevalens.metrics.clusters import Spread
from prevalens.metrics.proportion import design_effect, patients_of, proportion_estimate


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
    """Sizes 2, 1, 1 and 2 hits, 0, 1: two kinds of patients seen, one with a miss."""
    tops, sizes = np.array([2.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0])
    changes = np.array([0.5 / 4 / 0.5, -0.75 / 4 / 0.75, 0.25 / 4 / 0.75])
    spread = Spread.of(changes)
    weight, together = 1 / 1.5, 6 / 4
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
