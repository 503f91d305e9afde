"""When and where the adjuster's rows are printed."""

import keras

from prevalens._processes import running_processes
from prevalens.callbacks.adjuster_record import AdjusterRow
from prevalens.callbacks.adjuster_table import AdjusterTable


class EpochPrinter:
    """Prints a row after Keras has ended the line of its own for that epoch.

    To the standard output, or to the log where Keras' interactive logging is off; of several
    processes in the first alone.

    Args:
        monitor: Name of the monitored value.
        verbose: 0 prints nothing.
    """

    def __init__(self, monitor: str, *, verbose: int) -> None:
        self._monitor = monitor
        self._verbose = bool(verbose)
        self.begin()

    def begin(self) -> None:
        """Begin a table of its own."""
        self._table = AdjusterTable(self._monitor)

    def wait(self, row: AdjusterRow) -> None:
        """Keep a row to be printed."""
        self._table.waiting = row

    def amend(self, row: AdjusterRow) -> None:
        """Change the row that waits; one that was printed stays as it was."""
        if self._table.waiting is not None:
            self._table.waiting = row

    def flush(self, *, behind_bar: bool = False) -> None:
        """Print the row that waits, if one does; `behind_bar` where a progress bar is open."""
        if self._prints():
            shown = keras.config.is_interactive_logging_enabled()
            self._table.flush(interactive=shown, behind_bar=behind_bar)

    def say(self, text: str) -> None:
        """Print a line below the rows; an empty one is not printed."""
        if text and self._prints():
            self._table.say(text, interactive=keras.config.is_interactive_logging_enabled())

    def _prints(self) -> bool:
        return self._verbose and running_processes()[0] == 0
