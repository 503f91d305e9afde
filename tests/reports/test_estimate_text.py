"""Numbers are written with care: no false zero, no bare nan."""

import pytest

from prevalens.reports.estimate_text import (
    counts_text,
    estimate_text,
    group_of,
    interval_text,
    name_of,
    number_text,
    of_100,
    p_text,
    percent_text,
    value_text,
    verb,
)
from prevalens.reports.record_parts import EstimatePart


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (1e-13, "<0.001"),
        (0.0004, "<0.001"),
        (-0.0004, ">-0.001"),
        (0.0006, "0.001"),
        (0.99949, "0.999"),
        (0.99999, ">0.999"),
        (1.0, "1.000"),
        (-0.9998, "-1.000"),
        (9.994, "9.994"),
        (9.996, "10.0"),
        (99.96, "100"),
        (-12.34, "-12.3"),
        (None, "none"),
    ],
)
def test_numbers_keep_what_a_reader_needs(value: float | None, text: str) -> None:
    """Nothing that is not 0 or 1 is rounded to it; large ratios lose their decimals."""
    assert number_text(value) == text


def part(**changes: object) -> EstimatePart:
    """Return an estimate of 0.5 on one image of one patient, changed."""
    given = {
        "value": 0.5,
        "lower": None,
        "upper": None,
        "confidence_level": 0.95,
        "method": "m",
        "unit": "image",
        "n": 1,
        "events": 1,
        "patients": 1,
    }
    return EstimatePart(**(given | changes))  # type: ignore[arg-type]


def test_an_absent_limit_is_said() -> None:
    """One-sided limits and none at all are words, not nan."""
    assert interval_text(part()) == "no interval"
    assert interval_text(part(lower=0.25)) == "0.250 to unbounded"
    assert interval_text(part(upper=2.0)) == "unbounded to 2.000"


def test_a_difference_that_is_0_but_for_rounding_is_0() -> None:
    """A sum of 1e-17 with limits on both sides is 0; a Brier score of 1e-13 is not."""
    assert value_text(part(value=-2.7e-17, lower=-0.1, upper=0.1)) == "0.000"
    assert value_text(part(value=1e-13, lower=0.0, upper=0.1)) == "<0.001"


@pytest.mark.parametrize(
    ("p_value", "text"), [(1e-6, "<0.001"), (1e-13, "<0.001"), (0.0, "<0.001"), (0.2, "0.200")]
)
def test_no_p_value_is_0(p_value: float, text: str) -> None:
    """However small, a p value is written as a bound."""
    assert p_text(p_value) == text


def test_the_reason_stands_where_no_value_is() -> None:
    """An estimate without a value says why."""
    absent = part(value=None, not_estimable="no positives")

    assert estimate_text(absent) == "not estimable: no positives"


def test_what_an_estimate_is_counted_on() -> None:
    """Counted events for proportions, positives for the rest, patients where there are some."""
    assert counts_text("npv", part()) == "1 of 1 image, 1 patient"
    assert counts_text("brier", part(n=9, patients=None)) == "9 images, 1 positive"
    assert counts_text("npv", part(unit="patient", n=2)) == "1 of 2 patients"
    assert counts_text("ece", part(events=None, patients=None)) == "1 image"


def test_unknown_estimates_have_a_name_and_a_place() -> None:
    """A measure that is not registered here has a name made of its key, and a place of its own."""
    assert name_of("new_thing") == "New thing"
    assert [group_of(key) for key in ("f1", "auroc", "net_benefit", "new_thing")] == [
        "threshold",
        "ranking",
        "utility",
        "other",
    ]
    assert group_of("prevalence") == "flow"


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50.0 %"), (0.001, "0.1 %"), (0.0001, "0.01 %"), (0.0, "0.0 %")]
)
def test_rare_diseases_keep_their_digits(share: float, text: str) -> None:
    """A prevalence of one in ten thousand is not 0.0 %."""
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, ("0", "100", 0)),
        (0.004, ("fewer than 1", "over 99", 1)),
        (0.006, ("1", "99", 1)),
        (0.5, ("50", "50", 50)),
        (0.994, ("99", "1", 99)),
        (0.996, ("over 99", "fewer than 1", 99)),
        (1.0, ("100", "0", 100)),
    ],
)
def test_all_and_none_of_a_hundred_are_said_of_nothing_else(
    share: float, told: tuple[str, str, int]
) -> None:
    """One miss among 400 is no "0 are missed"; counts take their verb."""
    assert of_100(share) == told
    assert [verb(count) for count in ("0", "1", "fewer than 1", "2")] == ["are", "is", "is", "are"]
