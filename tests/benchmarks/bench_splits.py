"""How evenly, and how fast, whole patients are spread: ours, scikit-learn's, an exact solver's.

Deviation is the worst relative deviation of any class's image count in any part from its target.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from sklearn.model_selection import StratifiedGroupKFold

from prevalens._seeding import generator
from prevalens.splits.units import Units

MANIFEST = Path(__file__).parents[2].parent / "shared" / "data" / "cnmc" / "manifest.csv"
FOLDS = [0.2] * 5
HOLDOUT = [0.7, 0.15, 0.15]
Table = tuple[NDArray[np.int64], NDArray[np.int64]]  # label and patient of each image


def heavy_tailed(seed: int) -> Table:
    """Draw 10 to 200 patients of 9 to 757 images each (log-normal), a third of them positive."""
    rng = generator(seed, "bench cohort")
    n_patients = int(rng.integers(10, 201))
    sizes = np.clip(np.exp(rng.normal(4.5, 1.0, n_patients)), 9, 757).astype(np.int64)
    positive = (rng.random(n_patients) < 1 / 3).astype(np.int64)
    positive[:10] = [0, 1] * 5  # five patients of each class at least
    return np.repeat(positive, sizes), np.repeat(np.arange(n_patients), sizes)


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


def ours(table: Table, shares: list[float], seed: int = 0) -> NDArray[np.int64]:
    """Split with the library's defaults."""
    return Units.of(*table).draw(shares, seed=seed, purpose=["bench"])


def theirs(table: Table, shares: list[float], seed: int = 0) -> NDArray[np.int64]:
    """Split with StratifiedGroupKFold; 70/15/15 is twenty folds, dealt 14, 3 and 3."""
    labels, patients = table
    n_folds = len(shares) if shares == FOLDS else 20
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    part_of = np.arange(5) if shares == FOLDS else np.repeat([0, 1, 2], [14, 3, 3])
    parts = np.empty(len(labels), dtype=np.int64)
    for fold, (_, test) in enumerate(splitter.split(labels, labels, patients)):
        parts[test] = part_of[fold]
    return parts


def exact(table: Table, shares: list[float], seconds: float) -> NDArray[np.int64] | None:
    """Minimise the worst deviation with HiGHS; None where it found nothing in time."""
    labels, patients = table
    n_units, n_parts = int(patients.max()) + 1, len(shares)
    images = np.stack([np.bincount(patients[labels == k], minlength=n_units) for k in (0, 1)], 1)
    targets = np.outer(shares, images.sum(axis=0))
    n_cells = n_units * n_parts
    once = np.kron(np.eye(n_units), np.ones(n_parts))
    rows = [np.append(row, 0) for row in once]
    for part in range(n_parts):
        for k in (0, 1):
            load = np.zeros((n_units, n_parts))
            load[:, part] = images[:, k] / targets[part, k]
            rows += [np.append(load.ravel(), -1), np.append(load.ravel(), 1)]
    low = [1.0] * n_units + [-np.inf, 1.0] * (2 * n_parts)
    high = [1.0] * n_units + [1.0, np.inf] * (2 * n_parts)
    result = milp(
        np.append(np.zeros(n_cells), 1),
        constraints=LinearConstraint(np.stack(rows), low, high),
        integrality=np.append(np.ones(n_cells), 0),
        bounds=Bounds(0, np.append(np.ones(n_cells), np.inf)),
        options={"time_limit": seconds},
    )
    if result.x is None:
        return None
    return result.x[:-1].reshape(n_units, n_parts).argmax(axis=1)[patients]
