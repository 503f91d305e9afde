"""Telling that a file is still the same."""

import hashlib
import os
from pathlib import Path

import pytest

from prevalens.exceptions import UnreadableImageError
from prevalens.images.file_signatures import (
    has_signature,
    hash_content,
    hash_contents,
    sign_files,
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files, one of them empty and from before 1970."""
    paths = [tmp_path / "a", tmp_path / "b"]
    paths[0].write_bytes(b"abc")
    paths[1].write_bytes(b"")
    os.utime(paths[1], (-5, -5))
    return paths


def test_a_signature_holds_until_the_file_is_written(files: list[Path]) -> None:
    """Reading leaves a signature; writing the same bytes with the same times does not."""
    signatures = sign_files(files)
    stat = files[0].stat()
    assert signatures[:, 0].tolist() == [3, 0]
    assert files[0].read_bytes() == b"abc"
    assert has_signature(files[0], signatures[0])
    files[0].write_bytes(b"abc")
    os.utime(files[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not has_signature(files[0], signatures[0])
    files[1].unlink()
    assert not has_signature(files[1], signatures[1])
    with pytest.raises(UnreadableImageError, match="b cannot be cached"):
        sign_files(files)


def test_signatures_follow_a_file_that_is_moved(files: list[Path], tmp_path: Path) -> None:
    """A folder that gets another name keeps what its files look like."""
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a").write_bytes(b"abc")
    before = sign_files([folder / "a"])
    folder.rename(tmp_path / "other")
    assert (sign_files([tmp_path / "other" / "a"]) == before).all()


def test_a_hash_is_of_the_bytes(files: list[Path], tmp_path: Path) -> None:
    """The first half of SHA-256, as hashlib gives it; nothing where there is no file."""
    digest = b"".join(hashlib.sha256(data).digest()[:16] for data in (b"abc", b""))
    hashes = hash_contents([*files, tmp_path / "none"])
    assert hashes[:2].astype("<u8").tobytes() == digest
    assert hashes[2].tolist() == [0, 0]
    assert (hash_content(files[0]) == hashes[0]).all()
    assert hash_contents([]).shape == (0, 2)
