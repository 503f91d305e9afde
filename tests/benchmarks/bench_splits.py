"""How evenly, and how fast, whole patients are spread: ours, scikit-learn's, an exact solver's.

Deviation is the worst relative deviation of any class's image count in any part from its target.
"""

import argparse
import csv
import itertools
import os
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from sklearn.model_selection import StratifiedGroupKFold

from prevalens._seeding import generator
from prevalens.exceptions import DataWarning
from prevalens.splits import PatientKFold
from prevalens.splits.units import Units

MANIFEST = Path(__file__).parents[2].parent / "shared" / "data" / "cnmc" / "manifest.csv"
FOLDS = [0.2] * 5
HOLDOUT = [0.7, 0.15, 0.15]
Table = tuple[NDArray[np.int64], NDArray[np.int64]]  # label and patient of each image
Run = tuple[float, float]  # seconds and deviation


def heavy_tailed(seed: int) -> Table:
    """Draw 10 to 200 patients of 9 to 757 images each (log-normal), a third of them positive."""
    rng = generator(seed, "bench cohort")
    n_patients = int(rng.integers(10, 201))
    sizes = np.clip(np.exp(rng.normal(4.5, 1.0, n_patients)), 9, 757).astype(np.int64)
    positive = (rng.random(n_patients) < 1 / 3).astype(np.int64)
    positive[:10] = [0, 1] * 5  # five patients of each class at least
    return np.repeat(positive, sizes), np.repeat(np.arange(n_patients), sizes)


def uneven(seed: int) -> Table:
    """Draw 12 to 119 patients of 9 to 757 images each (log-normal), a third of them positive."""
    rng = generator(seed, "bench uneven")
    n_patients = int(rng.integers(12, 120))
    sizes = np.clip(np.exp(rng.normal(4.5, 1.0, n_patients)), 9, 757).astype(np.int64)
    positive = rng.permutation(np.arange(n_patients) < max(5, round(n_patients / 3)))
    return np.repeat(positive.astype(np.int64), sizes), np.repeat(np.arange(n_patients), sizes)


def unevenness(labels: NDArray[np.int64], parts: NDArray[np.int64]) -> list[float]:
    """Return the worst deviations of a class's images, of prevalence and of size, in per cent."""
    sizes, sick = np.bincount(parts), np.bincount(parts, weights=labels)
    prevalence = np.abs(sick / sizes - labels.mean()).max()
    size = np.abs(sizes * len(sizes) / len(labels) - 1).max()
    return [deviation(labels, parts, FOLDS), float(100 * prevalence), float(100 * size)]


def peer_rows(n_cohorts: int) -> list[str]:
    """Count the uneven cohorts in which either balance is worse than StratifiedGroupKFold."""
    tables = [uneven(seed) for seed in range(n_cohorts)]
    his = np.array([unevenness(table[0], theirs(table)) for table in tables])
    lines = []
    for balance in ("counts", "prevalence"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # of patients who force the worst
            split = [ours(table, FOLDS, balance=balance) for table in tables]
        mine = np.array([unevenness(t[0], s) for t, s in zip(tables, split, strict=True)])
        worse = (mine > his + 1e-9).sum(axis=0)
        for column, what in enumerate(("a class's images", "prevalence", "a fold's size")):
            name = f'{n_cohorts} uneven cohorts, 5 folds, balance="{balance}": {what}'
            both = (f"{np.median(one[:, column]):.3f} %" for one in (mine, his))
            lines.append(row(f"{name}, worst deviation, median", *both, ""))
            lines.append(row(f"{name}, ours is the worse", f"{worse[column]}", "", ""))
    return lines


def cnmc() -> Table | None:
    """Read the labels and patients of C-NMC 2019, where its file list is at hand."""
    if not MANIFEST.is_file():
        return None
    with MANIFEST.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["fold"]]
    patients = np.unique([row["subject"].upper() for row in rows], return_inverse=True)[1]
    return np.array([int(row["label"] == "all") for row in rows]), patients


def deviation(labels: NDArray[np.int64], parts: NDArray[np.int64], shares: list[float]) -> float:
    """Return the worst relative deviation, in per cent."""
    counts = np.stack([np.bincount(parts[labels == k], minlength=len(shares)) for k in (0, 1)], 1)
    targets = np.outer(shares, np.bincount(labels))
    return float(100 * np.abs(counts / targets - 1).max())


def ours(
    table: Table, shares: list[float], seed: int = 0, balance: str = "counts"
) -> NDArray[np.int64]:
    """Split with the library's defaults."""
    return Units.of(*table).draw(shares, seed=seed, purpose=["bench"], balance=balance)


