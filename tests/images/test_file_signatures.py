"""Telling that a file is still the same."""

import hashlib
import os
from pathlib import Path

import pytest

from prevalens.exceptions import UnreadableImageError
from prevalens.images.decoding import FILES
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
    signatures = sign_files(files, FILES)
    stat = files[0].stat()
    assert signatures[:, 0].tolist() == [3, 0]
    assert files[0].read_bytes() == b"abc"
    assert has_signature(files[0], signatures[0], FILES)
    files[0].write_bytes(b"abc")
    os.utime(files[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not has_signature(files[0], signatures[0], FILES)
    files[1].unlink()
    assert not has_signature(files[1], signatures[1], FILES)
    with pytest.raises(UnreadableImageError, match="b cannot be cached"):
        sign_files(files, FILES)


def test_signatures_follow_a_file_that_is_moved(files: list[Path], tmp_path: Path) -> None:
    """A folder that gets another name keeps what its files look like."""
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a").write_bytes(b"abc")
    before = sign_files([folder / "a"], FILES)
    folder.rename(tmp_path / "other")
    assert (sign_files([tmp_path / "other" / "a"], FILES) == before).all()


def test_a_hash_is_of_the_identity(files: list[Path], tmp_path: Path) -> None:
    """Half the SHA-256 of what the reader says, which is that of the bytes; 0 for no file."""
    names = [hashlib.sha256(data).hexdigest() for data in (b"abc", b"")]
    digest = b"".join(hashlib.sha256(name.encode()).digest()[:16] for name in names)
    hashes = hash_contents([*files, tmp_path / "none"], FILES)
    assert hashes[:2].astype("<u8").tobytes() == digest
    assert hashes[2].tolist() == [0, 0]
    assert (hash_content(files[0], FILES) == hashes[0]).all()
    assert hash_contents([], FILES).shape == (0, 2)
