"""Whether several processes or devices learn what one does: run for real on this machine.

    python tests/benchmarks/bench_several_processes.py [--quick]

Each way trains the same small model on the same undersampled epochs under the adjuster's rule,
judges it on every row after each epoch, predicts every row, and is compared with one process on
one device: weights, predictions, validation loss and accuracy, and each decision. The rule is told
that a higher loss is better, so that rates are lowered and weights restored. It fails where they
differ.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from prevalens._optional import require
from prevalens.cohorts import Cohort

EPOCHS, BATCH, SIDE = 4, 8, 8
WAYS = {
    # name: backend, processes, devices of each
    "JAX, 2 processes, `DataParallel(auto_shard_dataset=False)`": ("jax", 2, 1),
    "JAX, 1 process, 8 virtual devices, `DataParallel()`": ("jax", 1, 8),
    "PyTorch, 2 processes, `DistributedDataParallel` (gloo)": ("torch", 2, 1),
}


def main() -> None:
    """Run every way in processes of its own and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same; it is small already")
    parser.add_argument("--worker", nargs=5, help="used by this script itself")
    given = parser.parse_args()
    if given.worker:
        folder, backend, index, count, port = given.worker
        work(Path(folder), backend, int(index), int(count), port)
        return
    print(
        f"{EPOCHS} epochs of 28 of 54 images in batches of {BATCH} (the last holds 4), on "
        f"{len(os.sched_getaffinity(0))} cores.\n"
    )
    print(
        "| way | largest difference of a weight | of a prediction | of a validation loss or "
        "accuracy | decisions | seconds |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder)
        alone = {backend: run(folder, backend, 1, 1)[0] for backend in ("jax", "torch")}
        for way, (backend, count, devices) in WAYS.items():
            start = time.perf_counter()
            parts = run(folder, backend, count, devices)
            seconds = time.perf_counter() - start
            weights = max(differ(part, alone[backend], "weights") for part in parts)
            scores = max(differ(part, alone[backend], "scores") for part in parts)
            judged = max(differ(part, alone[backend], "judged") for part in parts)
            alike = all(part["decisions"] == alone[backend]["decisions"] for part in parts)
            said = f"{len(alone[backend]['decisions'])}, the same" if alike else "others"
            print(
                f"| {way} | {weights:.1e} | {scores:.1e} | {judged:.1e} | {said} | {seconds:.0f} |"
            )
            assert max(weights, scores, judged) < 1e-5, "several processes learned something else"
            assert alike, "several processes decided something else"
            assert any("restored" in each for each in parts[0]["decisions"])


def run(folder: Path, backend: str, count: int, devices: int) -> list[dict[str, Any]]:
    """Run the processes of one way and return what each reports."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    env = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if devices > 1:
        env["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    command = [sys.executable, __file__, "--worker", os.fspath(folder), backend]
    running = [
        subprocess.Popen(
            [*command, str(index), str(count), port], env=env, stdout=subprocess.PIPE, text=True
        )
        for index in range(count)
    ]
    outputs = [process.communicate(timeout=900)[0] for process in running]
    assert not any(process.returncode for process in running), "a process failed"
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def work(folder: Path, backend: str, index: int, count: int, port: str) -> None:
    """Train and predict as one of several processes, and report as JSON."""
    found = (work_on_jax if backend == "jax" else work_on_torch)(folder, index, count, port)
    print(json.dumps(found))


def work_on_jax(folder: Path, index: int, count: int, port: str) -> dict[str, Any]:
    """Train through `keras.distribution`; predict on this process' own devices."""
    jax = require("jax", extra="jax")
    if count > 1:
        jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=count, process_id=index)
    keras = require("keras", extra="jax")
    devices = jax.local_device_count()
    if count > 1 or devices > 1:
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(auto_shard_dataset=False)
        )
    model, dataset = build(folder, shard="auto", divisible_by=devices)
    validation = judged_rows(folder, shard="auto", divisible_by=devices)
    adjuster = require("prevalens.callbacks", extra="jax").LRA(mode="max", verbose=0)
    history = model.fit(
        dataset,
        validation_data=validation,
        epochs=EPOCHS,
        callbacks=[dataset.follow_epochs(), adjuster],
        verbose=0,
    ).history
    judged = [history[name] for name in ("val_loss", "val_binary_accuracy")]
    decisions = [f"{row.action} at {row.rate:g}" for row in adjuster.record.rows]
    if count > 1:
        # Keras 3.15 cannot predict over processes: each predicts its share by itself.
        weights = model.get_weights()
        keras.distribution.set_distribution(None)
        model, _ = build(folder, shard=(0, 1))
        model.set_weights(weights)
    found = predict(folder, model, index, count, divisible_by=devices)
    return {**found, "judged": judged, "decisions": decisions}


