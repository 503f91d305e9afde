"""How often a promised sensitivity is kept: thresholds chosen on many draws of one population.

A positive image's logit score is normal, with a share of its variance between patients, so the
true sensitivity at any threshold has a closed form and each promise can be checked. Run with
`python tests/benchmarks/bench_threshold.py`, or `--quick` for a tenth of the draws.
"""

import argparse
import os
import warnings

import numpy as np
from scipy import special, stats

from prevalens.decisions import choose_threshold
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.predictions import Predictions

ASK = CONFIDENCE = 0.95
# Name, positive patients, images of each (from, to), share of variance between patients.
SETTINGS = (
    ("independent images", 300, (1, 1), 0.0),
    ("60 patients x 40", 60, (40, 40), 0.1),
    ("60 patients x 40", 60, (40, 40), 0.6),
    ("80 patients x 5-40", 80, (5, 40), 0.3),
    ("80 patients x 5-40", 80, (5, 40), 0.9),
    ("200 patients x 2-20", 200, (2, 20), 0.3),
)


def draw(
    rng: np.random.Generator, n_patients: int, sizes: tuple[int, int], alike: float
) -> Predictions:
    """Draw positives of as many patients, and one negative, whose score is below them all."""
    owner = np.repeat(np.arange(n_patients), rng.integers(sizes[0], sizes[1] + 1, n_patients))
    logits = np.sqrt(alike) * rng.normal(size=n_patients)[owner]
    logits += np.sqrt(1 - alike) * rng.normal(size=owner.size)
    return Predictions(
        labels=np.append(np.ones(owner.size, dtype=int), 0),
        scores=np.append(special.expit(logits), 0.0),
        patients=np.append([f"p{k}" for k in owner], "negative"),
    )


def draw_hard(rng: np.random.Generator) -> Predictions:
    """Draw 250 patients of log-normal sizes, a twentieth of them 3 lower: hard to detect."""
    lower = np.where(rng.random(250) < 0.05, -3.0, 0.0)
    owner = np.repeat(np.arange(250), np.ceil(rng.lognormal(np.log(15) - 0.5, 1, 250)).astype(int))
    logits = 2.2 + lower[owner] + rng.normal(size=owner.size)
    return Predictions(
        labels=np.append(np.ones(owner.size, dtype=int), 0),
        scores=np.append(special.expit(logits), 0.0),
        patients=np.append([f"p{k}" for k in owner], "negative"),
    )


def sensitivity_hard(logit: float) -> float:
    """Return the true sensitivity at a threshold on the logit; size and effect are unrelated."""
    return float(0.05 * stats.norm.sf(logit + 0.8) + 0.95 * stats.norm.sf(logit - 2.2))


def kept(
    predictions: Predictions, *, patients: bool, confidence: float | None, hard: bool = False
) -> float | None:
    """Return the true sensitivity at the chosen threshold, or None where it was refused."""
    given = predictions
    if not patients:
        given = Predictions(labels=given.labels, scores=given.scores, patients=None)
    try:
        point = choose_threshold(given, sensitivity=ASK, confidence=confidence)
    except InvalidInputError:
        return None
    logit = special.logit(point.threshold)
    return sensitivity_hard(logit) if hard else float(stats.norm.sf(logit))


def row(name: str, truths: list[float | None]) -> str:
    """Return one row of the table: how often the promise held, and the mean sensitivity."""
    given = [truth for truth in truths if truth is not None]
    share = np.mean([truth >= ASK for truth in given]) if given else float("nan")
    mean = np.mean(given) if given else float("nan")
    refused = len(truths) - len(given)
    return f"{name} {100 * share:.1f} % | {mean:.3f} | {refused} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 draws instead of 2,000")
    draws = 200 if parser.parse_args().quick else 2_000
    rng = np.random.default_rng(0)
    warnings.simplefilter("ignore", DataWarning)  # one negative below all says nothing of cost
    print(
        f"Sensitivity of at least {ASK} asked for with confidence {CONFIDENCE}; {draws} draws of "
        f"each setting, on a machine with {os.cpu_count()} cores. A promise is kept where the true "
        "sensitivity at the chosen threshold is at least the ask.\n"
    )
    print("| positives | variance between patients | chosen | kept | mean true | refused |")
    print("|---|---|---|---|---|---|")
    ways = {
        "over patients": {"patients": True, "confidence": CONFIDENCE},
        "as if independent": {"patients": False, "confidence": CONFIDENCE},
        "by the point estimate": {"patients": True, "confidence": None},
    }
    drawn = [draw_hard(rng) for _ in range(draws)]
    for way, settings in ways.items():
        truths = [kept(one, **settings, hard=True) for one in drawn]  # type: ignore[arg-type]
        print(row(f"| 250 patients, log-normal, 5 % hard | | {way} |", truths), flush=True)
    for name, n_patients, sizes, alike in SETTINGS:
        drawn = [draw(rng, n_patients, sizes, alike) for _ in range(draws)]
        for way, settings in ways.items():
            if n_patients == 300 and way == "as if independent":
                continue
            truths = [kept(one, **settings) for one in drawn]  # type: ignore[arg-type]
            print(row(f"| {name} | {alike:.0%} | {way} |", truths), flush=True)


if __name__ == "__main__":
    main()
