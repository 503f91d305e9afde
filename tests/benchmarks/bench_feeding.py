"""How fast images reach a model: our datasets beside what Keras, PyTorch and Grain offer.

    python tests/benchmarks/bench_feeding.py [--quick]

Every line reads the same smooth synthetic images, 450x450, at 300x300 in batches of 32, with as
many threads or processes as there are cores: the best of two rounds, in which the ways take
turns. PNG files of noisy images are slow to unpack for everybody. Memory is what a process of its
own, reading from the cache's file or from JPEG files, takes for itself in an epoch (RssAnon of
Linux: pages of files that are mapped do not count).
"""

import argparse
import contextlib
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from prevalens._optional import require
from prevalens.augmentation import AugmentationPolicy, presets
from prevalens.batches import ImageDataset, UndersampledDataset, UndersamplingPlan
from prevalens.cohorts import Cohort
from prevalens.exceptions import MissingExtraError
from prevalens.images import FileReader, PixelCache, read_image, resizer_name

SIDE, SIZE, BATCH, ROUNDS, DISTINCT = 450, 300, 32, 2, 200
THROUGH, BARE = "ImageDataset, warm cache", "bare gather from the same file, no dataset"
CORES = len(os.sched_getaffinity(0))
PACKAGES = (
    "keras",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "tensorflow-cpu",
    "torch",
    "grain",
)


def main() -> None:
    """Write images, feed them every way there is, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="128 images in place of 2,000")
    n_images = 128 if parser.parse_args().quick else 2000
    warnings.simplefilter("ignore")
    print(
        f"{n_images} images a format, {SIDE}x{SIDE} to {SIZE}x{SIZE}, batch {BATCH}, {CORES} cores,"
        f" Keras on {keras.backend.backend()}, resized by {resizer_name()};"
        " images per second where nothing else is said.\n"
        f"{versions()}\n"
    )
    columns = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for suffix in ("bmp", "png", "jpg"):
            cohort = write_images(folder / suffix, suffix, n_images)
            columns[suffix] = measure(cohort, folder / f"cache-{suffix}")
        ours, theirs = fit_beside_arrays(cohort, folder / "cache-jpg")
        faults = faults_of_a_batch(cohort, folder / "cache-jpg")
        jump = seconds_of_a_jump(1_000_000 if n_images > 1000 else 20_000)
        grown = memory_of_epochs(folder, [n_images // 4, n_images, 4 * n_images])
    print("| way | BMP | PNG | JPEG |\n|---|---:|---:|---:|")
    for way in columns["bmp"]:
        print(
            f"| {way} | " + " | ".join(f"{column[way]:,.0f}" for column in columns.values()) + " |"
        )
    print(f"| `fit` of a small network, warm cache, s an epoch | | | {ours:.2f} |")
    print(f"| the same from arrays in memory, s an epoch | | | {theirs:.2f} |")
    for count, cold, warm in grown:
        print(f"| memory of a cold epoch of {count:,} images, MB | | | {cold:.0f} |")
        print(f"| memory of a warm epoch of {count:,} images, MB | | | {warm:.0f} |")
    warm, bare = (columns["jpg"][way] for way in (THROUGH, BARE))
    print(f"\nA warm epoch runs at {warm / bare:.2f} times the bare gather's speed,", end=" ")
    print(f"with {faults:.1f} page faults a batch once the first epoch has passed.")
    print("Rows of epoch 50, of a new plan: " + ", ".join(
        f"{seconds:.2f} s of {count:,} rows by {unit}" for unit, (count, seconds) in jump.items()
    ) + ".")  # fmt: skip
    print(f"\n`fit` from the warm cache takes {ours / theirs:.2f} times that from arrays.")


def faults_of_a_batch(cohort: Cohort, cache: Path) -> float:
    """Return the page faults of a batch in the third warm epoch, beyond those of an idle one."""
    kept = PixelCache(cache, announce=lambda _: None)
    warm = dataset(cohort, decoder="opencv", cache=kept)
    for _ in range(2):
        consume(warm)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    consume(warm)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / len(warm)


def seconds_of_a_jump(n_rows: int) -> dict[str, tuple[int, float]]:
    """Return the CPU seconds to the rows of epoch 50, of a plan that was never asked before."""
    rows = np.arange(n_rows)
    labels = (rows % 10 == 0).astype(np.int64)
    patients = np.char.add("p", (rows // 40).astype(str))
    found = {}
    for unit in ("image", "patient"):
        start = time.process_time()
        plan = UndersamplingPlan(
            rows, labels=labels, patients=patients, classes=("well", "sick"), seed=0, unit=unit
        )
        plan.rows(50)
        found[unit] = (n_rows, time.process_time() - start)
    return found


def versions() -> str:
    """Return the versions of what is compared, and of Python."""
    found = []
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return f"Python {platform.python_version()}, {', '.join(found)}."


def write_images(folder: Path, suffix: str, n_images: int) -> Cohort:
    """Write smooth images with a little noise, in two folders named by class; 200 differ."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    names, labels = [], []
    for row in range(n_images):
        label = "sick" if row % 4 == 0 else "well"
        (folder / label).mkdir(parents=True, exist_ok=True)
        name = f"{label}/{row:05d}.{suffix}"
        if row < DISTINCT:
            waves = [
                np.sin(rng.uniform(4, 30) * down + rng.uniform(4, 30) * across) for _ in range(3)
            ]
            pixels = 128 + 90 * np.stack(waves, axis=2) + rng.normal(0, 4, (SIDE, SIDE, 1))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
        else:
            shutil.copyfile(folder / names[row % DISTINCT], folder / name)
        names.append(name)
        labels.append(label)
    return Cohort(images=names, labels=labels, patients=names, positive="sick", root=folder)


