"""One training that may be killed at any moment; run by test_training_backup.py.

Arguments: a folder with images, the folder of the run, and the number of epochs. At each hook the
run writes a byte to its standard output, so that its killer knows where it is: `b"s"` where the
saving of an epoch begins, `b"."` elsewhere. It writes `result.json` when it has ended.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens.augmentation import AugmentationPolicy, Flip, RandomAugmentation, Rotation
from prevalens.batches import UndersampledDataset
from prevalens.callbacks import LearningRateAdjuster, TrainingBackup, two_phases
from prevalens.cohorts import Cohort


class Killed(BaseException):
    """Stands for a kill where the test stays in one process."""


class Ticks(keras.callbacks.Callback):  # type: ignore[misc]
    """Call `tick` at each hook, with what stands for the hook."""

    def __init__(self, tick: Callable[[bytes], object]) -> None:
        super().__init__()
        self.tick = tick

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Tick before the callbacks that save."""
        self.tick(b"s")

    def other(self, *_: object, **__: object) -> None:
        """Tick at any other hook."""
        self.tick(b".")

    on_train_begin = on_epoch_begin = on_train_batch_end = on_train_end = other


def build() -> keras.Model:
    """Return a model with dropout, batch normalisation, augmentation and a frozen layer."""
    images = keras.Input((16, 16, 3))
    maps = RandomAugmentation(AugmentationPolicy([Flip(), Rotation(degrees=20)]), seed=3)(images)
    low = keras.layers.Conv2D(4, 3, strides=2, trainable=False, name="low")
    maps = low(keras.layers.Rescaling(1 / 255)(maps))
    maps = keras.layers.Dropout(0.1, seed=8)(keras.layers.BatchNormalization()(maps))
    features = keras.layers.Dropout(0.3)(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(images, keras.layers.Dense(1, activation="sigmoid")(features))
    compile_with(model, 0.05)
    return model


def compile_with(model: keras.Model, rate: float) -> None:
    """Compile the model with a rate."""
    model.compile(
        keras.optimizers.Adam(rate),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() == "jax",
    )


def open_low(model: keras.Model) -> None:
    """Begin the second phase: open the frozen layer, and compile anew."""
    model.get_layer("low").trainable = True
    compile_with(model, 0.02)


def read_cohort(images: Path) -> Cohort:
    """Return the cohort of a folder of files named number_label.png."""
    paths = sorted(images.glob("*.png"))
    return Cohort(
        images=[path.name for path in paths],
        labels=[path.stem.split("_")[1] for path in paths],
        patients=[path.stem for path in paths],
        positive="sick",
        root=images,
    )


def main(
    images: Path,
    run: Path,
    *others: keras.callbacks.Callback,
    epochs: int,
    tick: Callable[[bytes], object] = bytes,
) -> dict[str, Any]:
    """Train in two phases, going on from a backup where there is one; write the result."""
    tick(b".")
    keras.utils.set_random_seed(11)
    cohort = read_cohort(images)
    dataset = UndersampledDataset(
        cohort, np.arange(len(cohort)), image_size=16, batch_size=4, seed=5, threads=2
    )
    model = build()
    adjuster = LearningRateAdjuster(
        monitor="loss",
        threshold=0.6,
        factor=0.8,
        min_rate=0.01,
        stop_patience=999,
        restore_optimizer=True,
        weights_file=run / "best.npz",
        unfreeze_at=epochs // 12 + 1,
        verbose=0,
    )
    backup = TrainingBackup(run / "backup.npz", adjuster)
    followers = [dataset.follow_epochs(), *others, Ticks(tick), adjuster, backup]
    begun = []
    for first in two_phases(model, adjuster, epochs=epochs, unfreeze=open_low, backup=backup):
        begun.append(first)
        model.fit(dataset, epochs=epochs, initial_epoch=first, callbacks=followers, verbose=0)
    result = {
        "first": begun[0],
        "history": backup.history,
        "actions": [row.action for row in adjuster.record.rows],
        "weights": [np.asarray(w).astype(float).tolist() for w in model.get_weights()],
    }
    (run / "result.json").write_text(json.dumps(result))
    return result


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        epochs=int(sys.argv[3]),
        tick=lambda byte: os.write(1, byte),
    )
