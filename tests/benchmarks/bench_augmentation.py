"""Rotation, flip, shift and zoom of 32 images of 300x300x3: this library, Keras, and the others.

Run `KERAS_BACKEND=jax python tests/benchmarks/bench_augmentation.py [--quick]`; all rows of the
table come from one run on one machine. Libraries that are not installed are left out. A second
table is of the host: each preset and each operation, in CPU time of one thread; with `--host` it
is the only one.
"""

import argparse
import contextlib
import importlib.util
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any
from unittest import mock

import keras
import numpy as np

from prevalens._optional import require
from prevalens.augmentation import (
    AugmentationPolicy,
    Flip,
    RandomAugmentation,
    Rotation,
    Shift,
    Zoom,
    augment_on_host,
    host_augmentation,
    presets,
)
from prevalens.augmentation.operation import OPERATIONS

POLICY = AugmentationPolicy(
    [Flip(), Rotation(degrees=20), Shift(fraction=0.1), Zoom(factor=(0.9, 1.1))], fill="reflect"
)
BATCH = 32
SIDE = 300
PACKAGES = (
    "keras", "numpy", "opencv-python-headless", "jax", "torch", "tensorflow-cpu", "kornia",
    "albumentations",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, smaller fit")
    parser.add_argument("--host", action="store_true", help="the table of the host alone")
    options = parser.parse_args(arguments)
    quick = options.quick
    if options.host:
        print_host_table(2 if quick else 7)
        return
    images = np.random.default_rng(0).integers(0, 256, (BATCH, SIDE, SIDE, 3)).astype(np.uint8)
    repeats = 2 if quick else 7
    backend = keras.backend.backend()
    calls = {
        "prevalens layer, uint8 in": ours(images),
        "prevalens layer, float32 in": ours(images.astype(np.float32)),
        "prevalens layer, `blood_smear()`": ours(images, presets.blood_smear()),
        "prevalens on the host, uint8": on_host(images),
        **{name: make(images) for name, make in others(backend)},
    }
    keras_speed = images_per_second({"": kerases(images)}, 1 if quick else 3)[""]
    speeds = {"Keras' layers": keras_speed, **images_per_second(calls, repeats)}
    print(
        f"{BATCH} images of {SIDE}x{SIDE}x3, rotation, flip, shift and zoom, median of {repeats} "
        f"turns on {len(os.sched_getaffinity(0))} cores; JAX and TensorFlow compiled, PyTorch "
        f"eager.\n{versions()}\n"
    )
    print("| on", backend, "| images/s | times Keras' layers |\n|---|---:|---:|")
    for name, speed in speeds.items():
        print(f"| {name} | {speed:,.0f} | {speed / keras_speed:.1f} |")
    with_, without = fit_seconds(n=32 if quick else 128)
    print(
        f"| one epoch of `fit` of a small CNN, with / without | {with_:.2f} s / {without:.2f} s | |"
    )
    print_host_table(2 if quick else 7)


def print_host_table(repeats: int) -> None:
    """Print milliseconds of CPU an image on the host, with OpenCV and without it."""
    every = {f"`{kind.__name__}`, always applied": AugmentationPolicy([kind(probability=1)])
             for kind in sorted(OPERATIONS.values(), key=lambda kind: kind.order)}  # fmt: skip
    if importlib.util.find_spec("cv2"):
        require("cv2", extra="fast").setNumThreads(1)
    policies = {f"`presets.{name}()`": getattr(presets, name)() for name in presets.PRESETS}
    with_opencv = {name: host_milliseconds(p, repeats) for name, p in (policies | every).items()}
    with mock.patch.object(host_augmentation, "_opencv", return_value=None):
        without = {name: host_milliseconds(p, repeats) for name, p in (policies | every).items()}
    print(
        f"\n{BATCH} soft images of {SIDE}x{SIDE}x3 on the host, CPU time of one thread, minimum of "
        f"{repeats} turns.\n\n| policy | ms/image with OpenCV | without |\n|---|---:|---:|"
    )
    for name, milliseconds in with_opencv.items():
        print(f"| {name} | {milliseconds:.2f} | {without[name]:.2f} |")


def host_milliseconds(policy: AugmentationPolicy, repeats: int) -> float:
    """Return the least CPU time of an image in this thread, after one turn to warm up."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = [128 + 90 * np.sin((7 + 3 * c) * y + (k % 5 + 4) * x)
             for k in range(BATCH) for c in range(3)]  # fmt: skip
    images = np.stack(waves).reshape(BATCH, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    pixels = np.ascontiguousarray(images.astype(np.uint8))
    drawn = policy.draw(BATCH, seed=1, epoch=0)
    seconds = []
    for _ in range(repeats + 1):
        start = time.thread_time()
        augment_on_host(policy, pixels, drawn)
        seconds.append(time.thread_time() - start)
    return 1e3 * min(seconds[1:]) / BATCH


def versions() -> str:
    """Return the versions of what is compared, and of Python."""
    found = []
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return f"Python {platform.python_version()}, {', '.join(found)}."


def images_per_second(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return the median speed of each call, taken in turns, after one of each to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: BATCH / statistics.median(taken) for name, taken in seconds.items()}


def compiled(layer: Any, images: np.ndarray) -> Callable[[], Any]:
    """Return a call of a layer in training, compiled where the backend does so in `fit`."""
    tensor = keras.ops.convert_to_tensor(images)
    backend = keras.backend.backend()
    if backend == "jax":
        jax = require("jax", extra="jax")
        step = jax.jit(lambda state, pixels: layer.stateless_call([], state, pixels, training=True))
        state = [variable.value for variable in layer.non_trainable_variables]
        return lambda: jax.block_until_ready(step(state, tensor))
    if backend == "tensorflow":
        tensorflow = require("tensorflow", extra="tensorflow")
        traced = tensorflow.function(
            lambda pixels: layer(pixels, training=True),
            jit_compile=getattr(layer, "supports_jit", True),
        )
        return lambda: traced(tensor).numpy()
    return lambda: layer(tensor, training=True)


def ours(images: np.ndarray, policy: AugmentationPolicy = POLICY) -> Callable[[], Any]:
    """Return this library's layer."""
    return compiled(RandomAugmentation(policy, seed=1), images)


def on_host(images: np.ndarray) -> Callable[[], Any]:
    """Return the draws and the uint8 pictures of a worker."""
    return lambda: augment_on_host(POLICY, images, POLICY.draw(len(images), seed=1, epoch=0))


def kerases(images: np.ndarray) -> Callable[[], Any]:
    """Return Keras' own four layers, each as it can be compiled."""
    # On PyTorch Keras' affine transform takes "reflect" for something else.
    fill = "nearest" if keras.backend.backend() == "torch" else "reflect"
    layers = [
        keras.layers.RandomFlip("horizontal_and_vertical", seed=1),
        keras.layers.RandomRotation(20 / 360, seed=2, fill_mode=fill),
        keras.layers.RandomTranslation(0.1, 0.1, seed=3, fill_mode=fill),
        keras.layers.RandomZoom(0.1, seed=4, fill_mode=fill),
    ]
    model = keras.Sequential([keras.Input(images.shape[1:]), *layers])
    model.supports_jit = all(layer.supports_jit for layer in layers)
    return compiled(model, images.astype(np.float32))


def others(backend: str) -> list[tuple[str, Callable[[np.ndarray], Callable[[], Any]]]]:
    """Return the installed libraries that are compared with."""
    found: list[tuple[str, Callable[[np.ndarray], Callable[[], Any]]]] = []
    if backend == "torch" and importlib.util.find_spec("kornia"):
        found.append(("kornia", kornias))
    if importlib.util.find_spec("albumentations"):
        found.append(("albumentations, one thread, uint8", albumentations_))
    return found


def kornias(images: np.ndarray) -> Callable[[], Any]:
    """Return kornia's affine and flips over a float32 batch."""
    torch = require("torch", extra="torch")
    augmentation = require("kornia.augmentation", extra="torch")
    change = torch.nn.Sequential(
        augmentation.RandomHorizontalFlip(p=0.5),
        augmentation.RandomVerticalFlip(p=0.5),
        augmentation.RandomAffine(
            20, translate=(0.1, 0.1), scale=(0.9, 1.1), p=1.0, padding_mode="reflection"
        ),
    )
    planes = torch.from_numpy(images).permute(0, 3, 1, 2).float().contiguous() / 255
    return lambda: change(planes)


def albumentations_(images: np.ndarray) -> Callable[[], Any]:
    """Return albumentations' affine and flips, one image after another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = require("albumentations", extra="fast")
    change = library.Compose(
        [
            library.HorizontalFlip(p=0.5),
            library.VerticalFlip(p=0.5),
            library.Affine(
                rotate=(-20, 20),
                translate_percent=(-0.1, 0.1),
                scale=(0.9, 1.1),
                p=1.0,
                border_mode=2,
            ),
        ]
    )
    return lambda: [change(image=image)["image"] for image in images]


def fit_seconds(n: int) -> tuple[float, float]:
    """Return the seconds of one epoch of a small CNN with and without augmentation."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (n, 128, 128, 3)).astype(np.uint8)
    labels = rng.integers(0, 2, n).astype(np.float32)
    seconds = []
    for augmentation in ([RandomAugmentation(POLICY, seed=1)], []):
        model = keras.Sequential(
            [
                keras.Input((128, 128, 3), dtype="uint8"),
                *augmentation,
                keras.layers.Rescaling(1 / 255),
                *(
                    layer
                    for width in (16, 32, 64, 64)
                    for layer in (
                        keras.layers.Conv2D(width, 3, padding="same", activation="relu"),
                        keras.layers.MaxPooling2D(),
                    )
                ),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer="adam", loss="binary_crossentropy")
        model.fit(images, labels, verbose=0)
        start = time.perf_counter()
        model.fit(images, labels, verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


if __name__ == "__main__":
    main()
