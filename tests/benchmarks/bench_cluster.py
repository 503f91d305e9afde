"""Whether several workers do what one does, and how long they take: Dask, Ray, joblib's own.

Run with `python tests/benchmarks/bench_cluster.py`, or `--quick` for fewer images. One worker, then
four of each kind of cluster that is installed, hash files, find near-duplicates, decode into one
pixel cache and cross-validate; every result is compared with that of one worker, to the byte. It
ends with 1 where one differs.
"""

import argparse
import contextlib
import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

from prevalens.cohorts import Cohort, find_duplicates, make_cells
from prevalens.images import PixelCache, hash_files, read_image
from prevalens.images.cached_images import CachedImages
from prevalens.studies import Fold, cross_predict

WORKERS = 4
SIZE = (64, 64)
KINDS = ("joblib", "dask", "ray")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 images instead of 2,000")
    parser.add_argument("--on", nargs="*", choices=KINDS, default=KINDS, help="kinds of cluster")
    given = parser.parse_args()
    same = True
    with tempfile.TemporaryDirectory() as folder:
        shape = (12, 5) if given.quick else (100, 20)
        cohort = make_cells(
            Path(folder) / "cells", n_patients=shape[0], images_per_patient=shape[1], image_size=96
        )
        sys.stdout.write(
            f"{len(cohort):,} drawn cells of {cohort.n_patients} patients, {WORKERS} workers on "
            f"{os.cpu_count()} cores; wall seconds, and whether the result is that of one worker "
            "to the byte.\n\n| work | workers | seconds | the same bytes |\n|---|---|---|---|\n"
        )
        alone = {}
        for kind in (None, *given.on):
            if kind in {"dask", "ray"} and importlib.util.find_spec(PACKAGES[kind]) is None:
                sys.stdout.write(f"| all | {WORKERS} of {kind} | not installed | |\n")
                continue
            with workers_of(kind) as count:
                for name, work in WORK.items():
                    place = Path(folder) / f"{kind}-{name}"
                    started = time.perf_counter()
                    found = work(cohort, place)
                    took = time.perf_counter() - started
                    if kind is None:
                        alone[name], word = found, ""
                    else:
                        word = "yes" if found == alone[name] else "NO"
                        same &= found == alone[name]
                    sys.stdout.write(f"| {name} | {count} | {took:.1f} | {word} |\n")
                    sys.stdout.flush()
    sys.exit(0 if same else 1)


PACKAGES = {"dask": "distributed", "ray": "ray"}


@contextlib.contextmanager
def workers_of(kind: str | None) -> Iterator[str]:
    """Make joblib's calls run on a cluster on this machine."""
    with contextlib.ExitStack() as stack:
        if kind is None:
            stack.enter_context(joblib.parallel_config(n_jobs=1))
            yield "1"
            return
        if kind == "dask":
            from distributed import Client, LocalCluster  # noqa: PLC0415

            cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
            stack.enter_context(cluster)
            stack.enter_context(Client(cluster))
            stack.enter_context(joblib.parallel_config(backend="dask", n_jobs=WORKERS))
        elif kind == "ray":
            import ray  # noqa: PLC0415
            from ray.util.joblib import register_ray  # noqa: PLC0415

            ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
            stack.callback(ray.shutdown)
            register_ray()
            stack.enter_context(joblib.parallel_config(backend="ray", n_jobs=WORKERS))
        else:
            stack.enter_context(joblib.parallel_config(backend="loky", n_jobs=WORKERS))
        yield f"{WORKERS} of {kind}"


def paths_of(cohort: Cohort) -> list[Path]:
    """Return the file of each row."""
    return [cohort.path(row) for row in range(len(cohort))]


def hash_all(cohort: Cohort, place: Path) -> str:
    """Hash the content of every file."""
    del place
    return digest("\n".join(hash_files(paths_of(cohort))).encode())


def near_duplicates(cohort: Cohort, place: Path) -> str:
    """Look for images that look alike."""
    del place
    found = find_duplicates(cohort, near=True, max_distance=0.2)
    return digest(found.near_pairs.tobytes() + found.distances.tobytes())


def fill_cache(cohort: Cohort, place: Path) -> str:
    """Decode every file into one pixel cache, each worker its share, and read it whole."""
    paths = paths_of(cohort)
    cached = PixelCache(place, announce=str).open(paths, size=SIZE)
    shares = [rows.tolist() for rows in np.array_split(np.arange(len(paths)), WORKERS * 2)]
    joblib.Parallel()(joblib.delayed(decode)(cached, paths, rows) for rows in shares)
    again = PixelCache(place, announce=str).open(paths, size=SIZE)
    batch = np.empty((len(paths), *SIZE, 3), dtype=np.uint8)
    missing = again.take(np.arange(len(paths)), into=batch)
    return f"{again.n_kept} kept, {missing.size} missing, {digest(batch.tobytes())}"


def decode(cached: CachedImages, paths: list[Path], rows: list[int]) -> None:
    """Decode some files into the cache."""
    for row in rows:
        cached.keep(row, read_image(paths[row], size=SIZE))


def cross_validate(cohort: Cohort, place: Path) -> str:
    """Train a model for each of four folds, and score every image by the one that held it out."""
    found = cross_predict(cohort, brightness, n_splits=4, folder=place, n_jobs=None)
    return digest(found.predictions.scores.tobytes())


@dataclass
class Brightness:
    """A fitted model of small pictures."""

    model: LogisticRegression

    def predict(self, cohort: Cohort, rows: np.ndarray) -> np.ndarray:
        """Return the scores of rows."""
        return self.model.predict_proba(small(cohort, rows))[:, 1]


def brightness(cohort: Cohort, fold: Fold) -> Brightness:
    """Fit a logistic model of small pictures."""
    rows = fold.partition.train
    model = LogisticRegression(max_iter=200)
    return Brightness(model.fit(small(cohort, rows), cohort.is_positive[rows]))


def small(cohort: Cohort, rows: np.ndarray) -> np.ndarray:
    """Return 8x8 pictures as rows of numbers."""
    pictures = [read_image(cohort.path(row), size=(8, 8)) for row in rows.tolist()]
    return np.stack(pictures).reshape(len(pictures), -1) / 255


WORK: dict[str, Callable[[Cohort, Path], str]] = {
    "hash files": hash_all,
    "find near-duplicates": near_duplicates,
    "decode into one cache": fill_cache,
    "cross-validate": cross_validate,
}


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
