"""The gate: regular files of a bounded size, and nothing else."""

import ast
import io
import os
import zipfile
from pathlib import Path

import pytest
from numpy.lib import format as npy

import prevalens
from prevalens._gate import open_archive, open_file, read_array, read_file
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


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"descr": "<f8", "fortran_order": False, "shape": (10**12,)}, "more than it holds"),
        ({"descr": "<f8", "fortran_order": False, "shape": (-4, -4)}, "its shape is"),
        ({"descr": "|O", "fortran_order": False, "shape": (1,)}, "holds objects"),
    ],
)
def test_an_array_that_lies_is_refused_before_memory_is_taken(
    head: dict[str, object], told: str
) -> None:
    """Eight terabytes, a negative length and objects, each claimed by the head of 16 bytes."""
    array, held = io.BytesIO(), io.BytesIO()
    npy.write_array_header_1_0(array, head)
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.npy", array.getvalue() + bytes(16))
    with zipfile.ZipFile(held) as archive, pytest.raises(ValueError, match=told):
        read_array(archive, archive.infolist()[0])


# Files that this library has made itself a moment ago, or of which it is told to be careful here.
OWN = {
    "_gate.py": "the gate",
    "_writing.py": "the file being written",
    "callbacks/run_lock.py": "its own lock, opened without waiting",
    "images/cached_images.py": "its own slots, whose heads come through the gate",
    "models/keras_file.py": "what the gate opened",
    "models/classifier_export.py": "the archive it has just written",
    "models/classifier_file.py": "after keras_file.py has looked",
    "reports/docx_file.py": "the archive that is being written, in memory",
    "reports/dossier.py": "the table it has just copied",
    "reports/html_page.py": "the package's own templates",
}
OPENING = {"read_text", "read_bytes", "ZipFile", "fromfile", "memmap"}


def opened_in(file: Path) -> list[int]:
    """Return the lines of a file that open files by other means than the gate."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        modes = [one.value for one in node.args if isinstance(one, ast.Constant)]
        reads = name == "open" and any("r" in str(m) and len(str(m)) <= 3 for m in modes)
        if name in OPENING or reads or (name == "open" and not node.args and node.keywords):
            found.append(node.lineno)
    return found


def test_no_other_door_is_open() -> None:
    """Whoever opens a file by itself stands in a list, with the reason."""
    source = Path(prevalens.__file__).parent
    opening = {
        file.relative_to(source).as_posix() for file in source.rglob("*.py") if opened_in(file)
    }
    assert opening <= set(OWN), opening - set(OWN)
