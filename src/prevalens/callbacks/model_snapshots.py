"""Snapshots of a model's weights, and going back to one."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from prevalens._processes import running_processes
from prevalens._writing import remove_unfinished
from prevalens.callbacks.optimizer_rates import (
    averages,
    keeps_weights,
    second_weights,
    slots,
    uses_averages,
)
from prevalens.callbacks.weight_snapshot import WeightSnapshot
from prevalens.exceptions import PrevalensWarning


class ModelSnapshots:
    """Takes snapshots of what a step back restores, and restores them.

    That is the weights, the averaged weights of an optimizer with `use_ema=True`, the second
    weights of a ScheduleFreeAdamW, and with `with_slots` the optimizer's slots. Rates, step counts,
    gradients that are still summed up and a loss scale are never among it.

    Args:
        file: Keep snapshots in this `.npz` file; None keeps them in memory.
        with_slots: Whether the optimizer's slots (its momenta) belong to a snapshot.
    """

    def __init__(self, file: Path | None, *, with_slots: bool) -> None:
        self._file = file
        self._with_slots = with_slots

    def remove_unfinished(self) -> None:
        """Remove what killed runs left beside the file."""
        if self._file is not None:
            remove_unfinished(self._file)

    def take(self, model: Any) -> WeightSnapshot:
        """Return a snapshot of the model as it is."""
        if keeps_weights(model.optimizer) and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        return self.keep([keras.ops.convert_to_numpy(v) for v in self._variables(model)])

    def keep(self, arrays: Sequence[Any]) -> WeightSnapshot:
        """Return a snapshot of these arrays; where the disk is full, in memory with a warning.

        Of several processes only the first writes the file.
        """
        file = self._file if running_processes()[0] == 0 else None
        try:
            return WeightSnapshot(arrays, file=file)
        except OSError as error:
            warnings.warn(
                f"The best weights could not be written to {self._file}: {error}. They are kept "
                "in memory, and training goes on. Free some space.",
                PrevalensWarning,
                stacklevel=2,
            )
            return WeightSnapshot(arrays)

    def restore(self, model: Any, snapshot: WeightSnapshot) -> None:
        """Give the model the weights of a snapshot."""
        for variable, array in zip(self._variables(model), snapshot.arrays(), strict=True):
            variable.assign(array)

    def restore_final(self, model: Any, snapshot: WeightSnapshot, *, trained: bool) -> None:
        """Give the model the weights of a snapshot as those that a training ends with.

        Keras ends `fit` with the averaged weights where the optimizer averages; so does this.

        Args:
            model: The model.
            snapshot: The snapshot.
            trained: Whether it is of the end of an epoch, and not of the start, when there are
                no averages yet.
        """
        self.restore(model, snapshot)
        if trained and uses_averages(model.optimizer):
            model.optimizer.finalize_variable_values(model.trainable_variables)

    def _variables(self, model: Any) -> list[Any]:
        more = slots(model.optimizer) if self._with_slots else []
        own = [*averages(model.optimizer), *second_weights(model.optimizer)]
        return [*model.weights, *own, *more]
