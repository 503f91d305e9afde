"""Callbacks of Keras that undo or forget what the adjuster does: refused, or said."""

import warnings
from collections.abc import Sequence
from typing import Any

from prevalens.callbacks.optimizer_rates import uses_averages
from prevalens.exceptions import InvalidInputError, PrevalensWarning

_SETS_RATES = ("LearningRateScheduler", "ReduceLROnPlateau")


def check_other_callbacks(callbacks: Sequence[Any], *, optimizer: Any) -> None:
    """Look at what stands beside the adjuster in `fit`.

    Args:
        callbacks: All callbacks of the `fit`.
        optimizer: The model's optimizer.

    Raises:
        InvalidInputError: SwapEMAWeights swaps over whole epochs, so that which weights are the
            averaged ones would be unknown when they are kept.
    """
    named = {type(each).__name__: each for each in callbacks}
    if getattr(named.get("SwapEMAWeights"), "swap_on_epoch", False):
        raise InvalidInputError(
            "SwapEMAWeights(swap_on_epoch=True) leaves the averaged weights in the model while "
            "the adjuster keeps them. Use SwapEMAWeights(): validation is on the average too."
        )
    if uses_averages(optimizer) and "SwapEMAWeights" not in named:
        _say(
            "The optimizer averages weights (use_ema=True), and `fit` ends with the average of "
            "the kept epoch, but validation is on the weights that are not averaged. Add "
            "keras.callbacks.SwapEMAWeights() to the callbacks, so that the average is judged."
        )
    if "BackupAndRestore" in named:
        _say(
            "BackupAndRestore restores the model after a kill, but not what the adjuster "
            "remembers: the best epoch and the counts start anew. Use "
            "prevalens.callbacks.TrainingBackup(path, adjuster) in its place."
        )
    if getattr(named.get("EarlyStopping"), "restore_best_weights", False):
        _say(
            "EarlyStopping(restore_best_weights=True) and the adjuster both restore weights when "
            "training ends, and the one listed last wins. The adjuster stops by itself "
            "(`stop_patience`): leave EarlyStopping out."
        )


def warn_of_foreign_rates(
    set_rates: Sequence[float], found: Sequence[float], *, epoch: int, callbacks: Sequence[Any]
) -> None:
    """Say that an epoch was trained at other rates than the adjuster had set.

    Args:
        set_rates: What the adjuster had set.
        found: What the optimizer has at the end of the epoch.
        epoch: Number of the epoch, from 1.
        callbacks: All callbacks of the `fit`.
    """
    names = [type(each).__name__ for each in callbacks if type(each).__name__ in _SETS_RATES]
    who = f" ({', '.join(names)})" if names else ""
    _say(
        f"Epoch {epoch} was to be trained at a rate of {_listed(set_rates)} and was trained at "
        f"{_listed(found)}: something else sets the rate{who}, and undoes what the adjuster "
        "does. Leave it or the adjuster out."
    )


def _listed(rates: Sequence[float]) -> str:
    return ", ".join(f"{rate:.4g}" for rate in rates)


def _say(text: str) -> None:
    warnings.warn(text, PrevalensWarning, stacklevel=4)
