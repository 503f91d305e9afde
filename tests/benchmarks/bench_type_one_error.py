"""How often tests of a difference reject where there is none, at 5 %, and claims at 2.5 %.

`groups`: one model in two groups of patients drawn alike, 5 of 60 patients up. `models`: two
models on the same images, made alike. `non-inferiority`: sensitivity of two groups, and of two
models, whose true difference equals the margin. The reference of power is a group, or a model,
whose scores are worse.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np
from scipy import special

from prevalens._seeding import generator
from prevalens._threads import one_blas_thread
from prevalens.metrics import compare_groups, compare_models, non_inferiority
from prevalens.metrics.contrast import Contrast

MEASURES: dict[str, float | None] = {
    "auroc": None,
    "average_precision": None,
    "brier": None,
    "sensitivity": 0.3,
    "specificity": 0.3,
    "net_benefit": 0.2,
}
DESIGNS = {  # patients in all, in the first group, images of each (0: 1 to 40)
    "5 of 60": (60, 5, 20),
    "8 of 40": (40, 8, 20),
    "10 of 20": (20, 10, 20),
    "20 of 60, sizes 1 to 40": (60, 20, 0),
    "30 of 200, one image each": (200, 30, 1),
}
MARGIN = 0.1


def draw(
    rng: np.random.Generator, n_patients: int, images: int, shift: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels, scores of two models made alike, and patients.

    Args:
        rng: Where chance comes from.
        n_patients: How many patients.
        images: Images of each; 0 for 1 to 40.
        shift: What is taken from the first model's log odds of positive images, by patient.
    """
    sizes = rng.integers(1, 41, n_patients) if images == 0 else np.full(n_patients, images)
    patients = np.repeat(np.arange(n_patients), sizes)
    labels = rng.random(patients.size) < special.expit(rng.normal(-1, 1, n_patients))[patients]
    shared = 2 * labels - 1.5 + 0.8 * rng.normal(size=n_patients)[patients]
    shared += 0.7 * rng.normal(size=patients.size)
    made = [
        shared + 0.5 * rng.normal(size=n_patients)[patients] + 0.7 * rng.normal(size=patients.size)
        for _ in range(2)
    ]
    lowered = np.broadcast_to(shift, (n_patients,))[patients] * labels
    return labels, special.expit(made[0] - lowered), special.expit(made[1]), patients


def shift_at_margin() -> float:
    """Find the shift that takes the margin from the sensitivity of very many patients."""
    labels, scores, _, _ = draw(generator(0, "margin"), 40_000, 20)
    odds = special.logit(scores[labels])
    cut = special.logit(MEASURES["sensitivity"] or 0.0)
    sensitivity = float((odds >= cut).mean())
    return float(np.quantile(odds, 1 - (sensitivity - MARGIN)) - cut)


def share(
    runs: int, made: Callable[[int], Contrast], hit: Callable[[Contrast], bool | None]
) -> tuple[float, int]:
    """Return the share of hits among the studies that give an answer, in %, and their number."""
    answers = [answer for run in range(runs) if (answer := hit(made(run))) is not None]
    return 100 * float(np.mean(answers)) if answers else float("nan"), len(answers)


def rejected(contrast: Contrast) -> bool | None:
    """Tell whether p is at most 5 %; None where there is none."""
    return None if contrast.p_value is None else contrast.p_value <= 0.05


def claimed(contrast: Contrast) -> bool | None:
    """Tell whether non-inferiority is shown; None where there are no limits."""
    return non_inferiority(contrast, margin=MARGIN).shown


def contrast_of(
    kind: str, design: str, measure: str, seed: str, shift: float
) -> Callable[[int], Contrast]:
    """Return what draws the study of a run, and compares."""
    n, first, images = DESIGNS[design]

    def made(run: int) -> Contrast:
        rng = generator(0, seed, design, run)
        lowered = np.where(np.arange(n) < first, shift, 0.0) if kind == "groups" else shift
        labels, one, two, patients = draw(rng, n, images, lowered)
        at = MEASURES[measure]
        if kind == "groups":
            return compare_groups(
                labels, one, patients < first, measure=measure, threshold=at, patients=patients
            )
        return compare_models(labels, one, two, measure=measure, threshold=at, patients=patients)

    return made


def main() -> None:
    """Print the shares by comparison, design and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--quick", action="store_true", help="100 runs")
    parser.add_argument("--measures", nargs="+", default=list(MEASURES))
    parser.add_argument("--kinds", nargs="+", default=["groups", "models"])
    options = parser.parse_args()
    runs = 100 if options.quick else options.runs
    at_margin = shift_at_margin()
    sys.stdout.write(
        f"{runs} studies a cell; shares in %. Rejected at 5 % without a difference, and with one "
        "(power);\nnon-inferiority shown at 2.5 % where the difference equals the margin.\n\n"
        "| compared | patients | measure | rejected | power | non-inferior | without p |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    with one_blas_thread():
        for kind in options.kinds:
            for design in DESIGNS:
                for measure in options.measures:
                    null, answers = share(
                        runs, contrast_of(kind, design, measure, "null", 0.0), rejected
                    )
                    power, _ = share(
                        max(runs // 4, 50),
                        contrast_of(kind, design, measure, "power", 0.8),
                        rejected,
                    )
                    least = "-"
                    if measure == "sensitivity":
                        shown, _ = share(
                            runs, contrast_of(kind, design, measure, "margin", at_margin), claimed
                        )
                        least = f"{shown:.1f}"
                    without = 100 * (1 - answers / runs)
                    sys.stdout.write(
                        f"| {kind} | {design} | {measure} | {null:.1f} | {power:.0f} | {least} | "
                        f"{without:.1f} |\n"
                    )
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