EPOCH = """
import sys, warnings, numpy as np
from prevalens.batches import ImageDataset
from prevalens.cohorts import read_folder
from prevalens.images import PixelCache

def own():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

warnings.simplefilter("ignore")
folder, size, batch, threads = sys.argv[1], *map(int, sys.argv[2:5])
names = "(?P<label>[a-z]+)/(?P<patient>[0-9]+)[.]jpg"
cohort = read_folder(folder, names, positive="sick")
cache = PixelCache(folder + "-kept", announce=lambda _: None) if sys.argv[5] == "warm" else None
settings = dict(image_size=size, batch_size=batch, threads=threads, cache=cache)
rows = np.arange(len(cohort))
if cache:
    for _ in ImageDataset(cohort, rows, **settings): pass
list(ImageDataset(cohort, rows[:batch], **settings))
dataset = ImageDataset(cohort, rows, **settings)
before = own()
print(max(own() - before for _ in dataset))
"""


def memory_of_epochs(folder: Path, counts: list[int]) -> list[tuple[int, float, float]]:
    """Return for each number of small JPEG files what a cold and a warm epoch take, in MB."""
    grown = []
    for count in counts:
        write_images(folder / f"small-{count}", "jpg", count)
        arguments = [str(folder / f"small-{count}"), "64", str(BATCH), str(CORES)]
        cold, warm = (
            float(
                subprocess.run(
                    [sys.executable, "-c", EPOCH, *arguments, kind],
                    check=True, capture_output=True, text=True,
                ).stdout
            )
            for kind in ("cold", "warm")
        )  # fmt: skip
        grown.append((count, cold, warm))
    return grown


def measure(cohort: Cohort, cache: Path) -> dict[str, float]:
    """Return images per second of each way to feed one cohort."""
    n_images = len(cohort)
    ways: dict[str, Callable[[], Iterable[Any]]] = {
        "image_dataset_from_directory (tf.data)": lambda: from_directory(cohort),
        "torch DataLoader, Pillow": lambda: torch_loader(cohort, "pillow"),
        "torch DataLoader, OpenCV": lambda: torch_loader(cohort, "opencv"),
        "Grain, Pillow": lambda: grain_loader(cohort, "pillow"),
        "Grain, OpenCV": lambda: grain_loader(cohort, "opencv"),
        "the OpenCV decoder alone, no batches": lambda: bare_decoder(cohort),
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
    brief, smear = ("UndersampledDataset, warm cache, augmented by " + name
                    for name in ("`flip_rotate_shift()`", "`blood_smear()`"))  # fmt: skip
    rates |= dict.fromkeys((THROUGH, BARE, brief, smear), 0.0)
    for _ in range(2 * ROUNDS):
        rates[THROUGH] = max(rates[THROUGH], n_images / timed(lambda: consume(warm)))
        rates[BARE] = max(rates[BARE], n_images / bare_gather(warm))
    for way, policy in ((brief, presets.flip_rotate_shift()), (smear, presets.blood_smear())):
        # An eighth of the images: the changes take far longer than the feeding.
        some = np.arange(n_images // 8)
        changing = augmented(cohort, some, policy, kept)
        rates[way] = len(some) / timed(lambda changing=changing: consume(changing))  # type: ignore[misc]
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


def augmented(
    cohort: Cohort, rows: Any, policy: AugmentationPolicy, kept: PixelCache
) -> Iterable[Any]:
    """Return the batches of an epoch of every one of `rows`, changed in the reading threads."""
    return UndersampledDataset(
        cohort, rows, image_size=SIZE, batch_size=BATCH, ratio={}, seed=0, decoder="opencv",
        cache=kept, augmentation=policy, threads=CORES,
    ).batches_of(0)  # fmt: skip


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


def bare_decoder(cohort: Cohort) -> Iterable[Any]:
    """Return every image, decoded and resized by a thread a core: what no dataset can beat."""
    with ThreadPoolExecutor(CORES) as pool:
        paths = map(cohort.path, range(len(cohort)))
        fast = FileReader(decoder="opencv")
        yield from pool.map(lambda path: (read_image(path, size=SIZE, reader=fast)[None],), paths)


def bare_gather(warm: ImageDataset) -> float:
    """Return the seconds of copying every image out of the cache's file, with threads alone."""
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
