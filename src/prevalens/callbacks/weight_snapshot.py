"""Arrays of one moment, kept in memory or in a file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._gate import open_archive, open_file, read_array
from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError

_LARGEST = 2**40  # bytes


class WeightSnapshot:
    """Copies of arrays as they were; what happens to the originals later does not reach them.

    Args:
        arrays: The arrays to copy, in an order that means something to the caller.
        file: Keep them in this `.npz` file, written whole or not at all, not in memory.
    """

    def __init__(self, arrays: Iterable[Any], *, file: Path | None = None) -> None:
        # On PyTorch the CPU arrays that Keras hands out share memory with the live weights.
        copies = [np.array(array, copy=True) for array in arrays]
        self._stored: list[NDArray[Any]] | Path = copies if file is None else file
        if file is not None:
            write_arrays(file, {f"{place:05d}": copy for place, copy in enumerate(copies)})

    def arrays(self) -> Sequence[NDArray[Any]]:
        """Return the arrays in the order they were given."""
        if not isinstance(self._stored, Path):
            return self._stored
        stored = read_arrays(self._stored)
        return [stored[name] for name in sorted(stored)]


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as `.npz`, whole or not at all, without pickle."""
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        plain: dict[str, Any] = {name: _plain(array) for name, array in arrays.items()}
        np.savez(stream, **plain)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read what `write_arrays` wrote.

    Raises:
        InvalidInputError: the file is absent, cut, or holds anything but plain arrays.
    """
    try:
        with open_file(path, what="a file of arrays", max_bytes=_LARGEST) as opened:
            # Written without compression: what claims to unpack to more is no such file.
            most = os.fstat(opened.fileno()).st_size
            with open_archive(opened, os.fspath(path), max_bytes=most) as archive:
                return {
                    member.filename.removesuffix(".npy"): read_array(archive, member)
                    for member in archive.infolist()
                }
    # Damaged files raise OSError, ValueError, EOFError, SyntaxError, zlib.error and more.
    except Exception as error:
        raise InvalidInputError(
            f"{path} is no whole file of arrays ({error}). Restore it, or remove it and begin anew."
        ) from error


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    # bfloat16 is no numpy type of its own and would need pickle; float32 holds it exactly.
    return array.astype(np.float32) if array.dtype.kind == "V" else array
