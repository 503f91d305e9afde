"""How often two thresholds with a human between them keep both promises.

Patients are of one class each. A positive image's logit score is normal around 1.3 and a negative
one's around -1.3, with a share of its variance between patients, so that the true shares at any two
thresholds have a closed form. Beside thresholds chosen over patients stand those that take rows as
independent: the same tests on rows (exact binomial, fixed sequence), and learn-then-test as MAPIE
does it by default (100 thresholds from 0 to 0.99, Hoeffding-Bentkus p values of binary losses,
Bonferroni-Holm). The share referred at a prevalence of 10 % is estimated on as many new patients.
Run with `python tests/benchmarks/bench_referral.py`, or `--quick` for a tenth of the draws.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from prevalens._seeding import generator
from prevalens.decisions import choose_referral, referral_estimates
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.predictions import Predictions

ASK = CONFIDENCE = 0.95
MIDDLE = 1.3  # of the positive logits, and minus that of the negative ones
PREVALENCE = 0.1
Ends = tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """Patients of either class, images of each, share of variance between them, hard ones."""

    name: str
    patients: int
    sizes: tuple[int, int] | None  # from, to; None: log-normal around 15
    alike: float
    hard: float = 0.0  # share of patients whose logits lie 3 towards the other class

    def draw(self, rng: np.random.Generator) -> Predictions:
        """Draw as many patients of each class."""
        k = 2 * self.patients
        if self.sizes is None:
            sizes = np.ceil(rng.lognormal(np.log(15) - 0.5, 1, k)).astype(int)
        else:
            sizes = rng.integers(self.sizes[0], self.sizes[1] + 1, k)
        owner = np.repeat(np.arange(k), sizes)
        side = np.where(np.arange(k) % 2, 1, -1)
        inner = MIDDLE - np.where(rng.random(k) < self.hard, 3.0, 0.0)
        inner += np.sqrt(self.alike) * rng.normal(size=k)
        logits = (side * inner)[owner] + np.sqrt(1 - self.alike) * rng.normal(size=owner.size)
        return Predictions(
            labels=(side[owner] > 0).astype(int), scores=special.expit(logits), patients=owner
        )

    def beyond(self, logit: float) -> float:
        """Return the true share of positive images above a logit; of negative ones below minus."""
        plain = float(stats.norm.sf(logit - MIDDLE))
        return (1 - self.hard) * plain + self.hard * float(stats.norm.sf(logit - MIDDLE + 3))

    def shares(self, ends: Ends) -> tuple[float, float, float]:
        """Return true sensitivity and specificity, and the share referred at the prevalence."""
        lower, upper = (float(special.logit(end)) for end in ends)
        referred = PREVALENCE * (self.beyond(lower) - self.beyond(upper))
        referred += (1 - PREVALENCE) * (self.beyond(-upper) - self.beyond(-lower))
        return self.beyond(lower), self.beyond(-upper), referred

    def least(self) -> float:
        """Return the share referred at thresholds whose true shares are what is asked."""
        lower = float(optimize.brentq(lambda logit: self.beyond(logit) - ASK, -9, 9))
        return self.shares((float(special.expit(lower)), float(special.expit(-lower))))[2]


SETTINGS = (
    Setting("300 patients, one image each", 300, (1, 1), 0.0),
    Setting("120 patients, 5 to 40 images", 120, (5, 40), 0.3),
    Setting("120 patients, 5 to 40 images", 120, (5, 40), 0.6),
    Setting("200 patients, 2 to 20 images", 200, (2, 20), 0.3),
    Setting("250 patients, log-normal, 5 % hard", 250, None, 0.3, hard=0.05),
)


def over_patients(held: Predictions) -> Ends:
    """Choose both thresholds as the library does."""
    return _ends(held, CONFIDENCE)


def as_rows(held: Predictions) -> Ends:
    """Choose both with the same tests on rows that are taken as independent."""
    rows = Predictions(labels=held.labels, scores=held.scores, patients=None)
    return _ends(rows, CONFIDENCE)


def by_estimate(held: Predictions) -> Ends:
    """Choose both by the point estimates, without a promise."""
    return _ends(held, None)


def _ends(held: Predictions, confidence: float | None) -> Ends:
    found = choose_referral(held, sensitivity=ASK, specificity=ASK, confidence=confidence)
    return found.lower.threshold, found.upper.threshold


def learn_then_test(held: Predictions) -> Ends:
    """Choose both on a grid, by Holm's step-down over its thresholds, rows independent."""
    grid = np.linspace(0, 0.99, 100)
    level = (1 - CONFIDENCE) / 2
    positive, negative = (held.scores[held.labels == code] for code in (1, 0))
    missed = (positive[:, None] < grid).sum(axis=0)
    alarms = (negative[:, None] >= grid).sum(axis=0)
    kept = _holm(_p_values(missed, positive.size), level)
    cleared = _holm(_p_values(alarms, negative.size), level)
    if not kept.any() or not cleared.any():
        raise InvalidInputError("no threshold of the grid is controlled")
    ends = float(grid[kept].max()), float(grid[cleared].min())
    return ends if ends[0] <= ends[1] else (sum(ends) / 2, sum(ends) / 2)


