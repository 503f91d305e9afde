"""One short training of each special kind, and what LRA did to it.

Run as a program with the name of a kind it prints the facts as JSON: several devices have to be
asked for before a backend starts.
"""

import itertools
import json
import sys
from typing import Any

import keras
import numpy as np

from prevalens.callbacks import LearningRateAdjuster

KINDS = (
    "plain",
    "mixed_bfloat16",
    "mixed_float16",
    "loss scaling",
    "gradient accumulation",
    "several steps an execution",
)
DISTRIBUTED = ("data parallel", "model parallel")


class Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Write a script of validation losses into the logs; note weights and momenta."""

    def __init__(self, *values: float) -> None:
        super().__init__()
        self.values = values
        self.weights: list[list[Any]] = []
        self.momenta: list[list[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note, and write this epoch's value."""
        if logs is not None and self.values:
            logs["val_loss"] = self.values[epoch]
        self.weights.append(copies(self.model.weights))
        slots = [v for v in self.model.optimizer.variables if "momentum" in v.path]
        self.momenta.append(copies(slots))


def copies(variables: Any) -> list[Any]:
    """Return copies of variables as arrays."""
    return [np.array(keras.ops.convert_to_numpy(v), copy=True) for v in variables]


def build(kind: str, *, momentum: float) -> Any:
    """Return a small compiled model that is trained in the special way."""
    unit = keras.layers.Dense(8, activation="tanh")
    last = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((3,)), unit, last])
    steps = 2 if kind == "gradient accumulation" else None
    optimizer: Any = keras.optimizers.SGD(0.5, momentum, gradient_accumulation_steps=steps)
    if kind == "loss scaling":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    several = kind == "several steps an execution" and keras.backend.backend() != "torch"
    model.compile(
        optimizer,
        loss="mse",
        # So small a model needs none, but what is lowered must reach a compiled step.
        jit_compile=keras.backend.backend() != "torch",
        steps_per_execution=2 if several else 1,
    )
    if kind == "mixed_float16":
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    return model


def train(kind: str, *callbacks: Any, momentum: float) -> Any:
    """Train for three epochs of four batches in order; return the model."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(32, 3)).astype("float32")
    model = build(kind, momentum=momentum)
    model.fit(
        rows,
        (np.arange(32) % 2).astype("float32"),
        epochs=3,
        batch_size=8,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    )
    return model


def facts(kind: str) -> dict[str, Any]:
    """Return what the rate and a restore did to the weights and the momenta."""
    keras.config.set_dtype_policy(kind if kind.startswith("mixed") else "float32")
    try:
        return observe(kind)
    finally:
        keras.config.set_dtype_policy("float32")


def observe(kind: str) -> dict[str, Any]:
    """Train twice: with the rate cut to nearly nothing, and with a step back."""
    script = Watch(0.5, 0.6, 0.6)
    slowed = LearningRateAdjuster(threshold=None, dwell=False, factor=1e-7, verbose=0)
    train(kind, script, slowed, momentum=0.0)
    kernels = [weights[0] for weights in script.weights]
    before, after = Watch(0.5, 0.6, 0.7), Watch()
    going_back = LearningRateAdjuster(threshold=None, restore_optimizer=True, verbose=0)
    train(kind, before, going_back, after, momentum=0.9)
    return {
        "moved": [float(np.abs(b - a).max()) for a, b in itertools.pairwise(kernels)],
        "rates": [round(row.rate, 6) for row in going_back.record.rows],
        "left": not same(before.weights[0], before.weights[1]),
        "weights restored": same(after.weights[1], before.weights[0]),
        "momenta left": not same(before.momenta[0], before.momenta[1]),
        "momenta restored": same(after.momenta[1], before.momenta[0]),
        "kernels on": len(getattr(going_back.model.weights[0].value, "devices", lambda: [0])()),
    }


def same(left: list[Any], right: list[Any]) -> bool:
    """Return whether two lists of arrays, not empty, are the same to the last bit."""
    return bool(left) and all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def distribute(kind: str) -> None:
    """Spread what follows over all devices: the rows, or the kernel's columns too."""
    devices = keras.distribution.list_devices()
    if kind == "data parallel":
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
        return
    mesh = keras.distribution.DeviceMesh((2, len(devices) // 2), ("batch", "model"), devices)
    layout = keras.distribution.LayoutMap(mesh)
    layout["dense/kernel"] = (None, "model")
    layout["dense_1/kernel"] = ("model", None)
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
    )


if __name__ == "__main__":
    distribute(sys.argv[1])
    sys.stdout.write(json.dumps(facts(sys.argv[1])))
