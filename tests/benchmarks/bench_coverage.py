"""How often 95 % intervals hold the truth, over families of studies (`processes.py`).

For each process and measure: coverage, how often the truth lies below and above the limits, the
mean width, the share of studies whose estimate has a note, and the share without limits.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from processes import PROCESSES, Process

from prevalens._threads import one_blas_thread
from prevalens.metrics import all_estimates
from prevalens.metrics.estimate import Estimate

MEASURES = (
    *("sensitivity", "specificity", "ppv", "npv", "accuracy", "balanced_accuracy", "f1", "kappa"),
    *("mcc", "auroc", "average_precision", "brier", "scaled_brier", "log_loss"),
    *("calibration_intercept", "calibration_slope", "observed_expected", "net_benefit"),
    *("net_benefit_over_treat_all", "prevalence"),
)


def counted(made: Sequence[Estimate], truth: float) -> dict[str, float]:
    """Return coverage and its companions over the studies of one process, in %."""
    limits = np.array(
        [(x.lower, x.upper) for x in made if x.lower is not None and x.upper is not None],
        dtype=float,
    ).reshape(-1, 2)
    below, above = truth < limits[:, 0], truth > limits[:, 1]
    n = max(len(limits), 1)
    return {
        "coverage": 100 * (1 - (below.sum() + above.sum()) / n),
        "below": 100 * below.sum() / n,
        "above": 100 * above.sum() / n,
        "width": float(np.median(limits[:, 1] - limits[:, 0])) if len(limits) else float("nan"),
        "noted": 100 * sum(x.note is not None for x in made) / len(made),
        "without": 100 * (1 - len(limits) / len(made)),
    }


def coverage(
    process: Process, measures: Sequence[str], runs: int, seed: int
) -> dict[str, dict[str, float]]:
    """Draw the studies of one process, and count by measure."""
    at = process.threshold()
    labels, scores, _ = process.population()
    truth = all_estimates(labels, scores, threshold=at, measures=measures)
    made: dict[str, list[Estimate]] = {measure: [] for measure in measures}
    for run in range(runs):
        rng = np.random.default_rng([seed, run, len(process.name)])
        labels, scores, patients = process.draw(rng)
        found = all_estimates(labels, scores, threshold=at, patients=patients, measures=measures)
        for measure, estimate in found.items():
            made[measure].append(estimate)
    return {measure: counted(made[measure], truth[measure].value or 0.0) for measure in measures}


def main() -> None:
    """Print one line for each process and measure, and the cells that fall short in silence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="100 runs")
    parser.add_argument("--process", default="", help="only processes whose name holds this")
    parser.add_argument("--measures", nargs="+", default=MEASURES)
    options = parser.parse_args()
    runs = 100 if options.quick else options.runs
    names = ("coverage", "below", "above", "width", "noted", "without")
    sys.stdout.write(f"95 % intervals over {runs} studies a process; shares in %.\n\n")
    sys.stdout.write(f"| process | measure | {' | '.join(names)} |\n{'|---' * 8}|\n")
    silent = []
    for process in PROCESSES:
        if options.process not in process.name:
            continue
        with one_blas_thread():
            table = coverage(process, options.measures, runs, options.seed)
        for measure, cell in table.items():
            numbers = [f"{cell[name]:.{3 if name == 'width' else 1}f}" for name in names]
            sys.stdout.write(f"| {process.name} | {measure} | {' | '.join(numbers)} |\n")
            if cell["coverage"] < 93 and cell["noted"] < 50 and cell["without"] < 50:
                silent.append(f"{process.name}: {measure} ({cell['coverage']:.1f} %)")
        sys.stdout.flush()
    sys.stdout.write(f"\nCells below 93 % of which most studies have no note: {len(silent)}.\n")
    sys.stdout.write("".join(f"- {cell}\n" for cell in silent))


if __name__ == "__main__":
    main()
