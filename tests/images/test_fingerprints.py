"""Fingerprints of bytes and of looks."""

from pathlib import Path

import pytest

from prevalens.exceptions import UnreadableImageError
from prevalens.images import hash_file, hash_files


def test_the_hash_of_abc_is_the_published_one(tmp_path: Path) -> None:
    """FIPS 180-2's example: SHA-256 of the three bytes "abc"."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    assert hash_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """What cannot be opened is refused by name."""
    with pytest.raises(UnreadableImageError, match=r"gone\.png does not exist"):
        hash_file(tmp_path / "gone.png")


def test_many_hashes_are_those_of_each_file(tmp_path: Path) -> None:
    """Hashing many gives each file's hash, in order."""
    paths = [tmp_path / str(k) for k in range(5)]
    for path in paths:
        path.write_text(path.name)

    assert hash_files(paths, n_jobs=2).tolist() == [hash_file(path) for path in paths]


def test_many_missing_files_are_all_named(tmp_path: Path) -> None:
    """One error names every file that cannot be opened."""
    with pytest.raises(UnreadableImageError, match=r"2 of 2 files(.|\n)*one(.|\n)*two"):
        hash_files([tmp_path / "one", tmp_path / "two"])
