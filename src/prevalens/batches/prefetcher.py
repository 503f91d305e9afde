"""A small pool of threads that makes batches before they are asked for."""

import os
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Prefetcher(Generic[Key, Made]):
    """Makes things by key, and those that come next ahead of time, in threads.

    What is made depends on the key alone, so the number of threads changes the speed and nothing
    else. At most the asked thing and those announced as upcoming are held in memory.

    Args:
        make: Makes the thing of a key; called from several threads at once.
        threads: Number of threads, at least 1.
    """

    def __init__(self, make: Callable[[Key], Made], *, threads: int) -> None:
        self._make = make
        self._threads = threads
        self._start()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[Key, Future[Made]] = {}
        self._process = os.getpid()
        self._pool: ThreadPoolExecutor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_make": self._make, "_threads": self._threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()

    def get(self, key: Key, *, upcoming: Sequence[Key] = ()) -> Made:
        """Return the thing of `key`, and start on the upcoming ones.

        Args:
            key: What is wanted now.
            upcoming: What will be wanted next, soonest first; what was announced before and is
                in it no longer is dropped.
        """
        if os.getpid() != self._process:
            # A forked process inherits the futures but none of the threads.
            self._start()
        with self._lock:
            wanted = [key, *upcoming]
            for stale in set(self._pending) - set(wanted):
                self._pending.pop(stale).cancel()
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="prevalens")
            for each in wanted:
                if each not in self._pending:
                    self._pending[each] = self._pool.submit(self._make, each)
            future = self._pending.pop(key)
        return future.result()
