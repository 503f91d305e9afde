"""Which of two phases a training is in, and when the first ends."""

from collections.abc import Mapping
from typing import Any

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError


class TrainingPhases:
    """One phase, or two of which the first trains less of the model.

    Args:
        unfreeze_at: Number of epochs, from 1, after which the first of two phases ends; None
            where there is one phase only.

    Attributes:
        number: 2 once the second phase was begun, else 1.
        has_ended: Whether the first of two phases has ended, and the second not begun.
        n_trainable: Trainable arrays of the model in the first phase.
    """

    def __init__(self, unfreeze_at: int | None) -> None:
        if unfreeze_at is not None:
            check_integer("unfreeze_at", unfreeze_at, minimum=1)
        self.unfreeze_at = unfreeze_at
        self.start_afresh()

    def start_afresh(self) -> None:
        """Go back to the first phase."""
        self.number, self.has_ended, self.n_trainable = 1, False, 0

    def to_dict(self) -> dict[str, Any]:
        """Return what is remembered, as plain values."""
        return {
            "number": self.number,
            "has_ended": self.has_ended,
            "n_trainable": self.n_trainable,
        }

    def set(self, record: Mapping[str, Any]) -> None:
        """Take back what `to_dict` gave."""
        self.number, self.has_ended = record["number"], record["has_ended"]
        self.n_trainable = record["n_trainable"]

    @property
    def can_end(self) -> bool:
        """Whether there is a first phase that is not over."""
        return self.unfreeze_at is not None and self.number == 1

    def ends(self, epoch: int, *, word: str | None, stops: bool) -> bool:
        """Return whether the first phase ends with `epoch`, from 1, and remember it.

        Args:
            epoch: Number of the epoch, from 1.
            word: What the owner answered.
            stops: Whether the rule would end the training.
        """
        if not self.can_end or word == "halt" or self.unfreeze_at is None:
            return False
        self.has_ended = stops or word == "unfreeze" or epoch >= self.unfreeze_at
        return self.has_ended

    def begin_second(self) -> None:
        """Begin the second phase.

        Raises:
            InvalidInputError: the first has not ended.
        """
        if not self.has_ended:
            raise InvalidInputError(
                "No first phase has ended, so no second can begin. Give `unfreeze_at`, and call "
                "this after the `fit` that it ended."
            )
        self.number = 2

    def check_opened(self, n_trainable: int) -> None:
        """Refuse a second phase that trains as many arrays as the first, and end the first."""
        if n_trainable == self.n_trainable:
            raise InvalidInputError(
                f"The second phase would train the same {n_trainable} arrays as the first. "
                "Unfreeze layers, for example with prevalens.models.unfreeze, and compile the "
                "model anew."
            )
        self.has_ended = False
