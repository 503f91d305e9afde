"""How fast images reach a model: our datasets beside what Keras, PyTorch and Grain offer.

    python tests/benchmarks/bench_feeding.py [--quick]

Every line reads the same smooth synthetic images, 450x450, at 300x300 in batches of 32, with as
many threads or processes as there are cores: the best of three rounds, in which the ways take
turns. PNG files of noisy images are slow to unpack for everybody.
"""

import argparse
import os
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from prevalens._optional import require
from prevalens.batches import ImageDataset
from prevalens.cohorts import Cohort
from prevalens.exceptions import MissingExtraError
from prevalens.images import PixelCache

SIDE, SIZE, BATCH, ROUNDS = 450, 300, 32, 3
CORES = len(os.sched_getaffinity(0))


def main() -> None:
    """Write images, feed them every way there is, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="128 images in place of 2,000")
    n_images = 128 if parser.parse_args().quick else 2000
    warnings.simplefilter("ignore")
    print(
        f"{n_images} images a format, {SIDE}x{SIDE} to {SIZE}x{SIZE}, batch {BATCH}, {CORES} cores,"
        f" Keras {keras.__version__} on {keras.backend.backend()}; images per second.\n"
    )
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("bmp", "png", "jpg"):
            cohort = write_images(Path(folder) / suffix, suffix, n_images)
            columns[suffix] = measure(cohort, Path(folder) / f"cache-{suffix}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ours, theirs = fit_beside_arrays(cohort, Path(folder) / "cache-jpg")
    print("| way | BMP | PNG | JPEG |\n|---|---|---|---|")
    for way in columns["bmp"]:
        print(
            f"| {way} | " + " | ".join(f"{column[way]:,.0f}" for column in columns.values()) + " |"
        )
    print(
        f"\nAn epoch of `fit` of a small network takes {ours:.2f} s from the warm cache and "
        f"{theirs:.2f} s from arrays in memory (ratio {ours / theirs:.2f}). Peak memory before it: "
        f"{peak:,.0f} MB."
    )


def write_images(folder: Path, suffix: str, n_images: int) -> Cohort:
    """Write smooth images with a little noise, in two folders named by class."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    names, labels = [], []
    for row in range(n_images):
        waves = [np.sin(rng.uniform(4, 30) * down + rng.uniform(4, 30) * across) for _ in range(3)]
        pixels = 128 + 90 * np.stack(waves, axis=2) + rng.normal(0, 4, (SIDE, SIDE, 1))
        label = "sick" if row % 4 == 0 else "well"
        (folder / label).mkdir(parents=True, exist_ok=True)
        name = f"{label}/{row:05d}.{suffix}"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
        names.append(name)
        labels.append(label)
    return Cohort(images=names, labels=labels, patients=names, positive="sick", root=folder)


def measure(cohort: Cohort, cache: Path) -> dict[str, float]:
    """Return images per second of each way to feed one cohort."""
    n_images = len(cohort)
    ways: dict[str, Callable[[], Iterable[Any]]] = {
        "image_dataset_from_directory (tf.data)": lambda: from_directory(cohort),
        "torch DataLoader, Pillow": lambda: torch_loader(cohort, "pillow"),
        "torch DataLoader, OpenCV": lambda: torch_loader(cohort, "opencv"),
        "Grain, Pillow": lambda: grain_loader(cohort, "pillow"),
        "Grain, OpenCV": lambda: grain_loader(cohort, "opencv"),
        "ImageDataset, Pillow": lambda: dataset(cohort, decoder="pillow"),
        "ImageDataset, OpenCV": lambda: dataset(cohort, decoder="opencv"),
    }
    rates: dict[str, float] = {}
    for _ in range(ROUNDS):
        # In turn, so that whatever else the machine does falls on every way alike.
        for way, make in ways.items():
            try:
                rate = n_images / timed(lambda make=make: consume(make()))  # type: ignore[misc]
            except (ImportError, MissingExtraError):
                rate = float("nan")
            rates[way] = max(rate, rates.get(way, rate))
    kept = PixelCache(cache, announce=lambda _: None)
    rates["ImageDataset, OpenCV, filling the cache"] = n_images / timed(
        lambda: consume(dataset(cohort, decoder="opencv", cache=kept))
    )
    warm = dataset(cohort, decoder="opencv", cache=kept)
    consume(warm)
    through, bare = "ImageDataset, warm cache", "bare gather from the same file, no dataset"
    rates[through] = rates[bare] = 0
    for _ in range(2 * ROUNDS):
        rates[through] = max(rates[through], n_images / timed(lambda: consume(warm)))
        rates[bare] = max(rates[bare], n_images / bare_gather(warm))
    return rates


