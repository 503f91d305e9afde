"""How often 95 % intervals of several classes hold the truth, where patients have several images.

Each study draws patients with one to five images; a patient has a diagnosis, which most of its
images share, and an effect of its own on the scores. Studies differ in how rare the last class is,
down to one of a patient or two. Truth is that of 400,000 images drawn alike. For each measure:
coverage, the share of studies that have limits, their median width, and the share that is noted.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np

from prevalens._threads import one_blas_thread
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_means import class_side
from prevalens.metrics.class_measures import class_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.settings import Settings

OVERALL = (
    *("accuracy", "balanced_accuracy", "macro_ppv", "macro_f1", "weighted_f1", "mcc", "kappa"),
    *("quadratic_kappa", "top_2_accuracy", "macro_auroc", "weighted_auroc", "hand_till_auroc"),
    *("micro_auroc", "macro_average_precision", "multiclass_brier", "log_loss"),
    "ranked_probability_score",
)
RARE = ("sensitivity", "ppv", "f1", "auroc", "average_precision")  # of the last class


@dataclass(frozen=True)
class Study:
    """One kind of study.

    Args:
        name: What it is called in the table.
        n_patients: Number of patients.
        shares: Share of patients with each diagnosis.
    """

    name: str
    n_patients: int
    shares: tuple[float, ...]

    def draw(
        self, rng: np.random.Generator, n_patients: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw labels, scores and patients of one study."""
        n, k = n_patients or self.n_patients, len(self.shares)
        owner = np.repeat(np.arange(n), rng.integers(1, 6, n))
        diagnosis = rng.choice(k, n, p=self.shares)
        labels = diagnosis[owner]
        other = rng.random(owner.size) < 0.1
        labels[other] = rng.choice(k, int(other.sum()), p=self.shares)
        logits = 0.7 * rng.normal(size=(n, k))[owner] + rng.normal(size=(owner.size, k))
        logits[np.arange(owner.size), labels] += 1.5
        odds = np.exp(1.3 * logits)
        return labels, odds / odds.sum(axis=1, keepdims=True), owner


STUDIES = (
    Study("4 classes, 100 patients, rarest 10 %", 100, (0.5, 0.25, 0.15, 0.1)),
    Study("7 classes, 400 patients, rarest 2 %", 400, (0.6, 0.12, 0.1, 0.07, 0.05, 0.04, 0.02)),
    Study("3 classes, 100 patients, rarest 4 %", 100, (0.6, 0.36, 0.04)),
    Study("3 classes, 100 patients, rarest 2 %", 100, (0.6, 0.38, 0.02)),
)


def estimates(study: Study, rng: np.random.Generator, n: int | None = None) -> dict[str, Estimate]:
    """Return the estimates of one study, by the name of a row of the table."""
    labels, scores, patients = study.draw(rng, n)
    names = [f"c{which}" for which in range(len(study.shares))]
    columns = check_class_columns(
        labels, scores, None if n else patients, classes=names, ordered=True
    )
    # Without the classwise calibration error, whose draws would take most of the time.
    made = class_estimates(columns, Settings(None, 0.95), OVERALL)
    rare = {key: class_side(columns, len(names) - 1, key, Settings(None, 0.95)).own for key in RARE}
    return made | {f"rarest: {key}": rare[key] for key in RARE}


def main() -> None:
    """Print one line for each study and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="20 runs")
    options = parser.parse_args()
    runs, started = 20 if options.quick else options.runs, time.process_time()
    sys.stdout.write(f"95 % intervals over {runs} studies each; shares in %.\n\n")
    head = "| study | measure | coverage | with limits | width | noted |"
    sys.stdout.write(f"{head}\n{'|---' * 6}|\n")
    for study in STUDIES:
        with one_blas_thread():
            truth = estimates(study, np.random.default_rng(options.seed), 133_000)
            made = [
                estimates(study, np.random.default_rng([options.seed, run])) for run in range(runs)
            ]
        for key, true in truth.items():
            limits = np.array(
                [(m[key].lower, m[key].upper) for m in made if m[key].lower is not None]
            ).reshape(-1, 2)
            held = (limits[:, 0] <= true.value) & (true.value <= limits[:, 1])
            noted = np.mean([m[key].note is not None for m in made])
            width = np.median(limits[:, 1] - limits[:, 0])
            sys.stdout.write(
                f"| {study.name} | {key} | {100 * held.mean():.1f} | "
                f"{100 * len(limits) / runs:.1f} | {width:.3f} | {100 * noted:.0f} |\n"
            )
    sys.stdout.write(f"\n{time.process_time() - started:.0f} s of CPU time.\n")


if __name__ == "__main__":
    main()
