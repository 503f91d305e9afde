"""How often 95 % intervals of the difference of two models hold the truth.

Each run draws a study of 20 or 60 patients with 20 to 80 images each, 15 % positive. The second
model's log odds are 0.8 times the first's, plus noise between patients (standard deviation 0.6)
and within (0.8). The truth is taken from 30,000 patients.
"""

import argparse
import sys

import numpy as np
from scipy import special

from prevalens._seeding import generator
from prevalens.metrics import compare_models

FIGURES: dict[str, float | None] = {
    "auroc": None,
    "average_precision": None,
    "brier": None,
    "sensitivity": 0.3,
    "specificity": 0.3,
    "net_benefit": 0.2,
}
Study = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def draw_pair(rng: np.random.Generator, n_patients: int) -> Study:
    """Draw labels, two models' scores, and patients."""
    patients = np.repeat(np.arange(n_patients), rng.integers(20, 81, n_patients))
    labels = rng.random(patients.size) < special.expit(rng.normal(-2.05, 1, n_patients))[patients]
    first = 1.8 * labels - 2.1 + 0.8 * rng.normal(size=n_patients)[patients]
    first += rng.normal(size=patients.size)
    second = 0.8 * first + 0.6 * rng.normal(size=n_patients)[patients]
    second += 0.8 * rng.normal(size=patients.size)
    return labels, special.expit(first), special.expit(second), patients


def held(study: Study, estimate: str, truth: float, *, clustered: bool) -> bool:
    """Tell whether one study's limits hold the truth; missing limits do not."""
    made = compare_models(
        *study[:3],
        measure=estimate,
        threshold=FIGURES[estimate],
        patients=study[3] if clustered else None,
    ).difference
    if made.lower is None or made.upper is None:
        return False
    return made.lower <= truth <= made.upper


def main() -> None:
    """Print coverage by estimate and number of patients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="50 runs")
    options = parser.parse_args()
    runs = 50 if options.quick else options.runs
    population = draw_pair(generator(0, "population"), 30_000)
    truths = {
        estimate: compare_models(*population[:3], measure=estimate, threshold=at).difference.value
        or 0.0
        for estimate, at in FIGURES.items()
    }
    cells: dict[str, list[str]] = {estimate: [] for estimate in FIGURES}
    for n_patients in (60, 20):
        rng = generator(0, "runs", n_patients)
        studies = [draw_pair(rng, n_patients) for _ in range(runs)]
        for estimate, truth in truths.items():
            over, alone = (
                100 * np.mean([held(study, estimate, truth, clustered=way) for study in studies])
                for way in (True, False)
            )
            cells[estimate].append(f"{over:.1f} ({alone:.0f})")
    lines = [f"| {estimate} | {' | '.join(row)} |" for estimate, row in cells.items()]
    sys.stdout.write(
        f"Coverage of 95 % intervals of a paired difference over {runs} studies (%); in brackets "
        "that of\nintervals that take images as independent.\n\n"
        "| estimate | 60 patients | 20 patients |\n|---|---|---|\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
