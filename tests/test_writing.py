"""Outputs are written whole or not at all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prevalens._writing import (
    remove_unfinished,
    whole_file,
    whole_folder,
    write_json,
    write_text,
)
from prevalens.exceptions import UnwritableFileError


def write_half(target: Path) -> None:
    """Begin to write, then fail."""
    with whole_file(target) as temporary:
        temporary.write_text("half")
        _ = 1 // 0


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """An error half-way keeps what stood there before."""
    target = tmp_path / "report.html"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError):
        write_half(target)

    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """Only files that stand for an unfinished write of this very path go."""
    others = [tmp_path / name for name in ("a.npz", ".a-note.npz", ".b-12345678.npz")]
    for other in others:
        other.touch()
    writing = whole_file(tmp_path / "a.npz")
    left = writing.__enter__()
    assert left.is_file()
    remove_unfinished(tmp_path / "a.npz")
    # Hands the context back without its exit, as a killed process would.
    writing.gen.close()

    assert sorted(tmp_path.iterdir()) == sorted(others)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks no folders")
def test_a_folder_of_a_killed_writer_goes_and_that_of_a_live_one_stays(tmp_path: Path) -> None:
    """The next writer of the same folder removes what nobody writes, and nothing else."""
    target, outside = tmp_path / "cells", tmp_path / "outside"
    others = [tmp_path / name for name in (".cells", ".cells-12", ".other-12345678", "outside")]
    for other in others:
        other.mkdir()
    (outside / "kept").touch()
    (tmp_path / ".cells-11111111").symlink_to(outside)
    begin = (
        "import os, sys; from prevalens._writing import whole_folder\n"
        "with whole_folder(sys.argv[1]) as made:\n"
        "    (made / 'half').touch(); print(made, flush=True); sys.stdin.read()"
    )
    writers = []
    for _ in range(2):
        writer = subprocess.Popen(
            [sys.executable, "-c", begin, str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        writers.append((writer, Path(writer.stdout.readline().strip())))
    (killed, left), (live, making) = writers
    killed.kill()
    killed.communicate()
    assert (left / "half").exists()
    with whole_folder(target) as made:
        (made / "whole").touch()
        assert not left.exists()
        assert (making / "half").exists()
    live.kill()
    live.communicate()

    assert [file.name for file in target.iterdir()] == ["whole"]
    assert (outside / "kept").exists()
    assert all(other.is_dir() for other in others)


def test_a_write_makes_its_folders_and_keeps_the_suffix(tmp_path: Path) -> None:
    """Writers that read the format from the suffix see the right one."""
    target = tmp_path / "a" / "b" / "model.keras"
    with whole_file(target) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_bytes(b"whole")

    assert target.read_bytes() == b"whole"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a link to a larger disk leads to is written there, and swept there."""
    disk = tmp_path / "disk"
    disk.mkdir()
    for name in ("run", "report.json"):
        (tmp_path / name).symlink_to(disk / name)
    (disk / ".report-12345678.json").touch()
    remove_unfinished(tmp_path / "report.json")
    write_json(tmp_path / "report.json", {})
    with whole_folder(tmp_path / "run") as folder:
        (folder / "a").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "report.json", "run"]
    assert (tmp_path / "report.json").is_symlink()
    assert (tmp_path / "run").is_symlink()
    assert sorted(path.name for path in disk.rglob("*")) == ["a", "report.json", "run"]


def test_a_new_file_has_the_permissions_any_file_would(tmp_path: Path) -> None:
    """The private mode of the temporary file does not stay."""
    plain = tmp_path / "plain"
    plain.touch()
    write_text(tmp_path / "ours", "text")

    assert (tmp_path / "ours").stat().st_mode == plain.stat().st_mode


def test_json_refuses_nan(tmp_path: Path) -> None:
    """A nan never reaches a file, and the refusal writes nothing."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"value": float("nan")})
    assert not list(tmp_path.iterdir())

    write_json(tmp_path / "x.json", {"value": "é"})
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == {"value": "é"}


@pytest.mark.parametrize("name", ["file/report.html", "folder"])
def test_a_place_that_takes_no_file_is_refused_before_anything_is_written(
    name: str, tmp_path: Path
) -> None:
    """The text names the file and says what to do; the block is not entered."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    with pytest.raises(UnwritableFileError, match=r"(Name|Give) .* (folder|file)"):
        write_half(tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_the_mask_of_the_process_is_never_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that makes a file meanwhile would make it writable by everybody."""
    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", None)
        write_text(tmp_path / "a", "text")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    finally:
        monkeypatch.undo()
        os.umask(before)


@pytest.mark.parametrize(
    ("number", "named", "remedy"),
    [
        (errno.ENOSPC, None, "Make room"),
        (errno.EDQUOT, None, "within your quota"),
        (errno.EFBIG, "source.csv", "ulimit -f"),  # a copy names the file it reads
        (errno.EIO, None, "Name another place"),
    ],
)
def test_a_refused_write_names_the_file_that_was_asked_for(
    number: int, named: str | None, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system names no file, or one that nobody gave; the file that stood there stays."""
    target = tmp_path / "report.html"
    write_text(target, "old")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number), named)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UnwritableFileError, match=remedy) as told:
        write_text(target, "new")

    assert str(told.value).startswith(f"{target} cannot be written: {os.strerror(number)}. ")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_the_system_says_of_another_file_is_left_as_it_is(tmp_path: Path) -> None:
    """A source that is not there is no fault of the target."""
    with pytest.raises(FileNotFoundError, match="source"), whole_file(tmp_path / "a.csv") as made:
        made.write_bytes((tmp_path / "source.csv").read_bytes())


@pytest.mark.parametrize("length", [240, 241, 255])
def test_the_longest_name_is_written(length: int, tmp_path: Path) -> None:
    """A temporary name is ten longer than its file's, and still no longer than the system takes."""
    target = tmp_path / f"{'a' * (length - 4)}.csv"
    (tmp_path / "b.csv").touch()
    with whole_file(target) as temporary:
        temporary.write_text("text")
        killed = temporary.read_text(encoding="utf-8")
        assert temporary.suffix == ".csv"
    temporary.write_text(killed)  # as a killed writer leaves it
    remove_unfinished(target)

    assert sorted(path.name for path in tmp_path.iterdir()) == [target.name, "b.csv"]


def test_a_name_that_is_too_long_is_said_before_the_work(tmp_path: Path) -> None:
    """No folder is at fault, and the block is not entered."""
    with pytest.raises(UnwritableFileError, match="Give a shorter name"):
        write_half(tmp_path / f"{'a' * 252}.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What fails inside names the folder that was asked for; an empty one is replaced."""
    target = tmp_path / "cells"
    target.mkdir()

    def fail() -> None:
        with whole_folder(target) as made:
            (made / "one.txt").touch()
            write_text(made / "one.txt" / "two.txt", "text")

    with pytest.raises(UnwritableFileError) as told:
        fail()
    assert str(told.value).startswith(f"{target / 'one.txt' / 'two.txt'} cannot be written")
    assert sorted(tmp_path.rglob("*")) == [target]

    with whole_folder(target) as made:
        write_text(made / "one.txt", "text")
    assert sorted(tmp_path.rglob("*")) == [target, target / "one.txt"]
