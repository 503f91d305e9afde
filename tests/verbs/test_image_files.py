"""Images that verbs are given, by files, folders and tables."""

import argparse
from pathlib import Path

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.verbs.image_files import add_images, paths_of


def found(*words: str) -> list[str]:
    """Return the paths of a command line."""
    parser = argparse.ArgumentParser()
    add_images(parser)
    return paths_of(parser.parse_args(list(words)))


def test_files_folders_and_tables_give_paths_in_order(tmp_path: Path) -> None:
    """A folder's are sorted and only images; a table's start from its folder, or from --root."""
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    table = tmp_path / "list.csv"
    table.write_text("image,scan\na.jpg,b.png\n", encoding="utf-8")
    one, other = str(tmp_path / "a.jpg"), str(tmp_path / "b.png")

    assert found(str(tmp_path)) == [one, other]
    assert found(other, one) == [other, one]
    assert found(str(table)) == [one]
    assert found(str(table), "--image", "scan", "--root", str(tmp_path)) == [other]


def test_what_is_not_there_is_counted_and_named(tmp_path: Path) -> None:
    """A missing file, a folder without images, and a row that names none."""
    table = tmp_path / "list.csv"
    table.write_text("image,x\na.png,1\n,2\n", encoding="utf-8")
    for words, told in (
        ([str(tmp_path / "a.png")], "a.png does not exist. Name an image file, a folder"),
        ([str(table), "--image", "x"], "2 of 2 images are not there, the first is "),
        ([str(tmp_path)], "No image is below"),
        ([str(table)], "Row 2 of"),
    ):
        with pytest.raises(InvalidInputError, match=told):
            found(*words)
