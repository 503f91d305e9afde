"""Degrees of freedom of a variance over patients: ours beside Bell and McCaffrey's.

Means of images inside patients whose sizes are unequal. For each design: the degrees of freedom
that the variance has (2 E(V)^2 / var(V), over the studies drawn), the median of both rules, and
how often plain limits with Student's t on them hold the truth.
"""

import argparse
import sys

import numpy as np
from scipy import stats

from prevalens.metrics.clusters import ratio_spread


def sizes_of(kind: str, k: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the number of images of each patient."""
    if kind == "lognormal":
        return np.ceil(20 * rng.lognormal(-0.5, 1.0, k))
    if kind == "one has 40 %":
        return np.where(np.arange(k) == 0, np.ceil(20 * (k - 1) * 2 / 3), 20.0)
    return np.full(k, 20.0)


def bell_mccaffrey(sizes: np.ndarray) -> float:
    """Return Bell and McCaffrey's degrees of freedom of a mean, images independent as worked with.

    The variance is a quadratic form of the patients' sums, with residuals over 1 - their share of
    the images; the degrees of freedom are trace squared over the trace of its square.
    """
    shares = sizes / sizes.sum()
    weights = 1 / (1 - shares) ** 2
    own = sizes * (1 - shares) * weights
    across = np.outer(sizes, sizes) / sizes.sum()
    squared = weights[:, None] * weights[None, :] * across**2
    np.fill_diagonal(squared, 0.0)
    return float(own.sum() ** 2 / (own @ own + squared.sum()))


def outcomes(kind: str, sizes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draw each patient's sum of outcomes, and return the mean it should have."""
    k = sizes.size
    if kind == "normal":
        return sizes * np.sqrt(0.3) * rng.normal(size=k) + np.sqrt(0.7 * sizes) * rng.normal(
            size=k
        ), 0.0
    share = 0.9 if kind == "90 % right" else 0.98
    chance = rng.beta(share * 7 / 3, (1 - share) * 7 / 3, k)  # correlation 0.3
    return rng.binomial(sizes.astype(int), chance).astype(float), share


def cell(sizes: str, outcome: str, k: int, runs: int) -> str:
    """Return the row of one design."""
    rng = np.random.default_rng([k, len(sizes), len(outcome)])
    found = np.empty((runs, 5))
    for run in range(runs):
        images = sizes_of(sizes, k, rng)
        sums, truth = outcomes(outcome, images, rng)
        spread, bell = ratio_spread(sums, images), bell_mccaffrey(images)
        away = abs(sums.sum() / images.sum() - truth)
        held = [
            away <= stats.t.ppf(0.975, df) * np.sqrt(spread.variance) for df in (spread.df, bell)
        ]
        found[run] = spread.variance, spread.df, bell, *held
    variance = found[:, 0]
    true = 2 * variance.mean() ** 2 / variance.var()
    ours, bells = np.median(found[:, 1]), np.median(found[:, 2])
    shares = 100 * found[:, 3:].mean(axis=0)
    return (
        f"| {k} | {sizes} | {outcome} | {true:.1f} | {ours:.1f} | {bells:.1f} | {shares[0]:.1f} | "
        f"{shares[1]:.1f} |"
    )


def main() -> None:
    """Print one line for each design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="studies a design (2000)")
    parser.add_argument("--quick", action="store_true", help="50 studies a design")
    given = parser.parse_args()
    runs = 50 if given.quick else given.runs
    sys.stdout.write(f"{runs} studies a design; coverage in %.\n\n")
    names = "patients", "sizes", "outcome", "true", "ours", "theirs", "coverage", "theirs"
    sys.stdout.write(f"| {' | '.join(names)} |\n{'|---' * len(names)}|\n")
    for outcome in ("normal", "90 % right", "98 % right"):
        for sizes in ("even", "lognormal", "one has 40 %"):
            for k in (10, 20, 60):
                sys.stdout.write(cell(sizes, outcome, k, runs) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
