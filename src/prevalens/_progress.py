"""A line that shows how far a long call is: on a terminal and in a notebook, nowhere else."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_line(words: str | None, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """Show a bar on standard error while the block runs.

    Args:
        words: Past participle, such as `"read"`; None shows nothing.
        total: How many there are.
        unit: What is counted, such as `"files"`.

    Yields:
        A function that is told how many more are done.
    """
    if words is None or not total:
        yield lambda _: None
        return
    # Not where this module is imported: it takes a while, and few calls show a bar.
    rich = importlib.import_module("rich.progress")
    console = importlib.import_module("rich.console").Console(file=sys.stderr)
    columns = (
        rich.TextColumn("{task.description}"),
        rich.TextColumn("{task.completed:.0f} of {task.total:.0f} " + unit),
        rich.BarColumn(),
        rich.TimeRemainingColumn(),
    )
    hidden = not (console.is_terminal or console.is_jupyter)
    with rich.Progress(*columns, console=console, disable=hidden) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.advance(task, done)
