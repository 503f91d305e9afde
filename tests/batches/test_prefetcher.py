"""Threads that make things ahead of time."""

import pickle
import threading
import time

import pytest

from prevalens.batches.prefetcher import Prefetcher


def test_what_is_announced_is_made_once_and_ahead() -> None:
    """A thing announced as upcoming is not made again when it is asked for."""
    made: list[int] = []
    done = threading.Event()

    def make(key: int) -> int:
        made.append(key)
        if key == 2:
            done.set()
        return key * key

    prefetcher = Prefetcher(make, threads=1)
    assert prefetcher.get(1, upcoming=[2]) == 1
    assert done.wait(10)
    assert prefetcher.get(2) == 4
    assert made == [1, 2]


def test_what_is_announced_no_longer_is_dropped() -> None:
    """A changed plan lets go of what is not wanted any more; asking for it makes it again."""
    made: list[str] = []
    hold = threading.Event()

    def make(key: str) -> str:
        if key == "slow":
            hold.wait(10)
        made.append(key)
        return key

    prefetcher = Prefetcher(make, threads=1)
    threading.Timer(0.2, hold.set).start()
    asked = threading.Thread(target=prefetcher.get, args=("slow",), kwargs={"upcoming": ["a", "b"]})
    asked.start()
    while not prefetcher._pending:
        time.sleep(0.01)
    assert prefetcher.get("c") == "c"
    asked.join()
    assert made == ["slow", "c"]


def test_an_error_comes_out_where_the_thing_is_asked_for() -> None:
    """A failure ahead of time is raised when its thing is asked for, each time."""

    def make(key: int) -> int:
        return 1 // key

    prefetcher = Prefetcher(make, threads=2)
    assert prefetcher.get(1, upcoming=[0]) == 1
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            prefetcher.get(0)


def test_a_copy_through_pickle_works_on_its_own() -> None:
    """Worker processes of other libraries pickle datasets; the threads stay behind."""
    prefetcher = Prefetcher(abs, threads=2)
    assert prefetcher.get(-1, upcoming=[-2]) == 1
    assert pickle.loads(pickle.dumps(prefetcher)).get(-2) == 2  # noqa: S301


def test_another_process_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork the threads are gone: what they were to make is made again, not waited for."""
    made: list[int] = []
    hold = threading.Event()

    def make(key: int) -> int:
        if key == 2 and not made:
            hold.wait(10)
        made.append(key)
        return key

    prefetcher = Prefetcher(make, threads=1)
    waiting = threading.Thread(target=prefetcher.get, args=(2,))
    waiting.start()
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert prefetcher.get(3) == 3
    hold.set()
    waiting.join(10)
    assert made == [3, 2]