def _p_values(wrong: np.ndarray, n: int) -> np.ndarray:
    """Return min(Hoeffding, Bentkus for binary losses) of a risk of at most 1 - ASK."""
    limit, risk = 1 - ASK, wrong / n
    below = np.minimum(risk, limit)
    entropy = special.rel_entr(below, limit) + special.rel_entr(1 - below, 1 - limit)
    return np.minimum(np.exp(-n * entropy), stats.binom.cdf(wrong, n, limit))


def _holm(p_values: np.ndarray, level: float) -> np.ndarray:
    order = np.argsort(p_values, kind="stable")
    passed = p_values[order] <= level / (p_values.size - np.arange(p_values.size))
    kept = np.zeros(p_values.size, dtype=bool)
    kept[order[: p_values.size if passed.all() else int(np.argmin(passed))]] = True
    return kept


WAYS: dict[str, Callable[[Predictions], Ends]] = {
    "over patients": over_patients,
    "rows independent, fixed sequence": as_rows,
    "rows independent, MAPIE's default": learn_then_test,
    "by the point estimates": by_estimate,
}


def covered(held: Predictions, ends: Ends, truth: float) -> bool | None:
    """Tell whether the interval of the share referred, on new rows, holds the truth."""
    made = referral_estimates(held, *ends, prevalence=PREVALENCE)["referred"]
    if made.lower is None or made.upper is None:
        return None
    return made.lower <= truth <= made.upper


def rows_of(setting: Setting, draws: int) -> Iterator[str]:
    """Return a row for each way: promises kept, share referred, coverage of its interval."""
    kept: dict[str, list[bool]] = {way: [] for way in WAYS}
    referred: dict[str, list[float]] = {way: [] for way in WAYS}
    inside: list[bool] = []
    for run in range(draws):
        rng = generator(0, "referral", setting.name, setting.alike, run)
        held, fresh = setting.draw(rng), setting.draw(rng)
        for way, choose in WAYS.items():
            try:
                ends = choose(held)
            except InvalidInputError:
                continue
            found, cleared, share = setting.shares(ends)
            kept[way].append(min(found, cleared) >= ASK)
            referred[way].append(share)
            told = covered(fresh, ends, share) if way == "over patients" else None
            inside += [] if told is None else [told]
    least = setting.least()
    for way in WAYS:
        cells = ["-", "-"]
        if kept[way]:
            cells = [f"{100 * np.mean(kept[way]):.1f} %", f"{100 * np.mean(referred[way]):.1f} %"]
        cells.append(f"{100 * least:.1f} %")
        cells.append(f"{100 * np.mean(inside):.1f} %" if way == "over patients" and inside else "")
        cells.append(f"{draws - len(kept[way])}")
        yield f"| {setting.name} | {setting.alike:.0%} | {way} | {' | '.join(cells)} |\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="100 runs")
    options = parser.parse_args()
    draws = 100 if options.quick else options.runs
    warnings.simplefilter("ignore", DataWarning)
    sys.stdout.write(
        f"At least {ASK:.0%} of the positives not predicted negative and of the negatives not "
        f"predicted positive, both with confidence {CONFIDENCE:.0%}; {draws} draws, "
        f"{os.cpu_count()} cores.\nReferred: the true share at a prevalence of {PREVALENCE:.0%}; "
        "least: that of the thresholds that reach the asks exactly; coverage: of its 95 % interval "
        "on as many new patients.\n\n"
        "| patients of each class | between patients | chosen | both kept | referred | least | "
        "coverage | refused |\n|---|---|---|---|---|---|---|---|\n"
    )
    for setting in SETTINGS:
        sys.stdout.writelines(rows_of(setting, draws))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
