"""How well the ALL example's full configuration uses a GPU.

    python tests/benchmarks/bench_gpu.py                 # needs a GPU; one backend a run
    KERAS_BACKEND=jax python tests/benchmarks/bench_gpu.py
    python tests/benchmarks/bench_gpu.py --quick         # MobileNet at 32x32: shows that it runs

EfficientNetB3 at 300x300, batch 40, on 10,000 drawn cells of 100 patients, in mixed_bfloat16, with
and without augmentation, from the same first weights and the same batches. The first epoch of each
compiles and fills the pixel cache; it is shown and not counted. The loss curves of two backends are
to be laid side by side: dropout draws differently on each, so they agree in course, not in digits.
"""

import argparse
import resource
import runpy
import tempfile
import time
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
TRIAL = {"image_size": 32, "batch_size": 8, "patients": 8, "images": 4, "drawn": 32}


class TimedDataset(UndersampledDataset):
    """Counts the seconds that handing over the batches took.

    On JAX and PyTorch `fit` waits that long. TensorFlow asks for batches beside the training step,
    and waits for less.
    """

    waited = 0.0

    def __getitem__(self, index: int) -> Any:
        """Return a batch, and count."""
        start = time.perf_counter()
        batch = super().__getitem__(index)
        self.waited += time.perf_counter() - start
        return batch


class Clock(keras.callbacks.Callback):
    """Notes each epoch's seconds, the share of them waited for input, and its loss."""

    def __init__(self, fed: TimedDataset, n_images: int) -> None:
        super().__init__()
        self.fed, self.n_images = fed, n_images
        self.rates: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.fed.waited, self.start = 0.0, time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Read it."""
        seconds = time.perf_counter() - self.start
        self.rates.append(self.n_images / seconds)
        print(
            f"| {epoch} | {self.rates[-1]:,.1f} | {self.fed.waited / seconds:.1%} "
            f"| {(logs or {})['loss']:.4f} |",
            flush=True,
        )


def main() -> None:
    """Train with and without augmentation, and print a table of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="toy size, on any device")
    parser.add_argument(
        "--epochs", type=int, default=4, help="at least 2; the first is not counted"
    )
    given = parser.parse_args()
    gpu = bool(runpy.run_path(str(EXAMPLE))["on_gpu"]())
    if not gpu and not given.quick:
        raise SystemExit("Keras sees no GPU here. Add --quick to see that the script runs.")
    size = TRIAL if given.quick else FULL
    # EfficientNetB3 takes minutes to compile on a CPU, whatever the size of the images.
    backbone = "MobileNet" if given.quick else "EfficientNetB3"
    precision = "mixed_bfloat16" if gpu else "float32"
    print(
        f"{backbone}, {size['image_size']} px, batch {size['batch_size']}, {precision}, Keras "
        f"{keras.__version__} on {keras.backend.backend()}, {device_name()}"
        + (": a trial, no estimate" if given.quick else "")
    )
    with tempfile.TemporaryDirectory() as folder:
        cohort = make_cells(
            Path(folder) / "cells",
            n_patients=size["patients"],
            images_per_patient=size["images"],
            image_size=size["drawn"],
            seed=7,
        )
        cache = PixelCache(Path(folder) / "pixels", announce=lambda _: None)
        for augmented in (False, True):
            print(f"\n{'with' if augmented else 'without'} augmentation\n")
            measure(
                cohort,
                cache,
                size,
                precision,
                backbone=backbone,
                augmented=augmented,
                epochs=given.epochs,
            )


def measure(
    cohort: Cohort,
    cache: PixelCache,
    size: dict[str, int],
    precision: str,
    *,
    backbone: str,
    augmented: bool,
    epochs: int,
) -> None:
    """Train, and print images a second, the share of waiting, the loss and the peak memory."""
    keras.utils.set_random_seed(7)
    batches = TimedDataset(
        cohort,
        np.arange(len(cohort)),
        image_size=size["image_size"],
        batch_size=size["batch_size"],
        seed=7,
        cache=cache,
    )
    model = all_classifier(
        backbone=backbone,
        image_size=size["image_size"],
        weights=None,
        augmentation=RandomAugmentation(presets.flip_rotate_shift(), seed=7) if augmented else None,
        dtype=precision,
    )
    clock = Clock(batches, len(batches.rows_of(0)))
    print("| epoch | images/s | waiting for input | loss |\n|---|---|---|---|")
    follow = [batches.follow_epochs(), clock]
    model.fit(batches, epochs=epochs, callbacks=follow, shuffle=False, verbose=0)
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nMedian of epochs 1 on: {np.median(clock.rates[1:]):,.1f} images/s. Peak so far: "
        f"{device_memory()} on the device, {host:,.0f} MB on the host."
    )


def device_name() -> str:
    """Return what the backend calls its first device."""
    backend = keras.backend.backend()
    if backend == "jax":
        return str(require("jax", extra="jax").devices()[0].device_kind)
    if backend == "torch":
        cuda = require("torch", extra="torch").cuda
        return str(cuda.get_device_name(0)) if cuda.is_available() else "cpu"
    gpus = require("tensorflow", extra="tensorflow").config.list_physical_devices("GPU")
    return str(gpus[0].name) if gpus else "cpu"


def device_memory() -> str:
    """Return the largest memory that arrays have taken on the first GPU, in words."""
    backend = keras.backend.backend()
    if backend == "jax":
        found = require("jax", extra="jax").devices()[0].memory_stats()
        peak = None if found is None else found.get("peak_bytes_in_use")
    elif backend == "torch":
        cuda = require("torch", extra="torch").cuda
        peak = cuda.max_memory_allocated() if cuda.is_available() else None
    else:
        config = require("tensorflow", extra="tensorflow").config
        gpus = config.list_physical_devices("GPU")
        peak = config.experimental.get_memory_info("GPU:0")["peak"] if gpus else None
    return "not told" if peak is None else f"{peak / 2**20:,.0f} MB"


if __name__ == "__main__":
    main()
