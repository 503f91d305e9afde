"""How often a change that must not be accepted is accepted.

Each run draws a study of 60 or 20 patients, as `bench_difference_coverage.py` does; its second
model is the new one, and worse. The margin is its true loss and the floor its true value, from
30,000 patients, so that every criterion fails by a hair: 2.5 % may be accepted at a confidence
level of 95 %.
"""

import argparse
import sys

import numpy as np
from bench_difference_coverage import Study, draw_pair

from prevalens._seeding import generator
from prevalens.metrics import all_estimates
from prevalens.predictions import Predictions
from prevalens.reports import (
    AcceptanceCriteria,
    BoundCriterion,
    NonInferiorityCriterion,
    accept_model,
)

THRESHOLD = 0.3
COMPARED = ("auroc", "sensitivity", "specificity", "brier")
BOUNDED = ("sensitivity", "auroc")


def criteria_at(population: Study) -> dict[str, AcceptanceCriteria]:
    """Return criteria that the new model fails by a hair: each alone, and all together."""
    labels, old, new, _ = population
    truths = [
        {
            key: made.value or 0.0
            for key, made in all_estimates(
                labels, scores, threshold=THRESHOLD, measures=COMPARED
            ).items()
        }
        for scores in (new, old)
    ]
    pairs = [
        NonInferiorityCriterion(measure=key, margin=abs(truths[0][key] - truths[1][key]))
        for key in COMPARED
    ]
    bounds = [BoundCriterion(measure=key, at_least=truths[0][key]) for key in BOUNDED]
    alone = {f"non-inferiority, {one.measure}": ([one], []) for one in pairs}
    floors = {f"floor, {one.measure}": ([], [one]) for one in bounds}
    return {
        name: AcceptanceCriteria(
            name=name, threshold=THRESHOLD, non_inferiority=compared, bounds=bounded
        )
        for name, (compared, bounded) in (
            alone | floors | {"all of them together": (pairs, bounds)}
        ).items()
    }


def main() -> None:
    """Print the share of studies accepted, by criterion and number of patients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="50 runs")
    parser.add_argument("--only", default="", metavar="WORD", help="criteria that hold this word")
    options = parser.parse_args()
    runs = 50 if options.quick else options.runs
    every = criteria_at(draw_pair(generator(0, "population"), 30_000))
    judged = {name: held for name, held in every.items() if options.only in name}
    cells: dict[str, list[str]] = {name: [] for name in judged}
    for n_patients in (60, 20):
        rng = generator(0, "acceptance", n_patients)
        accepted = {name: np.zeros(runs, dtype=bool) for name in judged}
        for run in range(runs):
            labels, old, new, patients = draw_pair(rng, n_patients)
            held = Predictions(labels=labels.astype(int), scores=new, patients=patients)
            theirs = held.with_scores(old)
            for name, criteria in judged.items():
                accepted[name][run] = accept_model(held, theirs, criteria).accepted
        for name, found in accepted.items():
            cells[name].append(f"{100 * found.mean():.1f}")
    lines = [f"| {name} | {' | '.join(row)} |" for name, row in cells.items()]
    sys.stdout.write(
        f"Studies accepted of {runs} in which the new model fails each criterion by a hair (%; "
        "2.5 are allowed).\n\n| criterion | 60 patients | 20 patients |\n|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    main()
