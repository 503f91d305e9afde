"""How well the ALL example's full configuration uses a GPU.

    KERAS_BACKEND=jax python tests/benchmarks/bench_gpu.py
    KERAS_BACKEND=torch python tests/benchmarks/bench_gpu.py

EfficientNetB3 at 300x300, batch 40, on 10,000 cells of 100 patients that several processes drew
before any clock ran, from the same first weights and the same batches in each row. Waiting for
input is 1 - (step on a batch that stays on the device) / (step of `fit`), both of the same compiled
step. The first epoch compiles and fills the pixel cache (cold); the others are warm. Without a GPU
everything runs at toy size, which shows that it runs and nothing else.
"""

import argparse
import runpy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prevalens._optional import require
from prevalens.augmentation import RandomAugmentation, presets
from prevalens.batches import UndersampledDataset
from prevalens.cohorts import Cohort, make_cells
from prevalens.images import PixelCache
from prevalens.models import all_classifier

EXAMPLE = Path(__file__).parents[2] / "examples" / "cnmc_all.py"
FULL = {"image_size": 300, "batch_size": 40, "patients": 100, "images": 100, "drawn": 450}
TRIAL = {"image_size": 32, "batch_size": 8, "patients": 8, "images": 6, "drawn": 32}
BACKEND = keras.backend.backend()


class Clock(keras.callbacks.Callback):
    """Notes the seconds of each epoch, and its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.losses: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Read; the loss is on the host by now, so the device has finished."""
        self.losses.append(float((logs or {})["loss"]))
        self.seconds.append(time.perf_counter() - self.start)


class Resident(keras.utils.PyDataset):
    """Gives one batch, which stays where the backend computes, as often as is asked."""

    def __init__(self, batch: tuple[Any, Any], steps: int) -> None:
        super().__init__()
        self.batch, self.steps = tuple(map(on_device, batch)), steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return the batch."""
        return self.batch


def on_device(array: Any) -> Any:
    """Put an array where the backend computes; TensorFlow's `fit` takes it from the host."""
    if BACKEND == "jax":
        return require("jax", extra="jax").device_put(array)
    return keras.ops.convert_to_tensor(array) if BACKEND == "torch" else array


def main() -> None:
    """Print a table of training, and one of the layer alone."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="toy size, on a GPU too")
    parser.add_argument("--epochs", type=int, default=4, help="at least 2; the first is cold")
    given = parser.parse_args()
    if given.epochs < 2:
        parser.error("--epochs: the first is cold, so at least 2")
    gpu = bool(runpy.run_path(str(EXAMPLE))["on_gpu"]())
    trial = given.quick or not gpu
    size = TRIAL if trial else FULL
    # EfficientNetB3 takes minutes to compile on a CPU, whatever the size of the images.
    backbone = "MobileNet" if trial else "EfficientNetB3"
    if not gpu:
        print("Keras sees no GPU here: everything runs at toy size, and no number is an estimate.")
    print(
        f"{backbone}, {size['image_size']} px, batch {size['batch_size']}, Keras "
        f"{keras.__version__} on {BACKEND}, {device_name()}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        cohort = make_cells(
            Path(folder) / "cells",
            n_patients=size["patients"],
            images_per_patient=size["images"],
            image_size=size["drawn"],
            seed=7,
            workers=1 if trial else 8,
        )
        print(
            "| precision | augmentation | images/s cold | warm | step, ms | on a resident batch "
            "| waiting for input | peak, MB | losses |\n|---|---|---|---|---|---|---|---|---|"
        )
        for precision in ("float32", "mixed_bfloat16"):
            for augmented in (False, True):
                kept = Path(folder) / f"pixels-{precision}-{augmented}"
                train(cohort, kept, size, precision, backbone, augmented=augmented, n=given.epochs)
    layer_alone(size["image_size"], batch=8 if trial else 256)


def train(
    cohort: Cohort,
    kept: Path,
    size: dict[str, int],
    precision: str,
    backbone: str,
    *,
    augmented: bool,
    n: int,
) -> None:
    """Train, then take the same compiled step on one batch, and print a row."""
    reset_peak()
    keras.utils.set_random_seed(7)
    batches = UndersampledDataset(
        cohort,
        np.arange(len(cohort)),
        image_size=size["image_size"],
        batch_size=size["batch_size"],
        seed=7,
        cache=PixelCache(kept, announce=lambda _: None),
    )
    model = all_classifier(
        backbone=backbone,
        image_size=size["image_size"],
        weights=None,
        augmentation=RandomAugmentation(presets.flip_rotate_shift(), seed=7) if augmented else None,
        dtype=precision,
    )
    clock, images, steps = Clock(), len(batches.rows_of(0)), len(batches)
    model.fit(
        batches,
        epochs=n,
        callbacks=[batches.follow_epochs(), clock],
        shuffle=False,
        verbose=0,
    )
    resident = Clock()
    # The first epoch of these is not counted: Keras makes its iterator in it.
    model.fit(Resident(batches[0], steps), epochs=2, callbacks=[resident], verbose=0)
    warm, alone = float(np.median(clock.seconds[1:])), resident.seconds[1]
    print(
        f"| {precision} | {'flip_rotate_shift' if augmented else 'none'} "
        f"| {images / clock.seconds[0]:,.1f} | {images / warm:,.1f} | {1000 * warm / steps:.2f} "
        f"| {1000 * alone / steps:.2f} | {max(0.0, 1 - alone / warm):.1%} | {peak()} "
        f"| {' '.join(f'{loss:.4f}' for loss in clock.losses)} |",
        flush=True,
    )


def layer_alone(side: int, *, batch: int) -> None:
    """Print the images a second of each preset's layer, compiled and synchronised."""
    print("\n| preset, the layer alone | images/s |\n|---|---|")
    pixels = np.random.default_rng(7).integers(0, 256, (batch, side, side, 3)).astype("float32")
    resident = on_device(pixels)
    for name in presets.PRESETS:
        layer = RandomAugmentation(getattr(presets, name)(), value_range=(0, 255), seed=7)
        run = compiled(layer)
        wait(run(resident))
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            wait(run(resident))
            seconds.append(time.perf_counter() - start)
        print(f"| {name} | {batch / float(np.median(seconds)):,.0f} |", flush=True)


