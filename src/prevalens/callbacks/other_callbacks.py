"""Callbacks of Keras that undo or forget what the adjuster does: refused, or said."""

import warnings
from collections.abc import Sequence
from typing import Any

from prevalens.callbacks.optimizer_rates import read_rates, uses_averages
from prevalens.exceptions import InvalidInputError, PrevalensWarning

_SETS_RATES = {"LearningRateScheduler", "ReduceLROnPlateau"}


def check_other_callbacks(
    callbacks: Sequence[Any], *, optimizer: Any, after: Sequence[Any] = ()
) -> None:
    """Look at what stands beside the adjuster in `fit`; a class of one's own counts as its parents.

    Args:
        callbacks: All other callbacks of the `fit`.
        optimizer: The model's optimizer.
        after: Those of them that are listed after the adjuster.

    Raises:
        InvalidInputError: there is a second adjuster, or SwapEMAWeights swaps over whole epochs,
            so that which weights are the averaged ones would be unknown when they are kept.
    """
    named = _by_kind(callbacks)
    if "LearningRateAdjuster" in named:
        raise InvalidInputError(
            "Two adjusters in one `fit` would each lower the rate and restore weights. Leave one "
            "out; one that is listed twice, too."
        )
    if "ModelCheckpoint" in _by_kind(after):
        _say(
            "ModelCheckpoint is listed after the adjuster, so after a step back it writes the "
            "weights of the kept epoch under the values of another. List it before the adjuster."
        )
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


def _by_kind(callbacks: Sequence[Any]) -> dict[str, Any]:
    """Return callbacks by the names of their class and of those it is made from."""
    return {kind.__name__: each for each in callbacks for kind in type(each).__mro__}


class WatchedRates:
    """Notices an epoch that was trained at other rates than the adjuster had set.

    Args:
        callbacks: The other callbacks of the `fit`.
    """

    def __init__(self, callbacks: Sequence[Any]) -> None:
        names = [type(each).__name__ for each in callbacks if _by_kind([each]).keys() & _SETS_RATES]
        self._who = f" ({', '.join(names)})" if names else ""
        self._set: list[float] | None = None
        self._said = False

    def remember(self, optimizer: Any) -> None:
        """Remember the rates that the next epoch is to be trained at."""
        self._set = read_rates(optimizer)

    def read(self, optimizer: Any, *, epoch: int) -> list[float]:
        """Return the rates at the end of an epoch, from 1; say once where others were set."""
        found = read_rates(optimizer)
        if self._set is not None and found != self._set and not self._said:
            self._said = True
            _say(
                f"Epoch {epoch} was to be trained at a rate of {_listed(self._set)} and was "
                f"trained at {_listed(found)}: something else sets the rate{self._who}, and undoes "
                "what the adjuster does. Leave it or the adjuster out."
            )
        return found


def _listed(rates: Sequence[float]) -> str:
    return ", ".join(f"{rate:.4g}" for rate in rates)


def _say(text: str) -> None:
    warnings.warn(text, PrevalensWarning, stacklevel=4)
