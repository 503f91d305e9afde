"""Callbacks that undo or forget what the adjuster does."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError, PrevalensWarning

keras = pytest.importorskip("keras", exc_type=ImportError)
others = pytest.importorskip("prevalens.callbacks.other_callbacks", exc_type=ImportError)
LRA = pytest.importorskip("prevalens.callbacks", exc_type=ImportError).LearningRateAdjuster
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


def test_a_class_of_ones_own_counts_as_its_parents() -> None:
    """A subclass of EarlyStopping restores as EarlyStopping does."""
    own = type("Own", (keras.callbacks.EarlyStopping,), {})(restore_best_weights=True)
    swaps = type("Swaps", (keras.callbacks.SwapEMAWeights,), {})(swap_on_epoch=True)

    with pytest.warns(PrevalensWarning, match="the one listed last wins"):
        check(own)
    with pytest.raises(InvalidInputError, match=r"Use SwapEMAWeights\(\)"):
        check(swaps, use_ema=True)


def losses_and_files(folder: Path, *, checkpoint_first: bool) -> list[tuple[float, float]]:
    """Train at a rate that overshoots; return each epoch's val_loss, and that of its file."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1.5), "mean_squared_error")
    images, labels = np.ones((4, 1), np.float32), np.zeros((4, 1), np.float32)
    log = keras.callbacks.History()
    saves = keras.callbacks.ModelCheckpoint(folder / "{epoch}.weights.h5", save_weights_only=True)
    adjuster = LRA(verbose=0, factor=0.9)
    listed = [saves, adjuster] if checkpoint_first else [adjuster, saves]
    model.fit(
        images,
        labels,
        validation_data=(images, labels),
        epochs=2,
        callbacks=[log, *listed],
        verbose=0,
    )
    found = []
    for epoch, loss in enumerate(log.history["val_loss"], start=1):
        model.load_weights(folder / f"{epoch}.weights.h5")
        found.append((loss, float(model.evaluate(images, labels, verbose=0))))
    return found


def test_a_checkpoint_after_the_adjuster_is_said(tmp_path: Path) -> None:
    """It would write the kept epoch's weights under another's loss; listed before, it does not."""
    for loss, in_file in losses_and_files(tmp_path, checkpoint_first=True):
        assert in_file == pytest.approx(loss)
    with pytest.warns(PrevalensWarning, match="List it before the adjuster"):
        found = losses_and_files(tmp_path, checkpoint_first=False)
    assert any(in_file != pytest.approx(loss) for loss, in_file in found)


@pytest.mark.parametrize("same", [True, False])
def test_two_adjusters_are_refused(same: bool) -> None:
    """Listed twice, one would lower the rate twice an epoch."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mean_squared_error")
    adjuster = LRA(verbose=0)
    second = adjuster if same else LRA(verbose=0)
    one = np.ones((2, 1), np.float32)

    with pytest.raises(InvalidInputError, match="Two adjusters in one `fit`"):
        model.fit(one, one, validation_data=(one, one), callbacks=[adjuster, second], verbose=0)


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
