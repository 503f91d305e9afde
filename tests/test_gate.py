"""The gate: regular files of a bounded size, and nothing else."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from prevalens._gate import open_archive, open_file, read_file, read_json
from prevalens.exceptions import InvalidInputError, UnreadableImageError


def refused(path: Path | str, match: str, *, max_bytes: int = 100) -> None:
    """Fail unless a path is refused by name."""
    with pytest.raises(InvalidInputError, match=match) as caught:
        open_file(path, what="a table", max_bytes=max_bytes)
    assert str(path) in str(caught.value)


def test_a_regular_file_is_opened_also_through_a_link(tmp_path: Path) -> None:
    """The bytes come as they are."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for name in ("a", "b"):
        with open_file(tmp_path / name, what="a table", max_bytes=3) as opened:
            assert opened.read() == b"abc"


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device, a folder, nothing, and a name with NUL."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refused(tmp_path / "pipe", "no regular file")
        refused("/dev/zero", "no regular file")
    refused(tmp_path, "is a folder")
    refused(tmp_path / "none", r"does not exist\. Give the path of a table")
    refused("a\0b", "cannot be opened")


def test_sizes_are_bounded(tmp_path: Path) -> None:
    """Nothing and too much are refused by their number of bytes."""
    path = tmp_path / "a"
    path.write_bytes(b"")
    refused(path, "is empty")
    with open_file(path, what="a file", max_bytes=1, may_be_empty=True) as opened:
        assert opened.read() == b""
    path.write_bytes(bytes(101))
    refused(path, "has 101 bytes, more than the 100")
    assert read_file(path, what="a file", max_bytes=101) == bytes(101)


def test_the_error_is_the_one_asked_for(tmp_path: Path) -> None:
    """Pictures have one of their own, which is an InvalidInputError and an OSError."""
    with pytest.raises(UnreadableImageError) as caught:
        open_file(tmp_path, what="an image", max_bytes=1, error=UnreadableImageError)
    assert isinstance(caught.value, InvalidInputError)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\xff"])
def test_what_is_no_json_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """Cut, nested without end, and not UTF-8."""
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInputError, match=r"a\.json is not a record in JSON"):
        read_json(tmp_path / "a.json", what="a record", max_bytes=10**6)


def test_json_is_read(tmp_path: Path) -> None:
    """Values come as Python's."""
    (tmp_path / "a.json").write_text('{"a": [1, null]}')
    assert read_json(tmp_path / "a.json", what="a record", max_bytes=100) == {"a": [1, None]}


def test_an_archive_is_judged_by_its_directory() -> None:
    """Ten million zeros in ten kilobytes are refused before any is unpacked; damage by name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10**7))
    assert open_archive(held, "a.zip", max_bytes=10**7).namelist() == ["zeros"]
    with pytest.raises(InvalidInputError, match=r"a\.zip claims to unpack to 10000000 bytes"):
        open_archive(held, "a.zip", max_bytes=10**7 - 1)
    with pytest.raises(InvalidInputError, match=r"b\.zip is no whole zip archive"):
        open_archive(io.BytesIO(b"PK nothing"), "b.zip", max_bytes=1)
