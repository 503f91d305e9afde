"""What is kept is found by its content, whole or not at all."""

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError, UnwritableFileError
from prevalens.features import FeatureStore


def content(number: int) -> bytes:
    """Return 32 bytes that stand for one image."""
    return bytes([number]) * 32


def values(*numbers: int) -> np.ndarray:
    """Return features that tell the image."""
    return np.array([[number, number + 0.5, -number] for number in numbers], dtype=np.float32)


def test_what_one_run_kept_another_finds(tmp_path: Path) -> None:
    """By content, in any order, and more than once."""
    store = FeatureStore(tmp_path / "store")
    store.open({"layer": None}, n_features=3).keep([content(1), content(2)], values(1, 2))
    found = store.open({"layer": None}, n_features=3)

    assert found.holds([content(2), content(3)]).tolist() == [True, False]
    np.testing.assert_array_equal(found.take([content(2), content(1)]), values(2, 1))
    np.testing.assert_array_equal(found.take([content(1), content(2)]), values(1, 2))
    np.testing.assert_array_equal(found.take([*map(content, (2, 1, 2))]), values(2, 1, 2))


def test_other_settings_find_nothing(tmp_path: Path) -> None:
    """Another layer, or the same in another order of keys, is told apart or not."""
    store = FeatureStore(tmp_path)
    store.open({"layer": "a", "size": 3}, n_features=3).keep([content(1)], values(1))

    assert len(store.open({"layer": "b", "size": 3}, n_features=3)) == 0
    assert len(store.open({"size": 3, "layer": "a"}, n_features=3)) == 1


@given(st.integers(0, 4096 + 3 * 52 - 1))
@settings(max_examples=30, deadline=None)
def test_a_file_cut_anywhere_keeps_its_whole_records(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    """A run killed at any byte leaves the records before it: 52 bytes each after 4,096."""
    folder = tmp_path_factory.mktemp("store")
    FeatureStore(folder).open({}, n_features=3).keep([*map(content, (1, 2, 3))], values(1, 2, 3))
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:length])
    found = FeatureStore(folder).open({}, n_features=3)

    whole = max(0, length - 4096) // 52
    assert len(found) == whole
    kept = list(range(1, whole + 1))
    np.testing.assert_array_equal(found.take([*map(content, kept)]), values(*kept).reshape(-1, 3))


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    """A record whose checksum does not hold is left out, the others are not."""
    FeatureStore(tmp_path).open({}, n_features=3).keep([content(1), content(2)], values(1, 2))
    (file,) = tmp_path.iterdir()
    whole = bytearray(file.read_bytes())
    whole[4096 + 45] ^= 1
    file.write_bytes(whole)

    found = FeatureStore(tmp_path).open({}, n_features=3)
    assert found.holds([content(1), content(2)]).tolist() == [False, True]


def test_two_runs_side_by_side_do_not_meet(tmp_path: Path) -> None:
    """Each writes a file of its own, and a third finds what both kept."""
    first, second = (FeatureStore(tmp_path).open({}, n_features=3) for _ in range(2))
    for number in (1, 2):
        first.keep([content(number)], values(number))
        second.keep([content(number + 10)], values(number + 10))

    order = [12, 1, 11, 2]
    found = first.reopened().take([*map(content, order)])
    np.testing.assert_array_equal(found, values(*order))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A store needs a folder."""
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match="must be a folder"):
        FeatureStore(tmp_path / "file")


@pytest.mark.parametrize("harm", ["cut", "zeros"])
def test_a_file_that_is_harmed_in_use_is_an_error(tmp_path: Path, harm: str) -> None:
    """Cut short, or filled with zeros; what was taken before stays as it was."""
    FeatureStore(tmp_path).open({}, n_features=3).keep([*map(content, (1, 2, 3))], values(1, 2, 3))
    found = FeatureStore(tmp_path).open({}, n_features=3)
    before = found.take([*map(content, (1, 2, 3))])
    (file,) = tmp_path.iterdir()
    size = file.stat().st_size
    os.truncate(file, 4096 + 52)
    if harm == "zeros":
        os.truncate(file, size)
    with pytest.raises(InvalidInputError, match="was cut or changed while it was in use"):
        found.take([content(2), content(3)])

    np.testing.assert_array_equal(found.take([content(1)]), values(1))
    np.testing.assert_array_equal(before, values(1, 2, 3))


def test_all_contents_are_listed_whatever_the_settings(tmp_path: Path) -> None:
    """Of two networks of other widths, and of a file cut inside its head; none where none is."""
    store = FeatureStore(tmp_path / "store")
    assert store.contents() == set()
    store.open({"layer": "a"}, n_features=3).keep([content(1), content(2)], values(1, 2))
    store.open({"layer": "b"}, n_features=1).keep([content(3)], values(3)[:, :1])
    (tmp_path / "store" / "cut-0.features").write_bytes(b"{")

    assert store.contents() == {content(1), content(2), content(3)}


def test_a_file_that_does_not_tell_its_width_is_named(tmp_path: Path) -> None:
    """As an earlier version wrote it: refused, not taken as empty."""
    (tmp_path / "old-0.features").write_bytes(b'{"format": "prevalens features 1"}'.ljust(4096))
    with pytest.raises(InvalidInputError, match=r"old-0\.features does not say how many features"):
        FeatureStore(tmp_path).contents()


def test_a_full_disk_names_the_folder_and_keeps_what_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch was kept, the second finds no room: the next run has the first."""
    kept = FeatureStore(tmp_path).open({"network": "a"}, n_features=3)
    kept.keep([content(0)], values(0))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(UnwritableFileError, match=rf"^{re.escape(str(tmp_path))} cannot be"):
            kept.keep([content(1)], values(1))

    assert kept.reopened().known() == {content(0)}


def test_it_names_its_folder(tmp_path: Path) -> None:
    """As it was given."""
    assert repr(FeatureStore(tmp_path)) == f"FeatureStore({str(tmp_path)!r})"