def work_on_torch(folder: Path, index: int, count: int, port: str) -> dict[str, Any]:
    """Train in a loop of one's own around torch's DistributedDataParallel."""
    torch = require("torch", extra="torch")
    distributed = require("torch.distributed", extra="torch")
    parallel = require("torch.nn.parallel", extra="torch")
    if count > 1:
        address = f"tcp://127.0.0.1:{port}"
        distributed.init_process_group("gloo", init_method=address, rank=index, world_size=count)
    model, dataset = build(folder, shard="auto")
    validation = judged_rows(folder, shard="auto")
    trained = parallel.DistributedDataParallel(model) if count > 1 else model
    rate, judged, decisions = 0.1, [], []
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    rule = require("prevalens.callbacks", extra="torch").AdjusterRule(mode="max")
    state = rule.start(weights=model.get_weights())
    for epoch in range(EPOCHS):
        for images, labels, *weights in dataset.batches_of(epoch):
            optimizer.zero_grad()
            scores = trained(torch.from_numpy(images))[:, 0]
            losses = torch.nn.functional.binary_cross_entropy(
                scores, torch.from_numpy(labels), reduction="none"
            )
            (losses * torch.from_numpy(weights[0]) if weights else losses).mean().backward()
            optimizer.step()
        judged.append(judge(folder, model, validation, count))
        state, decision = rule.step(state, epoch=epoch, value=judged[-1][0], rate=rate)
        if decision.keep:
            kept = [np.array(weight, copy=True) for weight in model.get_weights()]
            state = replace(state, kept=replace(state.kept, weights=kept))
        if decision.restore:
            model.set_weights(state.kept.weights)
        said = "kept" if decision.keep else "lowered, restored" if decision.restore else "waited"
        decisions.append(f"{said} at {rate:g}")
        rate = optimizer.param_groups[0]["lr"] = decision.next_rate
    model.set_weights(state.kept.weights)
    found = predict(folder, model, index, count)
    if count > 1:
        distributed.destroy_process_group()
    return {**found, "judged": np.transpose(judged).tolist(), "decisions": decisions}


def judge(folder: Path, model: Any, validation: Any, count: int) -> tuple[float, float]:
    """Return loss and accuracy on every row: shares are gathered, and each process has them all."""
    distributed = require("torch.distributed", extra="torch")
    batches = require("prevalens.batches", extra="torch")
    scores = np.concatenate([np.asarray(model.predict_on_batch(batch[0])) for batch in validation])
    parts = [(validation.places(), scores)]
    if count > 1:
        gathered: list[Any] = [None] * count
        distributed.all_gather_object(gathered, parts[0])
        parts = gathered
    positive = read(folder).is_positive
    scores = batches.join_shards(parts, n_rows=len(positive))[:, 0].astype(float)
    losses = -np.log(np.where(positive, scores, 1 - scores))
    return float(losses.mean()), float(((scores > 0.5) == positive).mean())


def judged_rows(folder: Path, **settings: Any) -> Any:
    """Return the dataset of every row, for validation."""
    batches = require("prevalens.batches", extra="jax")
    cohort = read(folder)
    return batches.ImageDataset(
        cohort, np.arange(len(cohort)), image_size=SIDE, batch_size=BATCH, threads=1, **settings
    )


def build(folder: Path, **settings: Any) -> tuple[Any, Any]:
    """Return a small model that always starts alike, and the dataset it learns from."""
    keras = require("keras", extra="jax")
    batches = require("prevalens.batches", extra="jax")
    cohort = read(folder)
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1), "binary_crossentropy", weighted_metrics=["binary_accuracy"]
    )
    rows = np.arange(len(cohort))
    dataset = batches.UndersampledDataset(
        cohort, rows, image_size=SIDE, batch_size=BATCH, seed=4, threads=1, **settings
    )
    return model, dataset


def predict(
    folder: Path, model: Any, index: int, count: int, divisible_by: int = 1
) -> dict[str, Any]:
    """Predict this process' share, and put the shares of all in order through files."""
    batches = require("prevalens.batches", extra="jax")
    cohort = read(folder)
    dataset = batches.ImageDataset(
        cohort,
        np.arange(len(cohort)),
        image_size=SIDE,
        batch_size=BATCH,
        shard=(index, count),
        divisible_by=divisible_by,
    )
    scores = model.predict(dataset, verbose=0)
    mine = folder / f"part-{os.environ['KERAS_BACKEND']}-{count}-{index}.npz"
    np.savez(mine.with_suffix(".writing.npz"), places=dataset.places(), scores=scores)
    mine.with_suffix(".writing.npz").rename(mine)
    parts = []
    for other in range(count):
        path = folder / mine.name.replace(f"-{index}.npz", f"-{other}.npz")
        while not path.exists():
            time.sleep(0.05)
        loaded = np.load(path)
        parts.append((loaded["places"], loaded["scores"]))
    return {
        "weights": [weight.tolist() for weight in model.get_weights()],
        "scores": batches.join_shards(parts, n_rows=len(cohort))[:, 0].tolist(),
    }


def differ(one: dict[str, Any], other: dict[str, Any], what: str) -> float:
    """Return the largest difference between two processes' weights or scores."""
    pairs = zip(one[what], other[what], strict=True)
    return max(float(np.abs(np.subtract(a, b)).max()) for a, b in pairs)


def write_images(folder: Path) -> None:
    """Write 54 small images, 14 of them sick and brighter."""
    rng = np.random.default_rng(0)
    for row in range(54):
        pixels = rng.integers(0, 160, (SIDE, SIDE, 3)) + 80 * (row < 14)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row:02d}.png")


def read(folder: Path) -> Cohort:
    """Return the cohort of the images."""
    names = [f"{row:02d}.png" for row in range(54)]
    labels = ["sick"] * 14 + ["well"] * 40
    return Cohort(images=names, labels=labels, patients=names, positive="sick", root=folder)


if __name__ == "__main__":
    main()
