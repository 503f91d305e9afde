"""The last few epochs of a plan, made once though several threads ask."""

import threading
from collections.abc import Callable
from typing import Any

from prevalens._checks import check_integer
from prevalens.typing import Rows


class RecentEpochs:
    """Keeps what was made for the last few epochs; it can be pickled and copied.

    Args:
        make: Returns the rows of an epoch, whatever was asked before.
    """

    def __init__(self, make: Callable[[int], Rows]) -> None:
        self._make = make
        self._start()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, Rows] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_make": self._make}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()

    def rows(self, epoch: int) -> Rows:
        """Return the rows of an epoch, from 0."""
        check_integer("epoch", epoch, minimum=0)
        with self._lock:
            if epoch not in self._kept:
                # Two epochs are looked at in turn where prefetching runs ahead; four leave room.
                kept = list(self._kept.items())[-3:]
                self._kept = dict([*kept, (epoch, self._make(epoch))])
            return self._kept[epoch]
