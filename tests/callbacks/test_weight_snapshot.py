"""Kept arrays are copies, in memory or in a whole file without pickle."""

from pathlib import Path

import numpy as np
import pytest

from prevalens.callbacks.weight_snapshot import WeightSnapshot, read_arrays, write_arrays
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("on_disk", [False, True])
def test_later_changes_do_not_reach_the_kept(tmp_path: Path, *, on_disk: bool) -> None:
    """An array changed in place after keeping leaves the kept one as it was."""
    live = [np.zeros(3, np.float32), np.arange(12.0).reshape(3, 4)]
    kept = WeightSnapshot(live, file=tmp_path / "kept.npz" if on_disk else None)
    live[0] += 1
    live[1] *= 2

    np.testing.assert_array_equal(kept.arrays()[0], np.zeros(3))
    np.testing.assert_array_equal(kept.arrays()[1], np.arange(12.0).reshape(3, 4))


def test_more_than_ten_arrays_keep_their_order(tmp_path: Path) -> None:
    """Twelve arrays come back from a file in the order they were given."""
    kept = WeightSnapshot([np.full(2, k) for k in range(12)], file=tmp_path / "kept.npz")

    assert [int(array[0]) for array in kept.arrays()] == list(range(12))


def test_a_file_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    """A hostile file whose array is a pickle is not opened."""
    path = tmp_path / "hostile.npz"
    np.savez(path, a=np.array([{"x": 1}], dtype=object))

    with pytest.raises(InvalidInputError, match=r"hostile\.npz is no whole file of arrays"):
        read_arrays(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_file_is_refused(tmp_path: Path, share: float) -> None:
    """A file cut anywhere is refused by its name."""
    path = tmp_path / "cut.npz"
    write_arrays(path, {"a": np.arange(1000), "b": np.arange(10.0)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(InvalidInputError, match=r"cut\.npz is no whole file"):
        read_arrays(path)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is refused by its name."""
    with pytest.raises(InvalidInputError, match=r"none\.npz"):
        read_arrays(tmp_path / "none.npz")
