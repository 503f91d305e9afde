"""A model that writes down which coded images it was trained on."""

from typing import Any

import keras

BATCHES = 64  # that a recorder holds


class Recorder(keras.layers.Layer):
    """Keeps the rows of each batch in a weight, with -1 where there was none.

    By default only those of training.
    """

    def __init__(self, width: int = 16, *, always: bool = False) -> None:
        super().__init__()
        self.always = always
        self.width = width
        nothing = keras.initializers.Constant(-1)
        self.log = self.add_weight(shape=(BATCHES, width), initializer=nothing, trainable=False)
        self.step = self.add_weight(shape=(), initializer="zeros", dtype="float32", trainable=False)

    def call(self, images: Any, *, training: bool = False) -> Any:
        """Return the row of each image, as `(batch, 1)`."""
        rows = keras.ops.cast(images[:, 0, 0, 0], "float32")
        if training or self.always:
            # One-hot sums place them: slices at a running step trace differently on each backend.
            position = keras.ops.cast(keras.ops.cumsum(keras.ops.ones_like(rows)) - 1, "int32")
            across = keras.ops.one_hot(position, self.width)
            down = keras.ops.cast(
                keras.ops.equal(keras.ops.arange(BATCHES, dtype="float32"), self.step), "float32"
            )
            self.log.assign_add(down[:, None] * keras.ops.matmul(rows + 1, across)[None, :])
            self.step.assign_add(1)
        return rows[:, None]


def recording_model(*, always: bool = False) -> keras.Model:
    """Return a compiled model; `shown` tells what it was trained on, or shown at all."""
    head = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")
    model = keras.Sequential([Recorder(always=always), head])
    model.compile(keras.optimizers.SGD(1e-6), "binary_crossentropy")
    return model


def row_model() -> keras.Model:
    """Return a model, not built yet, that predicts the row of each coded image."""
    model = keras.Sequential([Recorder()])
    model.compile("sgd", "mse")
    return model


def shown(model: keras.Model) -> list[list[int]]:
    """Return the rows of each batch a recording model was shown, in order."""
    log = keras.ops.convert_to_numpy(model.layers[0].log).astype(int).tolist()
    return [[row for row in batch if row >= 0] for batch in log if max(batch) >= 0]
