"""Tests of a share of images inside patients."""

import math

import numpy as np
import pytest
from scipy import stats

from prevalens.metrics import clopper_pearson_interval, wilson_interval
from prevalens.metrics.intervals import student_critical
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


def test_images_that_go_together_count_as_their_patients() -> None:
    """Ten images of each of six patients, all alike inside: six units on five degrees."""
    hits, codes = np.repeat([1, 1, 1, 1, 0, 0], 10), np.repeat(np.arange(6), 10)
    made = proportion_estimate(hits.astype(bool), codes, confidence_level=0.95, empty="none")
    # Jackknife: a patient's change is (x - p) / 5: four of 1/15, two of 2/15.
    squares, fourths = (4 + 2 * 4) / 15**2, (4 + 2 * 16) / 15**4
    assert made.design_effect == pytest.approx(squares * 60 / (4 / 6 * 2 / 6))
    seen = min(2 * squares**2 / (fourths - squares**2 / 6), 5)
    reach = student_critical(0.95, seen) * math.sqrt(squares) * 6 * 6 / 8
    assert made.upper == pytest.approx(1 / (1 + math.exp(-math.log(2) - reach)))


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


OVER = "{} over patients: effective number of images from the delete-one-patient jackknife"


@pytest.mark.parametrize(
    ("interval", "mixed", "flat", "alone"),
    [
        ("wilson", "logit interval", "Wilson interval", "Wilson score interval, images"),
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


@pytest.mark.parametrize("hit", [True, False])
@pytest.mark.parametrize("interval", ["wilson", "exact"])
def test_patients_who_are_all_alike_count_as_their_sizes_say(hit: bool, interval: str) -> None:
    """Effect sum(m^2)/n; number n / effect, less by (z / t)^2 on k - 1 degrees."""
    sizes = np.array([1, 2, 3, 6])
    made = proportion_estimate(
        np.full(12, hit),
        np.repeat(np.arange(4), sizes),
        confidence_level=0.9,
        empty="",
        interval=interval,
    )
    effect = (1 + 4 + 9 + 36) / 12
    z, t = 1.6448536269514722, stats.t.ppf(0.95, 3)
    number = 12 / effect * (z / t) ** 2
    share = z**2 / number
    far = share / (1 + share) if interval == "wilson" else 1 - 0.05 ** (1 / number)
    assert made.design_effect == pytest.approx(effect)
    expected = (1 - far, 1.0) if hit else (0.0, far)
    assert (made.lower, made.upper) == pytest.approx(expected)


def test_a_design_effect_and_its_degrees_by_hand() -> None:
    """Where all are hits k - 1; else the jackknife's variance over p (1 - p) / n, at least 1."""
    sizes = np.array([2.0, 3.0, 5.0])
    for tops in (sizes, 0 * sizes):
        assert design_effect(tops, sizes) == (3.8, 2.0)
    effect, df = design_effect(np.array([2.0, 0.0, 0.0]), sizes)
    changes = np.array([0.2 - 0 / 8, 0.2 - 2 / 7, 0.2 - 2 / 5])
    total = changes @ changes
    assert effect == pytest.approx(total * 10 / 0.16)
    assert df == pytest.approx(min(2 * total**2 / ((changes**4).sum() - total**2 / 3), 2))
    # Two in four of each patient: nothing between them, so no less than independent images.
    assert design_effect(np.array([2.0, 2.0]), np.array([4.0, 4.0]))[0] == 1.0


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
