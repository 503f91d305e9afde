"""Memory of batches, used again once nobody looks at it any more."""

import threading
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

# Batches of one shape that may wait to be used again: as many as are read ahead.
_WAITING = 12


class _Owner:
    """Stands behind an array: numpy keeps it alive as long as any view of the array lives."""

    def __init__(self, memory: np.ndarray[Any, Any]) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__


class BufferPool:
    """Gives arrays whose memory comes back when the last view of them has gone.

    A new array of some megabytes costs the system a page fault for every 4 kB of it, as much time
    as filling it. Whoever holds a batch, or a view, a tensor or a device array made of it without
    copying, holds its memory: it is never given out twice at a time.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[tuple[tuple[int, ...], str], list[np.ndarray[Any, Any]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._start()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray[Any, Any]:
        """Return an array of undefined values."""
        free = self._waiting(shape, np.dtype(dtype))
        try:
            memory = free.pop()
        except IndexError:
            memory = np.empty(shape, dtype=dtype)
        owner = _Owner(memory)
        # At exit the memory goes anyway.
        weakref.finalize(owner, _give_back, free, memory).atexit = False
        return np.asarray(owner)

    def _waiting(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[np.ndarray[Any, Any]]:
        key = (shape, dtype.str)
        with self._lock:
            if key not in self._free:
                # The last batch of an epoch is smaller: few shapes are in use at a time.
                for old in list(self._free)[:-3]:
                    del self._free[old]
            return self._free.setdefault(key, [])


def _give_back(free: list[np.ndarray[Any, Any]], memory: np.ndarray[Any, Any]) -> None:
    if len(free) < _WAITING:
        free.append(memory)
