"""Tests of numbers that are one for all, or one for each class by name."""

import argparse

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.verbs.by_name import by_name, named_number


def test_a_number_or_numbers_by_name() -> None:
    """A name may hold an equals sign; the last one parts it from its number."""
    assert by_name("--threshold", None) is None
    assert by_name("--threshold", [named_number("0.3")]) == 0.3
    words = ["mel=0.3", "stage = 2=1e-3"]
    assert by_name("--threshold", [*map(named_number, words)]) == {"mel": 0.3, "stage = 2": 0.001}


@pytest.mark.parametrize("text", ["mel", "mel=", "=", "0,3", ""])
def test_what_has_no_number_is_no_number(text: str) -> None:
    """The word is shown, with an example."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"is no number, nor .* mel=0.3"):
        named_number(text)


@pytest.mark.parametrize("words", [["0.3", "0.2"], ["mel=0.3", "0.2"], ["mel=0.3", "mel=0.2"]])
def test_numbers_that_are_nobodys_are_refused(words: list[str]) -> None:
    """Two without a name, one beside a named one, two of one name."""
    with pytest.raises(InvalidInputError, match="--threshold takes one number, or one for each"):
        by_name("--threshold", [*map(named_number, words)])
