"""One file that many read and write at given places."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from prevalens.images.slot_file import open_slots, read_at, write_at


def contents(handle: int, count: int, offset: int = 0) -> bytes:
    """Read some bytes of an open file."""
    into = np.zeros(count, dtype=np.uint8)
    assert read_at(handle, into, offset) == count
    return into.tobytes()


def test_a_file_is_made_at_its_full_size_and_nothing_beside_it(tmp_path: Path) -> None:
    """It may be written to, and who opens it next finds what was written."""
    handle, is_full = open_slots(tmp_path / "a", 100)
    assert (is_full, os.fstat(handle).st_size) == (False, 100)
    write_at(handle, np.arange(10, dtype=np.uint8), 90)
    again, _ = open_slots(tmp_path / "a", 100)
    assert contents(again, 10, 90) == bytes(range(10))
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_file_that_is_made_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many that begin at once all write into the file of the first."""
    (tmp_path / "a").write_bytes(b"first")
    monkeypatch.setattr(Path, "exists", lambda self: False)
    handle, _ = open_slots(tmp_path / "a", 5)
    assert contents(handle, 5) == b"first"
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_file_system_without_links_has_a_file_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT and some shares know none."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    handle, is_full = open_slots(tmp_path / "a", 7)
    assert (is_full, os.fstat(handle).st_size) == (False, 7)
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_shorter_file_is_left_as_it_is(tmp_path: Path) -> None:
    """To grow it would give zeros to those who know it as it was."""
    (tmp_path / "a").write_bytes(b"short")
    handle, is_full = open_slots(tmp_path / "a", 100)
    assert (is_full, os.fstat(handle).st_size) == (True, 5)


def test_what_lies_behind_the_end_is_not_read(tmp_path: Path) -> None:
    """How many bytes there were is told."""
    (tmp_path / "a").write_bytes(b"short")
    handle, _ = open_slots(tmp_path / "a", 5)
    into = np.full(6, ord("-"), dtype=np.uint8)
    assert read_at(handle, into, 2) == 3
    assert into.tobytes() == b"ort---"
    assert read_at(handle, into, 9) == 0


@pytest.mark.parametrize("lacks", [[], ["preadv", "pwrite"]])
def test_threads_read_and_write_each_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: list[str]
) -> None:
    """Where the system reads and writes at no place, as Windows, threads take turns."""
    for name in lacks:
        monkeypatch.delattr(os, name, raising=False)
    data = np.random.default_rng(0).integers(0, 256, (64, 5000), dtype=np.uint8)
    handle, _ = open_slots(tmp_path / "a", data.size)
    into = np.zeros_like(data)

    def go(row: int) -> None:
        write_at(handle, data[row], 5000 * row)
        read_at(handle, into[row], 5000 * row)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(go, range(64)))
    assert np.array_equal(into, data)
