"""Paths of images: one spelling each, and each image once."""

from pathlib import Path
from typing import Any

import pytest

from prevalens.cohorts.image_names import escaped, file_of, image_names, refuse_repeated, spelled
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize(
    "cell",
    [
        *("f/a.png", "./f/a.png", "f//a.png", "f/./a.png", "f/g/../a.png", " f/a.png "),
        *(".\\f\\a.png", "f\\a.png", b"f/a.png", Path("f/a.png")),
    ],
)
def test_one_path_has_one_spelling(cell: Any) -> None:
    """Dots, doubled slashes, blanks, Windows' separators, bytes and path objects."""
    assert image_names([cell, "b.png"]).tolist() == ["f/a.png", "b.png"]


def test_two_spellings_of_one_path_are_one_image_twice() -> None:
    """Also by accents composed in two ways."""
    for other in ("./a.png", "f\\..\\a.png"):
        with pytest.raises(InvalidInputError, match=r"1 are listed more than once: 'a\.png'"):
            image_names(["a.png", other])
    with pytest.raises(InvalidInputError, match="1 are listed more than once"):
        image_names(["\u00e4.png", "a\u0308.png"])
    refuse_repeated(["a.png", "A.png"])


@pytest.mark.parametrize("missing", [None, "", "  ", "NA", float("nan")])
def test_a_row_without_a_path_is_named(missing: Any) -> None:
    """By its number."""
    with pytest.raises(InvalidInputError, match="its image, but 1 of 2 have none: rows 1 "):
        image_names(["a.png", missing])


@pytest.mark.parametrize(("name", "reason"), [("a\nb.png", "line break"), ("a\0.png", "NUL")])
def test_what_no_path_can_hold(name: str, reason: str) -> None:
    """As a stray quote leaves it."""
    with pytest.raises(InvalidInputError, match=reason):
        image_names(["x.png", name])


def test_addresses_stay_as_they_are() -> None:
    """Of a bucket, of a row in an array."""
    names = ["s3://bucket//a.png", "a.npz#images/3"]

    assert spelled(names) == names


def test_bytes_that_are_no_utf8_are_written_and_found(tmp_path: Path) -> None:
    """%E4 stands for the byte; a file that is called so itself comes first."""
    assert escaped("m\udce4.png") == "m%E4.png"
    assert file_of(tmp_path, "m%E4.png") == tmp_path / "m%E4.png"
    (tmp_path / "m%E4.png").touch()
    assert file_of(tmp_path, "m%E4.png").is_file()
