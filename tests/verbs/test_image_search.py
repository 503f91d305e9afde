"""Files that a table names by the end of their path: found, ambiguous, or nowhere."""

from pathlib import Path

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import SUFFIXES
from prevalens.verbs.image_search import PICTURES, ImageSearch, find_images, told_where


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of images in two folders, one name twice, and files that are no images."""
    for name in ("one/a.png", "two/b.JPG", "two/c.png", "one/c.png", "two/c.txt", ".hid/d.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def test_names_are_found_with_their_suffix_or_without(root: Path) -> None:
    """Also with a part of their folders; one that no file has stays; text and hidden files do."""
    names = ["a.png", "b", "two/c", "one/c.png", "d.png", "e"]

    assert find_images(names, root) == [
        *("one/a.png", "two/b.JPG", "two/c.png", "one/c.png"),
        *("d.png", "e"),
    ]


def test_a_name_of_several_files_is_refused(root: Path) -> None:
    """Both are named, and what to do."""
    with pytest.raises(InvalidInputError, match=r"1 of 2 names .*'c' is 'one/c.png', 'two/c.png'"):
        find_images(["a", "c"], root)


def test_the_end_of_a_name_is_not_the_end_of_a_path(root: Path) -> None:
    """`wo/c` is not `two/c.png`, and a whole name beats one without its suffix."""
    (root / "a.png.png").write_bytes(b"")

    assert ImageSearch(root).find("wo/c") == []
    assert ImageSearch(root).find("a.png") == ["one/a.png"]


def test_a_number_is_found_without_the_zeros_in_front(tmp_path: Path) -> None:
    """Where one file has it; a name that some file has comes first, and two are refused."""
    for name in ("images/001.bmp", "images/010.bmp", "10.png", "02.png", "002.png", "x01.png"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    assert find_images(["1", "10", "001"], tmp_path) == [
        *("images/001.bmp", "10.png", "images/001.bmp"),
    ]
    with pytest.raises(InvalidInputError, match=r"'2' is '002\.png', '02\.png'"):
        find_images(["2"], tmp_path)
    assert "such as 'images/001.bmp' for '1': add --find" in told_where(["1"], tmp_path)


def test_what_is_said_of_images_that_are_not_there(root: Path) -> None:
    """Found by name, ambiguous, or nowhere; names that are there count for nothing."""
    assert "such as 'two/b.JPG' for 'b': add --find" in told_where(["one/a.png", "b"], root)
    assert "'c' is 'one/c.png', 'two/c.png'" in told_where(["c"], root)
    assert "is called 'e', with a suffix or without" in told_where(["one/a.png", "e"], root)
    assert "There is no folder" in told_where(["a"], root / "gone")


def test_the_suffixes_are_those_of_the_decoder() -> None:
    """Written twice, because the decoder takes long to import."""
    assert set(PICTURES) == SUFFIXES
    assert len(PICTURES) == len(SUFFIXES)
