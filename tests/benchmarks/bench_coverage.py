"""How often 95 % intervals hold the truth, for images inside patients.

Each run draws a study: 60 or 20 patients with 20 to 80 images each. The log odds of a positive
label vary between patients (standard deviation 1), and so does the score (standard deviation 0.8
on the log odds, against 1 within a patient). The truth is taken from 40,000 patients.
"""

import argparse
import sys
from collections import defaultdict

import numpy as np
from scipy import optimize, special

from prevalens._seeding import generator
from prevalens.metrics import all_estimates

LABEL_SPREAD, SCORE_SPREAD, DISTANCE = 1.0, 0.8, 1.8
THRESHOLD = 0.3
PATIENTS, PREVALENCES = (60, 20), (0.05, 0.15, 0.3)
Study = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw_study(rng: np.random.Generator, n_patients: int, prevalence: float) -> Study:
    """Draw labels, scores and patients of one study."""
    patients = np.repeat(np.arange(n_patients), rng.integers(20, 81, n_patients))
    offset = log_odds_of(prevalence)
    risk = special.expit(offset + LABEL_SPREAD * rng.normal(size=n_patients))[patients]
    labels = rng.random(patients.size) < risk
    log_odds = offset / 2 - 1.2 + DISTANCE * labels
    log_odds += SCORE_SPREAD * rng.normal(size=n_patients)[patients]
    return labels, special.expit(log_odds + rng.normal(size=patients.size)), patients


def log_odds_of(prevalence: float) -> float:
    """Find the centre of the patients' log odds that gives a prevalence, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return float(
        optimize.brentq(
            lambda c: weights @ special.expit(c + LABEL_SPREAD * nodes) - prevalence, -9, 9
        )
    )


def coverage(n_patients: int, prevalence: float, runs: int, seed: int) -> dict[str, list[float]]:
    """Count how often the limits hold the truth, over patients and as if independent.

    Returns:
        By estimate: coverage over patients and as independent, in %, and the share of runs without
        limits over patients, in %.
    """
    population = draw_study(generator(seed, "population"), 40_000, prevalence)
    truth = all_estimates(population[0], population[1], threshold=THRESHOLD)
    rng = generator(seed, "runs", n_patients, round(1000 * prevalence))
    held: dict[str, list[list[bool | None]]] = defaultdict(lambda: [[], []])
    for _ in range(runs):
        labels, scores, patients = draw_study(rng, n_patients, prevalence)
        for way, ids in enumerate((patients, None)):
            made = all_estimates(labels, scores, threshold=THRESHOLD, patients=ids)
            for name, estimate in made.items():
                if estimate.lower is None or estimate.upper is None:
                    held[name][way].append(None)
                else:
                    inside = estimate.lower <= truth[name].value <= estimate.upper  # type: ignore[operator]
                    held[name][way].append(inside)
    return {
        name: [*(share([x for x in way if x is not None]) for way in ways), 100 * missing(ways[0])]
        for name, ways in held.items()
    }


def share(held: list[bool]) -> float:
    """Return the share of True, in %."""
    return 100 * sum(held) / len(held) if held else float("nan")


def missing(held: list[bool | None]) -> float:
    """Return the share of runs without limits."""
    return sum(x is None for x in held) / len(held)


def main() -> None:
    """Print coverage by estimate, number of patients and prevalence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="100 runs")
    options = parser.parse_args()
    runs = 100 if options.quick else options.runs
    settings = [(k, p) for k in PATIENTS for p in PREVALENCES]
    tables = [coverage(k, p, runs, options.seed) for k, p in settings]
    heads = [f"{k} patients, {p:.0%}" for k, p in settings]
    lines = [
        f"Coverage of 95 % intervals over {runs} studies (%), by patients and prevalence; in",
        "brackets that of intervals that take images as independent.",
        "",
        f"| estimate | {' | '.join(heads)} |",
        "|---" * (len(heads) + 1) + "|",
    ]
    for name in tables[0]:
        cells = [f"{table[name][0]:.1f} ({table[name][1]:.0f})" for table in tables]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    none = max(table[name][2] for table in tables for name in table)
    lines += ["", f"Studies without limits for an estimate, at most: {none:.1f} %."]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
