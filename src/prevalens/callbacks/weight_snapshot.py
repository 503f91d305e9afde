"""Arrays of one moment, kept in memory or in a file."""

import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError


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
        # Opened here, because numpy leaves the file open where it is no whole archive.
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise InvalidInputError(
            f"{path} is no whole file of arrays ({error}). Restore it, or remove it and begin anew."
        ) from error


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    # bfloat16 is no numpy type of its own and would need pickle; float32 holds it exactly.
    return array.astype(np.float32) if array.dtype.kind == "V" else array
