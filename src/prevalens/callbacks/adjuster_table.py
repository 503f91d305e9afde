"""The table that LearningRateAdjuster prints: at most 80 columns, a row an epoch."""

import logging
import math
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from prevalens.callbacks.adjuster_record import AdjusterRow

# Two lines of heading over each column, and its width.
_COLUMNS = {
    "epoch": ("", "epoch", 5),
    "loss": ("train", "loss", 6),
    "accuracy": ("train", "acc.", 6),
    "val_loss": ("val.", "loss", 6),
    "val_accuracy": ("val.", "acc.", 6),
    "rate": ("", "rate", 7),
    "next_rate": ("next", "rate", 7),
    "followed": ("judged", "by", 8),
    "improvement": ("gain", "%", 6),
    "action": ("", "action", 8),
    "duration": ("", "s", 5),
}
_FOUR_DECIMALS = ("loss", "accuracy", "val_loss", "val_accuracy")
# What an epoch ended with, the weightiest first; the rates beside it tell of a lowering.
_STYLES = {
    "unfreeze": "bold cyan",
    "stopped": "bold red",
    "restored": "yellow",
    "lowered": "yellow",
    "kept": "green",
    "skipped": "dim",
    "waited": "",
}


class AdjusterTable:
    """Rows as lines of text that stand under one another.

    Args:
        monitor: Name of the monitored value. Where it is none of the columns, it takes the
            place of the validation accuracy.

    Attributes:
        waiting: The row that `flush` will print, or None.
    """

    def __init__(self, monitor: str) -> None:
        self.monitor = monitor
        self.waiting: AdjusterRow | None = None
        self._headed = False
        self._own = monitor not in _FOUR_DECIMALS

    def heading(self) -> str:
        """Return the heading, two lines."""
        titles = dict(_COLUMNS)
        if self._own:
            name = self.monitor.removeprefix("val_")
            titles["val_accuracy"] = ("val." if name != self.monitor else "", name, 6)
        lines = zip(*((top, bottom) for top, bottom, _ in titles.values()), strict=True)
        return "\n".join(" ".join(map(_place, line, titles)) for line in lines)

    def line(self, row: "AdjusterRow") -> str:
        """Return one row."""
        cells = {name: _number(name, getattr(row, name)) for name in _COLUMNS}
        if self._own:
            cells["val_accuracy"] = _number("val_accuracy", row.value)
        names = {"accuracy": "accuracy", "skipped": "-"}
        cells["followed"] = names.get(row.followed, self.monitor)
        cells["action"] = _weightiest(row.action)
        return " ".join(map(_place, cells.values(), cells))

    def text(self, rows: Iterable["AdjusterRow"]) -> str:
        """Return heading and rows."""
        return "\n".join([self.heading(), *(self.line(row) for row in rows)])

    def flush(self, *, interactive: bool, behind_bar: bool = False) -> None:
        """Print the row that waits, if one does; the heading before the first.

        Args:
            interactive: Whether to the standard output, else to the log.
            behind_bar: Whether the cursor stands behind a progress bar.
        """
        row, self.waiting = self.waiting, None
        if row is None:
            return
        lines = [self.line(row)] if self._headed else [self.heading(), self.line(row)]
        self._headed = True
        if not interactive:
            self.say("\n".join(lines), interactive=False)
            return
        if behind_bar:
            sys.stdout.write("\n")
        console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        # In a file or a pipe rich would still wrap at a width it guesses, and Python would hold
        # the row back until there are many.
        if not console.is_terminal:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
            return
        for heading in lines[:-1]:
            console.print(Text(heading, style="bold"))
        console.print(Text(lines[-1], style=_STYLES[_weightiest(row.action)]))

    @staticmethod
    def say(text: str, *, interactive: bool) -> None:
        """Print a text of one or more lines below the rows, or log it."""
        if interactive:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            logging.getLogger("prevalens").info(text)


def _weightiest(action: str) -> str:
    return next(word for word in _STYLES if word in action)


def _place(cell: str, column: str) -> str:
    width = _COLUMNS[column][2]
    return cell[:width].rjust(width)


def _number(column: str, value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if not isinstance(value, float):
        return str(value)
    if column in _FOUR_DECIMALS:
        return _fitting(value, decimals=4, width=_COLUMNS[column][2])
    if column in ("rate", "next_rate"):
        return f"{value:.2g}"
    if column == "duration":
        return _fitting(round(value, 1), decimals=1, width=_COLUMNS[column][2])
    gain = round(value, 1) + 0.0  # which makes -0.0 a plain zero
    sign = "+" if gain >= 0 else ""
    return sign + _fitting(gain, decimals=1, width=_COLUMNS[column][2] - len(sign))


def _fitting(value: float, *, decimals: int, width: int) -> str:
    """Return the value with as many decimals, up to the given, as fit."""
    for places in range(decimals, -1, -1):
        text = f"{value:.{places}f}"
        # A small value would read 0.0000, which it is not.
        if len(text) <= width and (value == 0 or float(text) != 0):
            return text
    return f"{value:.0e}"
