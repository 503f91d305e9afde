"""Callbacks that undo or forget what the adjuster does."""

import warnings
from typing import Any

import pytest

from prevalens.exceptions import InvalidInputError, PrevalensWarning

keras = pytest.importorskip("keras", exc_type=ImportError)
others = pytest.importorskip("prevalens.callbacks.other_callbacks", exc_type=ImportError)
pytestmark = pytest.mark.keras


def check(*callbacks: Any, use_ema: bool = False) -> None:
    """Look at callbacks beside an optimizer."""
    optimizer = keras.optimizers.SGD(0.1, use_ema=use_ema)
    others.check_other_callbacks(callbacks, optimizer=optimizer)


def test_what_forgets_or_restores_is_said() -> None:
    """BackupAndRestore, EarlyStopping that restores, and averages that nobody validates."""
    with pytest.warns(PrevalensWarning, match=r"BackupAndRestore.*TrainingBackup\(path"):
        check(keras.callbacks.BackupAndRestore("folder"))
    with pytest.warns(PrevalensWarning, match="the one listed last wins"):
        check(keras.callbacks.EarlyStopping(restore_best_weights=True))
    with pytest.warns(PrevalensWarning, match=r"Add keras.callbacks.SwapEMAWeights\(\)"):
        check(use_ema=True)


def test_what_does_no_harm_is_not_said() -> None:
    """EarlyStopping that restores nothing, and averages that validation is on."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", PrevalensWarning)
        check(keras.callbacks.EarlyStopping(), keras.callbacks.SwapEMAWeights(), use_ema=True)


def test_averages_swapped_for_whole_epochs_are_refused() -> None:
    """Which weights stand in the model at an epoch's end would then be unknown."""
    with pytest.raises(InvalidInputError, match=r"Use SwapEMAWeights\(\)"):
        check(keras.callbacks.SwapEMAWeights(swap_on_epoch=True), use_ema=True)


def test_a_foreign_rate_is_told_once_with_who_may_have_set_it() -> None:
    """Both rates, the epoch and the scheduler are in the text; the next epoch says no more."""
    scheduler = keras.callbacks.LearningRateScheduler(lambda _, rate: rate)
    optimizer, watch = keras.optimizers.SGD(0.025), others.WatchedRates([scheduler])
    assert watch.read(optimizer, epoch=1) == pytest.approx([0.025])
    watch.remember(optimizer)
    optimizer.learning_rate = 0.05
    text = r"Epoch 4 was to be trained at a rate of 0\.025 and was trained at 0\.05.*Scheduler\)"
    with pytest.warns(PrevalensWarning, match=text):
        watch.read(optimizer, epoch=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PrevalensWarning)
        assert watch.read(optimizer, epoch=5) == pytest.approx([0.05])