def theirs(table: Table, seed: int = 0) -> NDArray[np.int64]:
    """Split into five folds with StratifiedGroupKFold."""
    labels, patients = table
    splitter = StratifiedGroupKFold(len(FOLDS), shuffle=True, random_state=seed)
    parts = np.empty(len(labels), dtype=np.int64)
    for fold, (_, test) in enumerate(splitter.split(labels, labels, patients)):
        parts[test] = fold
    return parts


def exact(table: Table, shares: list[float], seconds: float) -> NDArray[np.int64] | None:
    """Minimise the worst deviation with HiGHS; None where it found nothing in time."""
    labels, patients = table
    n_units, n_parts = int(patients.max()) + 1, len(shares)
    images = np.stack([np.bincount(patients[labels == k], minlength=n_units) for k in (0, 1)], 1)
    targets = np.outer(shares, images.sum(axis=0))
    rows = [np.append(once, 0) for once in np.kron(np.eye(n_units), np.ones(n_parts))]
    for part, k in itertools.product(range(n_parts), (0, 1)):
        load = np.zeros((n_units, n_parts))
        load[:, part] = images[:, k] / targets[part, k]
        # |load - 1| <= the last variable, which is minimised
        rows += [np.append(load.ravel(), -1), np.append(load.ravel(), 1)]
    low = [1.0] * n_units + [-np.inf, 1.0] * (2 * n_parts)
    high = [1.0] * n_units + [1.0, np.inf] * (2 * n_parts)
    cells = np.ones(n_units * n_parts)
    result = milp(
        np.append(0 * cells, 1),
        constraints=LinearConstraint(np.stack(rows), low, high),
        integrality=np.append(cells, 0),
        bounds=Bounds(0, np.append(cells, np.inf)),
        options={"time_limit": seconds},
    )
    if result.x is None:
        return None
    return result.x[:-1].reshape(n_units, n_parts).argmax(axis=1)[patients]


def timed(split: Callable[[], NDArray[np.int64] | None], table: Table, shares: list[float]) -> Run:
    """Run a splitter once; return seconds and deviation (infinite where it found nothing)."""
    start = time.perf_counter()
    parts = split()
    seconds = time.perf_counter() - start
    return seconds, np.inf if parts is None else deviation(table[0], parts, shares)


def agreement(split: Callable[[Table, int], NDArray[np.int64]], table: Table) -> float:
    """Return the share, in per cent, of patient pairs that twelve seeds treat alike."""
    first = np.unique(table[1], return_index=True)[1]
    upper = np.triu_indices(len(first), 1)
    together = []
    for seed in range(12):
        fold = split(table, seed)[first]
        together.append((fold[:, None] == fold)[upper])
    pairs = itertools.combinations(together, 2)
    return float(100 * np.mean([(one == other).mean() for one, other in pairs]))


def big(n_images: int) -> Table:
    """Draw a cohort of one patient for twenty images, heavy-tailed, a tenth positive."""
    rng = generator(0, "bench big")
    n_patients = n_images // 20
    weights = 1 + rng.pareto(1.5, n_patients)
    patients = rng.choice(n_patients, n_images, p=weights / weights.sum())
    patients[:n_patients] = np.arange(n_patients)
    return (rng.random(n_patients) < 0.1).astype(np.int64)[patients], patients


def row(*cells: str) -> str:
    """Return one row of the table."""
    return f"| {' | '.join(cells)} |"


def quality_rows(tables: dict[str, list[Table]], seconds: float) -> list[str]:
    """Compare deviations and times, for five folds and for 70/15/15."""
    lines = []
    for (name, cohorts), shares in itertools.product(tables.items(), (FOLDS, HOLDOUT)):
        mine, his, best = [], [], []
        for table in cohorts:
            mine.append(timed(lambda t=table, s=shares: ours(t, s), table, shares))
            best.append(timed(lambda t=table, s=shares: exact(t, s, seconds), table, shares))
            if shares == FOLDS:
                his.append(timed(lambda t=table: theirs(t), table, shares))
        what = f"{name}, {'5 folds' if shares == FOLDS else '70/15/15'}"
        columns = [np.array(runs) if runs else None for runs in (mine, his, best)]
        deviations = ["" if c is None else f"{np.median(c[:, 1]):.3f} %" for c in columns]
        times = ["" if c is None else f"{np.median(c[:, 0]):.2f} s" for c in columns]
        more = np.array(mine)[:, 1] - np.array(best)[:, 1]
        above = f"{np.median(more):+.3f}, {more.max():+.3f}"
        lines.append(row(f"{what}: worst deviation, median", *deviations))
        lines.append(row(f"{what}: points above HiGHS, median and worst", above, "", ""))
        lines.append(row(f"{what}: time, median", *times))
        if his:
            worse = sum(m[1] > h[1] + 1e-9 for m, h in zip(mine, his, strict=True))
            lines.append(row(f"{what}: ours is the worse", f"{worse} of {len(mine)}", "", ""))
    return lines


