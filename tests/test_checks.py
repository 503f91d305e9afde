"""Errors have one voice: rule, value, remedy."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens._checks import (
    check_choice,
    check_integer,
    check_number,
    check_path,
    check_same_length,
    did_you_mean,
    name_some,
)
from prevalens.exceptions import InvalidInputError


@given(st.integers(min_value=3))
def test_a_whole_number_of_at_least_the_minimum_passes_through(value: int) -> None:
    """A good value comes back unchanged."""
    assert check_integer("n_splits", value, minimum=3) == value


@pytest.mark.parametrize("value", [2, -1, 3.0, "3", None, True])
def test_a_wrong_count_is_named_with_its_minimum(value: object) -> None:
    """Too small, not whole, or a boolean: the text holds name, bound and value."""
    with pytest.raises(InvalidInputError, match="`n_splits` must be a whole number >= 3") as caught:
        check_integer("n_splits", value, minimum=3)
    assert repr(value) in str(caught.value)


@given(st.floats(0, 1, exclude_max=True))
def test_a_number_inside_its_range_passes_through(value: float) -> None:
    """The closed bound counts as inside."""
    assert check_number("test", value, low=0, high=1, open_high=True) == value


@pytest.mark.parametrize(
    ("value", "open_low", "rule"),
    [(1.5, False, r"\[0, 1\]"), (-0.1, False, r"\[0, 1\]"), (0, True, r"\(0, 1\]")],
)
def test_a_number_outside_its_range_is_shown_the_range(
    value: float, open_low: bool, rule: str
) -> None:
    """An open bound is written with a round bracket and refused."""
    with pytest.raises(InvalidInputError, match=rule):
        check_number("test", value, low=0, high=1, open_low=open_low)


@pytest.mark.parametrize("value", [math.nan, "0.5", None, True])
def test_what_is_no_number_is_refused(value: object) -> None:
    """Text, nothing, booleans and nan are no numbers."""
    with pytest.raises(InvalidInputError, match="`test` must be a number"):
        check_number("test", value, low=0, high=1)


def test_a_misspelt_choice_is_told_the_nearest() -> None:
    """The choices are listed, and the nearest is suggested."""
    with pytest.raises(
        InvalidInputError, match=r"'blood_smear', 'chest_xray', got 'blood_smeer'.*"
    ):
        check_choice("policy", "blood_smeer", ["blood_smear", "chest_xray"])
    assert did_you_mean("blood_smeer", ["blood_smear"]) == " Did you mean 'blood_smear'?"
    assert not did_you_mean("zzz", ["blood_smear"])
    assert check_choice("policy", "chest_xray", ["blood_smear", "chest_xray"]) == "chest_xray"


def test_columns_of_different_length_are_each_named() -> None:
    """The text gives each column's length."""
    with pytest.raises(InvalidInputError, match="`images` has 3, `labels` has 2"):
        check_same_length(images=[1, 2, 3], labels=[1, 2])
    assert check_same_length(images=[1, 2], labels=[1, 2]) == 2


def test_a_long_list_is_cut_and_counted() -> None:
    """Five values are shown; the other two are counted."""
    assert name_some(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert name_some("ab") == "'a', 'b'"


def test_a_choice_described_in_words_is_no_name_in_backticks() -> None:
    """A sentence begins with a capital, and holds one pair of backticks at most."""
    with pytest.raises(InvalidInputError, match=r"^The suffix of `path` must be one of '\.md', go"):
        check_choice("the suffix of `path`", ".pdf", [".md"])


def test_a_path_is_a_text_or_a_path() -> None:
    """Bytes are told how to become one; a number would be a file that is open already."""
    assert check_path("root", Path("a") / "b") == str(Path("a") / "b")
    assert check_path("root", "https://x//y") == "https://x//y"
    with pytest.raises(InvalidInputError, match=r"`root` must be a path.*os\.fsdecode"):
        check_path("root", b"a")
    with pytest.raises(InvalidInputError, match="got 3"):
        check_path("root", 3)
