"""Numbers are written with care: no false zero, no bare nan."""

import pytest

from prevalens.reports.estimate_text import (
    counts_text,
    estimate_text,
    group_of,
    interval_text,
    name_of,
    number_text,
    percent_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (-2.7e-17, "0.000"),
        (0.0004, "<0.001"),
        (-0.0004, "-<0.001"),
        (0.0006, "0.001"),
        (0.99949, "0.999"),
        (0.99999, ">0.999"),
        (1.0, "1.000"),
        (-0.99999, "<-0.999"),
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


def test_an_absent_limit_is_said() -> None:
    """One-sided limits and none at all are words, not nan."""
    assert interval_text({"lower": None, "upper": None}) == "no interval"
    assert interval_text({"lower": 2.0, "upper": None}) == "2.000 to unbounded"
    assert interval_text({"lower": None, "upper": 2.0}) == "unbounded to 2.000"


def test_the_reason_stands_where_no_value_is() -> None:
    """An estimate without a value says why."""
    estimate = {"value": None, "lower": None, "upper": None, "not_estimable": "no positives"}

    assert estimate_text(estimate) == "not estimable: no positives"


def test_what_an_estimate_rests_on() -> None:
    """Counted events for proportions, positives for the rest, patients where there are some."""
    estimate = {"n": 1, "events": 1, "patients": 1, "unit": "image"}

    assert counts_text("npv", estimate) == "1 of 1 image, 1 patient"
    assert counts_text("brier", estimate | {"n": 9, "patients": None}) == "9 images, 1 positive"
    assert counts_text("npv", estimate | {"unit": "patient", "n": 2}) == "1 of 2 patients"
    assert counts_text("ece", estimate | {"events": None, "patients": None}) == "1 image"


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