def speed_rows(n_images: int) -> list[str]:
    """Compare times on one large cohort, through scikit-learn's protocol."""
    table = big(n_images)
    what = f"{n_images:,} images, {n_images // 20:,} patients, 5 folds"

    def protocol() -> NDArray[np.int64]:
        parts = np.empty(n_images, dtype=np.int64)
        for fold, (_, test) in enumerate(PatientKFold(5).split(table[0], *table)):
            parts[test] = fold
        return parts

    mine = min(timed(protocol, table, FOLDS) for _ in range(3))
    his = timed(lambda: theirs(table), table, FOLDS)
    tracemalloc.start()
    protocol()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    faster = f"{mine[0]:.2f} s ({his[0] / mine[0]:.0f} times faster)"
    return [
        row(f"{what}: time", faster, f"{his[0]:.2f} s", ""),
        row(f"{what}: worst deviation", f"{mine[1]:.4f} %", f"{his[1]:.4f} %", ""),
        row(f"{what}: peak memory", f"{peak:.0f} MiB", "", ""),
    ]


def wide_rows(n_images: int) -> list[str]:
    """Time 14 findings, and three further strata, through scikit-learn's protocol."""
    rng = generator(0, "bench wide")
    n_patients = n_images // 20
    patients = rng.integers(0, n_patients, n_images)
    often = rng.beta(1, 3, n_patients)[patients, None] * np.linspace(0.1, 0.9, 14)
    findings = (rng.random((n_images, 14)) < often).astype(np.int64)
    table = {
        "site": np.array(["north", "south", "east"])[rng.integers(0, 3, n_patients)][patients],
        "sex": np.array(["f", "m"])[rng.integers(0, 2, n_patients)][patients],
        "age": rng.normal(60, 12, n_patients)[patients],
    }
    sick = (rng.random(n_patients) < 0.1).astype(np.int64)[patients]
    what = f"{n_images:,} images, {n_patients:,} patients, 5 folds"
    lines = []
    for name, labels, strata in (
        ("14 findings", findings, ()),
        ("three further strata", sick, tuple(table)),
    ):
        start = time.process_time()
        folds = list(PatientKFold(5, strata=strata).split(table, labels, patients))
        seconds = time.process_time() - start
        columns = labels if labels.ndim == 2 else labels[:, None]
        counts = np.stack([columns[test].sum(axis=0) for _, test in folds])
        worst = 100 * np.abs(counts * 5 / columns.sum(axis=0) - 1).max()
        lines.append(row(f"{what}, {name}: CPU time", f"{seconds:.2f} s", "", ""))
        lines.append(row(f"{what}, {name}: worst deviation", f"{worst:.4f} %", "", ""))
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the comparison as one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute at most")
    parser.add_argument("--cohorts", type=int, default=10, help="random cohorts (default 10)")
    parser.add_argument("--seconds", type=float, default=5, help="limit of the exact solver")
    chosen = parser.parse_args(arguments)
    n_cohorts, seconds = (2, 2.0) if chosen.quick else (chosen.cohorts, chosen.seconds)
    # StratifiedGroupKFold warns of classes rarer than folds; the cohorts here have none.
    warnings.simplefilter("error")
    tables = {f"{n_cohorts} random cohorts": [heavy_tailed(seed) for seed in range(n_cohorts)]}
    known = cnmc()
    lines = []
    if known is not None:
        tables["C-NMC 2019 (73 patients)"] = [known]
        mine = agreement(lambda table, seed: ours(table, FOLDS, seed), known)
        his = agreement(theirs, known)
        what = "C-NMC 2019, 5 folds: patient pairs that two seeds treat alike"
        lines = [row(what, f"{mine:.0f} %", f"{his:.0f} %", "")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        lines = quality_rows(tables, seconds) + lines
    lines += peer_rows(20 if chosen.quick else 200)
    lines += speed_rows(100_000 if chosen.quick else 1_000_000)
    for n_images in (10_000,) if chosen.quick else (10_000, 1_000_000):
        lines += wide_rows(n_images)
    sys.stdout.write(
        f"Whole patients into parts on {os.cpu_count()} cores; random cohorts have 10 to 200 "
        f"patients of 9 to 757 images; HiGHS was stopped after {seconds:g} s; two random "
        "partitions into five folds treat 68 % of pairs alike."
        + ("" if known else " The C-NMC file list is not at hand here.")
        + "\n\n| what | prevalens | StratifiedGroupKFold | HiGHS |\n|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
