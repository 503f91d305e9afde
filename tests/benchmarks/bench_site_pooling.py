"""How often intervals of a mean over sites, and limits of the next site, hold.

Sites differ in truth: their AUROC, as a logit, is normal around that of 0.85 with a standard
deviation of 0, 0.3 or 0.6, and their sensitivity at 0.5 likewise. Each site has 10 to 60 patients
with 1 to 20 images, of which a part of the variance lies between patients. Beside restricted
maximum likelihood with Hartung and Knapp stand DerSimonian and Laird with the normal distribution,
and all rows taken as of one site. Run with `python tests/benchmarks/bench_site_pooling.py`, or
`--quick` for a tenth of the draws.
"""

import argparse
import os
import sys
from collections.abc import Iterator

import numpy as np
from scipy import special, stats

from prevalens._seeding import generator
from prevalens.metrics import auroc, pool_sites, sensitivity

LEVEL = 0.95
MIDDLE = float(special.logit(0.85))
ALIKE = 0.3  # share of the variance of scores between patients
Study = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def draw(rng: np.random.Generator, n_sites: int, tau: float, measure: str) -> Study:
    """Draw labels, scores, site and patient of images."""
    aims = special.expit(MIDDLE + tau * rng.normal(size=n_sites))
    sizes = rng.integers(10, 61, n_sites)
    site_of = np.repeat(np.arange(n_sites), sizes)
    owner = np.repeat(np.arange(site_of.size), rng.integers(1, 21, site_of.size))
    place = site_of[owner]
    positive = (np.arange(site_of.size) % 2 == 0)[owner]  # each patient of one class
    # Two classes a normal distance apart have an AUROC of Phi(distance / sqrt(2)).
    apart = np.sqrt(2) * stats.norm.ppf(aims) if measure == "auroc" else stats.norm.ppf(aims)
    logits = apart[place] * positive
    logits = logits + np.sqrt(ALIKE) * rng.normal(size=site_of.size)[owner]
    logits = logits + np.sqrt(1 - ALIKE) * rng.normal(size=owner.size)
    return positive.astype(int), special.expit(logits), place, owner


def laird(values: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Return mean and standard error by DerSimonian and Laird (1986)."""
    fixed = 1 / variances
    middle = fixed @ values / fixed.sum()
    spare = fixed @ (values - middle) ** 2 - (values.size - 1)
    tau2 = max(0.0, spare / (fixed.sum() - fixed @ fixed / fixed.sum()))
    weights = 1 / (variances + tau2)
    return float(weights @ values / weights.sum()), float(1 / np.sqrt(weights.sum()))


def answers(rng: np.random.Generator, n_sites: int, tau: float, measure: str) -> list[float]:
    """Return whether each interval holds the mean, and the share of next sites held."""
    labels, scores, sites, patients = draw(rng, n_sites, tau, measure)
    at = 0.5 if measure == "sensitivity" else None
    made = pool_sites(labels, scores, sites, measure=measure, threshold=at, patients=patients)
    truth = special.expit(MIDDLE)
    lower, upper = made.mean.lower or 0.0, made.mean.upper or 1.0
    held = [float(lower <= truth <= upper)]
    ends = special.logit(made.prediction or (0.0, 1.0)) - MIDDLE
    if tau:
        held.append(float(np.diff(stats.norm.cdf(ends / tau))[0]))
    else:
        held.append(float(ends[0] <= 0 <= ends[1]))
    inner = [one for one in made.sites.values() if one.value not in {0.0, 1.0}]
    values = special.logit([one.value for one in inner])
    widths = [
        np.diff(special.logit([one.lower, one.upper]))[0] / 2 / stats.norm.ppf(0.975)
        for one in inner
    ]
    mean, error = laird(values, np.square(widths))
    held.append(float(abs(mean - MIDDLE) <= stats.norm.ppf(0.975) * error))
    if measure == "auroc":
        one = auroc(labels, scores, patients=patients)
    else:
        one = sensitivity(labels, scores >= 0.5, patients=patients)
    held.append(float((one.lower or 0.0) <= truth <= (one.upper or 1.0)))
    return held


def rows(runs: int) -> Iterator[str]:
    """Return a row for each measure, number of sites and spread between them."""
    for measure in ("auroc", "sensitivity"):
        for n_sites in (4, 8, 20):
            for tau in (0.0, 0.3, 0.6):
                found = [
                    answers(
                        generator(0, "sites", measure, n_sites, tau, run), n_sites, tau, measure
                    )
                    for run in range(runs)
                ]
                cells = " | ".join(f"{100 * share:.1f}" for share in np.mean(found, axis=0))
                yield f"| {measure} | {n_sites} | {tau:g} | {cells} |\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="100 runs")
    options = parser.parse_args()
    runs = 100 if options.quick else options.runs
    sys.stdout.write(
        f"Coverage of {LEVEL:.0%} intervals, in %; {runs} studies a row, {os.cpu_count()} cores. "
        "Tau: standard deviation of the\ntrue logits between sites.\n\n"
        "| measure | sites | tau | mean of sites | next site | DerSimonian-Laird | as one site |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    for row in rows(runs):
        sys.stdout.write(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
