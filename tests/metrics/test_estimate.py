"""Tests of the estimate record."""

import math

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Estimate

WHOLE = {
    "lower": 0.4,
    "upper": 0.6,
    "confidence_level": 0.95,
    "method": "by hand",
    "unit": "image",
    "n": 9,
}


def test_an_estimate_without_value_says_why() -> None:
    """Neither a value nor a reason, or both, is refused."""
    with pytest.raises(InvalidInputError, match=r"value=None, not_estimable=None"):
        Estimate(value=None, **WHOLE)
    with pytest.raises(InvalidInputError, match=r"value=0\.5, not_estimable='no positives'"):
        Estimate(value=0.5, not_estimable="no positives", **WHOLE)


def test_an_estimate_reads_as_a_line_of_a_paper() -> None:
    """Value and limits with three decimals; or what is missing."""
    assert str(Estimate(value=0.5, **WHOLE)) == "0.500 (95% CI 0.400 to 0.600)"
    bare = WHOLE | {"lower": None, "upper": None}
    assert str(Estimate(value=0.5, **bare)) == "0.500 (no interval)"
    missing = Estimate(value=None, not_estimable="no positive images", **bare)
    assert str(missing) == "not estimable: no positive images"


def test_a_dictionary_keeps_none_where_a_reader_looks_and_drops_the_rest() -> None:
    """`patients` is always there; `note` only where there is one."""
    plain = Estimate(value=0.5, **WHOLE).to_dict()
    assert plain["patients"] is None
    assert "note" not in plain
    assert Estimate(value=0.5, note="few", **WHOLE).to_dict()["note"] == "few"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["value", "lower", "upper"])
def test_an_estimate_never_holds_what_is_no_number(number: float, field: str) -> None:
    """Neither nan nor infinity can reach a report."""
    given = {"value": 0.5, "lower": 0.4, "upper": 0.6} | {field: number}
    with pytest.raises(InvalidInputError, match="finite numbers or None"):
        Estimate(**given, confidence_level=0.95, method="none", unit="image", n=2)


def test_it_shows_in_a_notebook_with_what_it_rests_on() -> None:
    """The line of a paper, n and patients, the method, and the note; text is escaped."""
    page = Estimate(value=0.5, patients=1234, note="Few <b>", **WHOLE)._repr_html_()
    assert "0.500 (95% CI 0.400 to 0.600)" in page
    assert "n = 9 (images), 1,234 patients. by hand" in page
    assert "Few &lt;b&gt;" in page
    assert "patients" not in Estimate(value=0.5, **WHOLE)._repr_html_()
