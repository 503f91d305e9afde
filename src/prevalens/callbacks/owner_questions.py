"""Asking the owner of a training how to go on: by a function, or by a file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prevalens._checks import check_integer, check_path
from prevalens.exceptions import InvalidInputError


class OwnerQuestions:
    """Asks from a given epoch on, and understands the answers.

    Args:
        on_ask: Called with the epoch's row; returns `"halt"` to end the training, `"unfreeze"`
            to end its first phase, a whole number to be asked again after so many epochs, or
            None.
        ask_epoch: Number of epochs after which it is first called, from 1.
        halt_file: The training ends after the epoch in which this file appears.

    Attributes:
        next_epoch: The epoch of the next question, from 1, or None.

    Raises:
        InvalidInputError: only one of the first two is given, or the epoch is below 1.
    """

    def __init__(
        self,
        on_ask: Callable[[Any], object] | None,
        *,
        ask_epoch: int | None,
        halt_file: str | os.PathLike[str] | None,
    ) -> None:
        if (on_ask is None) != (ask_epoch is None):
            raise InvalidInputError(
                f"`on_ask` and `ask_epoch` belong together, got {on_ask!r} and {ask_epoch!r}. "
                "Give both, or neither."
            )
        if ask_epoch is not None:
            check_integer("ask_epoch", ask_epoch, minimum=1)
        self._on_ask = on_ask
        self._first = ask_epoch
        self._halt_file = None if halt_file is None else Path(check_path("halt_file", halt_file))
        self.next_epoch = ask_epoch

    def start_afresh(self) -> None:
        """Ask first at `ask_epoch` again."""
        self.next_epoch = self._first

    def check_no_halt_file(self) -> None:
        """Refuse a halt file that is there before the training has begun."""
        if self._halts():
            raise InvalidInputError(
                f"The halt file {self._halt_file} is there before training has begun, perhaps "
                "from an earlier run. Remove it, or leave `halt_file` out."
            )

    def is_due(self, epoch: int) -> bool:
        """Return whether the owner is asked after `epoch`, from 1."""
        due = self._on_ask is not None and self.next_epoch is not None and epoch >= self.next_epoch
        return due and not self._halts()

    def ask(self, row: Any, *, may_unfreeze: bool) -> str | None:
        """Return `"halt"`, `"unfreeze"` or None, as the halt file and the owner say.

        Args:
            row: The epoch's row.
            may_unfreeze: Whether there is a first phase to end.

        Raises:
            InvalidInputError: the answer means nothing, or there is no first phase to end.
        """
        if self._halts():
            return "halt"
        if self._on_ask is None or not self.is_due(row.epoch):
            return None
        answer = self._on_ask(row)
        if answer is None or answer == "halt":
            return None if answer is None else "halt"
        if answer == "unfreeze":
            if not may_unfreeze:
                raise InvalidInputError(
                    "`on_ask` answered 'unfreeze', but there is no first phase to end. Give "
                    "`unfreeze_at`, the latest epoch for it, and train with `two_phases`."
                )
            return "unfreeze"
        self.next_epoch = row.epoch + check_integer("on_ask's answer", answer, minimum=1)
        return None

    def _halts(self) -> bool:
        return self._halt_file is not None and self._halt_file.exists()
