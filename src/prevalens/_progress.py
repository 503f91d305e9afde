"""A line that shows how far a long call is: on a terminal and in a notebook, nowhere else."""

import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prevalens._notebook import meter

_PAUSE = 0.2  # seconds between two states in a notebook, where each is a message


@contextlib.contextmanager
def progress_line(words: str | None, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """Show a bar on standard error, or below the cell of a notebook, while the block runs.

    Args:
        words: Past participle, such as `"read"`; None shows nothing.
        total: How many there are.
        unit: What is counted, such as `"files"`.

    Yields:
        A function that is told how many more are done.
    """
    if words is None or not total:
        yield _silent
        return
    # Not where this module is imported: it takes a while, and few calls show a bar.
    console = importlib.import_module("rich.console").Console(file=sys.stderr)
    # In a notebook rich asks for ipywidgets, and without them warns and shows an empty line.
    shown = _in_notebook if console.is_jupyter else _on_terminal
    if not (console.is_jupyter or console.is_terminal):
        yield _silent
        return
    with shown(console, words, total, unit) as advance:
        yield advance


def _silent(done: int) -> None:
    """Show nothing."""


@contextlib.contextmanager
def _on_terminal(
    console: Any, words: str, total: int, unit: str
) -> Iterator[Callable[[int], object]]:
    rich = importlib.import_module("rich.progress")
    columns = (
        rich.TextColumn("{task.description}"),
        rich.TextColumn("{task.completed:.0f} of {task.total:.0f} " + unit),
        rich.BarColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=console) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.advance(task, done)


@dataclass(frozen=True)
class _State:
    """How far a call is, as a notebook shows it."""

    words: str
    done: int
    total: int
    unit: str

    def __repr__(self) -> str:
        return f"{self.words} {self.done} of {self.total} {self.unit}"

    def _repr_html_(self) -> str:
        return meter(repr(self), self.done, self.total)


@contextlib.contextmanager
def _in_notebook(
    _console: Any, words: str, total: int, unit: str
) -> Iterator[Callable[[int], object]]:
    display = importlib.import_module("IPython.display").display
    line = display(_State(words, 0, total, unit), display_id=True)
    done, shown = 0, time.monotonic()

    def advance(more: int) -> None:
        nonlocal done, shown
        done += more
        if time.monotonic() - shown >= _PAUSE:
            shown = time.monotonic()
            line.update(_State(words, done, total, unit))

    try:
        yield advance
    finally:
        # Whatever was passed over, or where an error ended the call.
        line.update(_State(words, done, total, unit))
