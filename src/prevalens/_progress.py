"""A line that shows how far a long call is: on a terminal and in a notebook, nowhere else."""

import contextlib
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
    # Not where the module is imported: it takes a while, and few calls show a bar.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(file=sys.stderr)
    counts = TextColumn("{task.completed:.0f} of {task.total:.0f} " + unit)
    columns = (TextColumn("{task.description}"), counts, BarColumn(), TimeRemainingColumn())
    hidden = not (console.is_terminal or console.is_jupyter)
    with Progress(*columns, console=console, disable=hidden) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.advance(task, done)
