"""The watch over a loss that is no finite number any more."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

from prevalens.callbacks.adjuster_rule import Decision
from prevalens.exceptions import PrevalensWarning


class BrokenLoss:
    """Notes the first batch of an epoch whose loss is not finite.

    Args:
        monitor: Keras' name of the followed value.
        accuracy: Keras' name of the training accuracy.

    Attributes:
        batch: Number of that batch from 0, or None.
    """

    def __init__(self, *, monitor: str = "val_loss", accuracy: str = "accuracy") -> None:
        self._monitor, self._accuracy = monitor, accuracy
        self.batch: int | None = None

    def begin_epoch(self) -> None:
        """Forget the epoch before."""
        self.batch = None

    def note(self, batch: int, logs: Mapping[str, float]) -> None:
        """Look at the loss of a batch; batches may come in any order."""
        if not is_finite(logs):
            self.batch = batch if self.batch is None else min(batch, self.batch)

    def where(self, *, steps_per_execution: int, steps: int | None) -> str:
        """Say which batch it was, or between which, where several steps report as one."""
        if self.batch is None:
            return ""
        # Keras reports the first or the last of them, by its backend.
        first = self.batch // steps_per_execution * steps_per_execution + 1
        last = min(first + steps_per_execution - 1, steps or math.inf)
        return f", batch {last}" if first == last else f", in one of the batches {first} to {last}"

    def warn(
        self,
        decision: Decision,
        logs: Mapping[str, Any],
        *,
        steps_per_execution: int,
        steps: int | None,
    ) -> bool:
        """Warn of a loss that is not finite, or of a followed value that is not a number.

        Args:
            decision: What was decided at the end of the epoch.
            logs: The epoch's values by Keras' names.
            steps_per_execution: How many steps report as one.
            steps: Steps of the epoch, where known.

        Returns:
            Whether anything is broken.
        """
        if not is_finite(logs):
            name, what = "loss", "a finite number"
        elif math.isnan(decision.value or 0.0):
            name, what = self._monitor, "a number"
        elif math.isnan(decision.accuracy or 0.0):
            name, what = self._accuracy, "a number"
        else:
            return False
        where = self.where(steps_per_execution=steps_per_execution, steps=steps)
        warnings.warn(
            f"{name!r} is not {what} in epoch {decision.epoch + 1}{where}. "
            f"Training stops there and goes back to epoch {decision.kept_epoch + 1}. Lower the "
            "rate, clip the gradients, or look for broken images and labels in that batch.",
            PrevalensWarning,
            stacklevel=3,
        )
        return True


def is_finite(logs: Mapping[str, float]) -> bool:
    """Return whether the training loss is a finite number, or not there."""
    return math.isfinite(logs.get("loss", 0.0))
