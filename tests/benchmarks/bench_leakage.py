"""How much leakage flatters a model: put into the training rows, with one fixed test set.

    python tests/benchmarks/bench_leakage.py
    python tests/benchmarks/bench_leakage.py --data C-NMC_training_data
    python tests/benchmarks/bench_leakage.py --quick

Two test sets compared, one cut by image and one by patient, differ in their patients too. Here the
test rows stay: half of the images of each patient set aside. A forest on hand-made measures is
trained twice on as many images of each class: once on other patients alone, once with some of these
images replaced by the other half of the test patients'. The difference is paired, its interval over
patients. Without `--data` cells are drawn, once with the classes' distance and once with none.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from bench_synthetic import forest, measure
from PIL import Image

from prevalens.cohorts import Cohort, find_duplicates, make_cells, read_cnmc
from prevalens.metrics import compare_models
from prevalens.splits import PatientHoldout
from prevalens.typing import Rows


def main() -> None:
    """Print one table: AUROC on the fixed test rows, without and with the leak."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", help="a C-NMC 2019 folder; without it cells are drawn")
    options.add_argument("--quick", action="store_true", help="few patients, to see that it runs")
    given = options.parse_args()
    shape = {
        "n_patients": 16 if given.quick else 60,
        "images_per_patient": 8 if given.quick else 24,
    }
    print("| cohort | test images | replaced | AUROC, clean | with the leak | difference | p |")
    print("|---|---|---|---|---|---|---|")
    if given.data:
        cohort = read_cnmc(given.data)
        compare("C-NMC 2019", cohort.join_patients(find_duplicates(cohort).patient_pairs))
        return
    for effect in (1.0, 0.0):
        with tempfile.TemporaryDirectory() as folder:
            cohort = make_cells(
                Path(folder) / "cells",
                effect=effect,
                image_size=256,
                file_format="png",
                seed=7,
                **shape,
            )
            compare(f"drawn, distance {effect:g}", cohort)


def compare(name: str, cohort: Cohort, *, seed: int = 7) -> None:
    """Train twice, score the same rows, print the paired difference."""
    partition = PatientHoldout(validation=0, test=0.5, seed=seed).partition(cohort)
    draws = np.random.default_rng(seed)
    test, leak = halves(cohort, partition.test, draws)
    leaky = inject(cohort, partition.train, leak, draws)
    pixels = (np.asarray(Image.open(cohort.path(row))) for row in range(len(cohort)))
    found = np.stack([measure(image) for image in pixels])
    labels = cohort.is_positive
    clean, leaked = (
        forest(found[rows], labels[rows], found[test]) for rows in (partition.train, leaky)
    )
    gain = compare_models(labels[test], leaked, clean, patients=cohort.patients[test])
    print(
        f"| {name} | {len(test)} of {len(np.unique(cohort.patients[test]))} patients "
        f"| {np.isin(leaky, leak).sum()} of {len(leaky)} | {gain.second} | {gain.first} "
        f"| {gain.difference} | {gain.p_value:.2g} |",
        flush=True,
    )


def halves(cohort: Cohort, rows: Rows, draws: np.random.Generator) -> tuple[Rows, Rows]:
    """Part the images of each patient at random into two halves; a single image is in the first."""
    first, second = [], []
    for patient in np.unique(cohort.patients[rows]):
        own = draws.permutation(rows[cohort.patients[rows] == patient])
        middle = -(-len(own) // 2)
        first.append(own[:middle])
        second.append(own[middle:])
    return np.sort(np.concatenate(first)), np.sort(np.concatenate(second))


def inject(cohort: Cohort, train: Rows, leak: Rows, draws: np.random.Generator) -> Rows:
    """Replace training rows by the leak, class by class, so that no count of a class changes."""
    kept = []
    for code in range(len(cohort.classes)):
        own, other = (rows[cohort.labels[rows] == code] for rows in (train, leak))
        replaced = min(len(own), len(other))
        kept += [draws.permutation(own)[replaced:], draws.permutation(other)[:replaced]]
    return np.sort(np.concatenate(kept))


if __name__ == "__main__":
    main()
