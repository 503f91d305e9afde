"""How long a full report takes, and how much memory, on 22,000 images of 6,000 patients.

Run with `python tests/benchmarks/bench_report.py`, or `--quick` for 4,000 images; `--images` takes
any number, of which five make a patient. `--labels 14` reports on so many findings an image,
without covariates and second model. Times are CPU seconds.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def draw(n_images: int, n_patients: int) -> Predictions:
    """Draw scores after 50/50 training, with labels and scores alike within a patient."""
    rng = np.random.default_rng(0)
    owner = np.sort(rng.integers(0, n_patients, n_images))
    ill = rng.random(n_patients) < 0.15
    labels = (ill[owner] & (rng.random(n_images) < 0.8)).astype(int)
    own = 0.7 * rng.normal(size=n_patients)
    logits = 2.5 * labels - 1 + own[owner] + rng.normal(size=n_images)
    return Predictions(
        labels=labels,
        scores=1 / (1 + np.exp(-logits)),
        patients=owner.astype(str),
        covariates={
            "site": np.array(list("abcde"))[owner % 5],
            "sex": np.array(list("fm"))[owner % 2],
            "age": (owner % 70 + 20).astype(float),
        },
        train_prevalence=0.5,
        provenance="Synthetic scores of a benchmark",
    )


def draw_labels(n_images: int, n_patients: int, n_labels: int) -> Predictions:
    """Draw scores of several labels an image, of which the rarest is on 1 % of the images."""
    rng = np.random.default_rng(0)
    owner = np.sort(rng.integers(0, n_patients, n_images))
    own = 0.7 * rng.normal(size=(n_patients, n_labels))
    shares = np.geomspace(0.01, 0.2, n_labels)
    labels = (rng.random((n_images, n_labels)) < shares).astype(float)
    logits = 2 * labels + np.log(shares / (1 - shares)) + own[owner]
    logits += rng.normal(size=logits.shape)
    return Predictions(
        labels=labels,
        scores=1 / (1 + np.exp(-logits)),
        patients=owner.astype(str),
        classes=tuple(f"finding {number + 1}" for number in range(n_labels)),
        provenance="Synthetic scores of a benchmark",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4,000 images instead of 22,000")
    parser.add_argument("--images", type=int, help="as many images, five a patient")
    parser.add_argument("--labels", type=int, help="so many labels an image instead of one")
    given = parser.parse_args()
    n_images = given.images or (4_000 if given.quick else 22_000)
    n_patients = n_images // 5 if given.images else n_images * 6 // 22
    asked: dict[str, Any] = {"threshold": 0.5}
    if given.labels:
        told = draw_labels(n_images, n_patients, given.labels)
        beside, what = f"{given.labels} labels", "estimates, intervals"
    else:
        told = draw(n_images, n_patients)
        noise = np.random.default_rng(1).random(n_images)
        other = told.with_scores(0.8 * told.scores + 0.2 * noise, train_prevalence=0.5)
        asked |= {"prevalence": 0.02, "by": ("site", "sex", "age"), "compare": other}
        beside = "three covariates and a second model"
        what = "estimates, intervals, subgroups, comparison"
    started = time.process_time()
    report = ClinicalReport(told, **asked)
    computed = time.process_time() - started
    rows = [(what, f"{computed:.1f} s")]
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".html", ".json", ".md", ".txt", ".tex"):
            started = time.process_time()
            path = Path(folder) / f"report{suffix}"
            report.save(path)
            took, size = time.process_time() - started, path.stat().st_size
            rows.append((f"writing {suffix}", f"{took:.2f} s, {size / 1e3:.0f} kB"))
    # Linux counts kilobytes, macOS bytes.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    rows.append(("largest memory of the process", f"{peak:.2f} GB"))
    lines = [
        (
            f"A full report on {n_images:,} images of {told.n_patients:,} patients, with {beside}, "
            f"on a machine with {os.cpu_count()} cores."
        ),
        "",
        "| step | measured |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