def compiled(layer: RandomAugmentation) -> Callable[[Any], Any]:
    """Return a model's own compiled step of the layer: what `fit` runs before the backbone."""
    if BACKEND == "tensorflow":
        return require("tensorflow", extra="tensorflow").function(
            lambda images: layer(images, training=True), jit_compile=True
        )
    if BACKEND == "jax":
        state = [each.value for each in layer.variables]

        def stateless(state: Any, images: Any) -> Any:
            return layer.stateless_call([], state, images, training=True)[0]

        step = require("jax", extra="jax").jit(stateless)
        return lambda images: step(state, images)
    return lambda images: layer(images, training=True)


def wait(array: Any) -> None:
    """Return once the device has computed: one number of it is on the host."""
    keras.ops.convert_to_numpy(array[0, 0, 0])


def device_name() -> str:
    """Return what the backend calls its first device."""
    if BACKEND == "jax":
        return str(require("jax", extra="jax").devices()[0].device_kind)
    if BACKEND == "torch":
        cuda = require("torch", extra="torch").cuda
        return str(cuda.get_device_name(0)) if cuda.is_available() else "cpu"
    gpus = require("tensorflow", extra="tensorflow").config.list_physical_devices("GPU")
    return str(gpus[0].name) if gpus else "cpu"


def reset_peak() -> None:
    """Forget the largest memory so far, where the backend can; JAX cannot."""
    if BACKEND == "torch" and require("torch", extra="torch").cuda.is_available():
        require("torch", extra="torch").cuda.reset_peak_memory_stats()
    elif BACKEND == "tensorflow":
        config = require("tensorflow", extra="tensorflow").config
        if config.list_physical_devices("GPU"):
            config.experimental.reset_memory_stats("GPU:0")


def peak() -> str:
    """Return the largest memory of arrays on the first GPU since `reset_peak`, in MB."""
    found: Any = None
    if BACKEND == "jax":
        stats = require("jax", extra="jax").devices()[0].memory_stats()
        found = None if stats is None else stats.get("peak_bytes_in_use")
        return "not told" if found is None else f"{found / 2**20:,.0f} since the start"
    if BACKEND == "torch":
        cuda = require("torch", extra="torch").cuda
        found = cuda.max_memory_allocated() if cuda.is_available() else None
    else:
        config = require("tensorflow", extra="tensorflow").config
        if config.list_physical_devices("GPU"):
            found = config.experimental.get_memory_info("GPU:0")["peak"]
    return "not told" if found is None else f"{found / 2**20:,.0f}"


if __name__ == "__main__":
    main()