def fit_beside_arrays(cohort: Cohort, cache: Path) -> tuple[float, float]:
    """Return the seconds of an epoch of `fit` from the warm cache, and from arrays in memory."""
    kept = PixelCache(cache, announce=lambda _: None)
    fed = dataset(cohort, decoder="opencv", cache=kept)
    images, labels = (np.concatenate(part) for part in zip(*fed, strict=True))
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Rescaling(1 / 255)])
    for width in (8, 16, 32):
        model.add(keras.layers.Conv2D(width, 3, strides=2, activation="relu"))
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy")
    model.fit(fed, verbose=0)
    model.fit(images, labels, batch_size=BATCH, verbose=0)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: model.fit(fed, shuffle=False, verbose=0)))
        theirs.append(
            timed(lambda: model.fit(images, labels, batch_size=BATCH, shuffle=False, verbose=0))
        )
    return min(ours), min(theirs)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def consume(batches: Iterable[Any]) -> int:
    """Take every batch and look at one pixel of it."""
    return sum(int(np.asarray(batch[0])[-1, 0, 0, 0]) >= 0 for batch in batches)


def dataset(cohort: Cohort, **settings: Any) -> ImageDataset:
    """Return our dataset of every row."""
    rows = np.arange(len(cohort))
    return ImageDataset(cohort, rows, image_size=SIZE, batch_size=BATCH, threads=CORES, **settings)


def from_directory(cohort: Cohort) -> Iterable[Any]:
    """Return Keras' own reader of folders; on BMP, PNG and JPEG it runs TensorFlow."""
    require("tensorflow", extra="tensorflow")
    return keras.utils.image_dataset_from_directory(
        cohort.root, image_size=(SIZE, SIZE), batch_size=BATCH, shuffle=False, verbose=False
    ).as_numpy_iterator()


def torch_loader(cohort: Cohort, decoder: str) -> Iterable[Any]:
    """Return PyTorch's loader over the same decoding, a worker process a core."""
    data = require("torch.utils.data", extra="torch")
    rows = dataset(cohort, decoder=decoder).as_torch_dataset()
    return data.DataLoader(rows, batch_size=BATCH, num_workers=CORES)


def grain_loader(cohort: Cohort, decoder: str) -> Iterable[Any]:
    """Return Grain's reader over the same decoding, with a thread a core."""
    grain = require("grain", extra="grain")
    rows = dataset(cohort, decoder=decoder).grain_source()
    options = grain.ReadOptions(num_threads=CORES, prefetch_buffer_size=4 * BATCH)
    return grain.MapDataset.source(rows).to_iter_dataset(options).batch(BATCH)


def bare_gather(warm: ImageDataset) -> float:
    """Return the seconds of copying every image out of the mapped file, with threads alone."""
    kept: Any = warm._reader.source._kept
    starts = range(0, len(kept), BATCH)
    buffers = [np.empty((BATCH, SIZE, SIZE, 3), dtype=np.uint8) for _ in range(CORES)]

    def copy(worker: int) -> None:
        for start in starts[worker::CORES]:
            rows = np.arange(start, min(start + BATCH, len(kept)))
            kept.take(rows, into=buffers[worker][: len(rows)])

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(copy, range(CORES)))
        return timed(lambda: list(pool.map(copy, range(CORES))))


if __name__ == "__main__":
    main()
