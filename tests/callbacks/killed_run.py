"""One training that may be killed at any moment; run by test_training_backup.py.

Arguments: a folder with images, and the folder of the run. The run leaves a byte in `ticks` at
each hook, so that its killer knows where it is, and `result.json` when it has ended.
"""

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens.augmentation import AugmentationPolicy, Flip, RandomAugmentation, Rotation
from prevalens.batches import UndersampledDataset
from prevalens.callbacks import LearningRateAdjuster, TrainingBackup
from prevalens.cohorts import Cohort

EPOCHS = 6


class Killed(BaseException):
    """Stands for a kill where the test stays in one process."""


class Ticks(keras.callbacks.Callback):  # type: ignore[misc]
    """Leave a byte in a file at each hook; end the run after so many of them where asked."""

    def __init__(self, path: Path, *, last: int | None) -> None:
        super().__init__()
        self.path = path
        self.left = last

    def tick(self, *_: object, **__: object) -> None:
        """Leave a byte."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        with self.path.open("ab") as stream:
            stream.write(b".")

    on_train_begin = on_epoch_begin = on_epoch_end = on_train_batch_end = on_train_end = tick


def build() -> keras.Model:
    """Return a model with dropout, batch normalisation and random augmentation."""
    images = keras.Input((16, 16, 3))
    maps = RandomAugmentation(AugmentationPolicy([Flip(), Rotation(degrees=20)]), seed=3)(images)
    maps = keras.layers.Conv2D(4, 3, strides=2)(keras.layers.Rescaling(1 / 255)(maps))
    maps = keras.layers.BatchNormalization()(maps)
    features = keras.layers.Dropout(0.3)(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(images, keras.layers.Dense(1, activation="sigmoid")(features))
    model.compile(
        keras.optimizers.Adam(0.05),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def main(images: Path, run: Path, *, last: int | None = None) -> dict[str, Any]:
    """Train, going on from a backup where there is one; return and write the result."""
    keras.utils.set_random_seed(11)
    paths = sorted(images.glob("*.png"))
    cohort = Cohort(
        images=[path.name for path in paths],
        labels=[path.stem.split("_")[1] for path in paths],
        patients=[path.stem for path in paths],
        positive="sick",
        root=images,
    )
    dataset = UndersampledDataset(
        cohort, np.arange(len(cohort)), image_size=16, batch_size=4, seed=5, threads=1
    )
    model = build()
    ticks = Ticks(run / "ticks", last=last)
    adjuster = LearningRateAdjuster(
        monitor="loss", threshold=0.6, min_delta=0.02, stop_patience=9, verbose=0
    )
    backup = TrainingBackup(run / "backup.npz", adjuster)
    followers = [dataset.follow_epochs(), ticks, adjuster, backup, ticks]
    first = backup.restore(model, epochs=EPOCHS)
    model.fit(dataset, epochs=EPOCHS, initial_epoch=first, callbacks=followers, verbose=0)
    result = {
        "first": first,
        "history": backup.history,
        "actions": [row.action for row in adjuster.record.rows],
        "weights": [np.asarray(w, dtype=float).tolist() for w in model.get_weights()],
    }
    (run / "result.json").write_text(json.dumps(result))
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
