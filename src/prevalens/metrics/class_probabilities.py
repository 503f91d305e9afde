"""Measures of the probabilities of several classes: losses, top classes, calibration."""

from dataclasses import replace

import numpy as np

from prevalens.metrics.bootstrap import drawn_estimate, in_fixed_order
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_smooth import estimate_from, mean_pulls
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.logistic import HALF_STEP
from prevalens.metrics.proportion import proportion_estimate
from prevalens.metrics.reliability import bin_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Flags, Numbers

_BINS = 10


def right_rows(columns: ClassColumns) -> Flags:
    """Return whether each prediction is right, shape `(n_rows,)`."""
    found: Flags = columns.labels == columns.predicted
    return found


def among_top(columns: ClassColumns, k: int) -> Flags:
    """Return whether each label is among the `k` highest scores, the first of equal ones."""
    own = columns.scores[np.arange(columns.labels.size), columns.labels][:, None]
    earlier = np.arange(len(columns.names)) < columns.labels[:, None]
    ahead = (columns.scores > own) | ((columns.scores == own) & earlier)
    found: Flags = ahead.sum(axis=1) < k
    return found


def share_of(hits: Flags, columns: ClassColumns, settings: Settings) -> Estimate:
    """Compute the share of rows that are hits."""
    level = settings.confidence_level
    return proportion_estimate(
        hits, columns.codes, confidence_level=level, empty="", ids=columns.ids
    )


def brier_pulls(columns: ClassColumns) -> tuple[float, Numbers]:
    """Return value and influence values of the Brier score, summed over classes: 0 to 2."""
    actual = np.eye(len(columns.names))[columns.labels]
    return mean_pulls(np.square(columns.scores - actual).sum(axis=1))


def loss_pulls(columns: ClassColumns) -> tuple[float, Numbers]:
    """Return value and influence values of the log loss; infinite where a score of 0 was wrong."""
    own = columns.scores[np.arange(columns.labels.size), columns.labels]
    with np.errstate(divide="ignore", invalid="ignore"):
        return mean_pulls(-np.log(own))


def rank_pulls(columns: ClassColumns) -> tuple[float, Numbers]:
    """Return value and influence values of the ranked probability score: 0 to 1.

    The mean over cut-points of the squared difference of both cumulative distributions.
    """
    cut = np.arange(len(columns.names) - 1)
    reached = (columns.labels[:, None] <= cut).astype(float)
    apart = np.cumsum(columns.scores, axis=1)[:, :-1] - reached
    return mean_pulls(np.square(apart).mean(axis=1))


def distance_pulls(columns: ClassColumns) -> tuple[float, Numbers]:
    """Return value and influence values of the mean distance of predicted and true grade."""
    return mean_pulls(np.abs(columns.labels - columns.predicted).astype(float))


_LOSS = estimate_from(loss_pulls, name="log loss (Good 1952)", high=np.inf, skewed=True)


def log_loss_of_classes(columns: ClassColumns, settings: Settings) -> Estimate:
    """Compute the log loss: infinite where the class that happened has a score of 0."""
    own = columns.scores[np.arange(columns.labels.size), columns.labels]
    wrong = int(np.count_nonzero(own == 0))
    if not wrong:
        return _LOSS(columns, settings)
    # The least loss that the rows can have still bounds it from below.
    raised = replace(columns, scores=np.maximum(columns.scores, HALF_STEP))
    least = _LOSS(raised, settings)
    images = "1 image has" if wrong == 1 else f"{wrong:,} images have"
    note = f"{images} a score of exactly 0 for their own class: infinite loss."
    basis = columns.basis(settings.confidence_level)
    return basis.infinite(least.lower, least.method, note=note)


def calibration_error_of_classes(columns: ClassColumns, settings: Settings) -> Estimate:
    """Compute the classwise calibration error: the mean over classes of each class' own.

    That of a class is the mean distance of observed share and mean score over ten bins of like
    size of its scores.

    References:
        Kull et al., NeurIPS 2019: Beyond temperature scaling.
    """
    k, n = len(columns.names), columns.labels.size
    # Patients, or images, in an order that is not that of the rows, and in at most 5,000 groups.
    order = np.lexsort([*columns.scores.T, columns.labels, columns.units])
    codes = None if columns.codes is None else columns.codes[order]
    drawn = in_fixed_order(Columns(np.zeros(n, dtype=bool), np.arange(n, dtype=float), codes))
    rows = order[drawn.scores.astype(np.int64)]
    units = np.arange(n) if drawn.codes is None else drawn.codes
    n_units = int(units.max()) + 1
    tables = []
    for which in range(k):
        scores = columns.scores[rows, which]
        place = bin_of(scores, bins=_BINS, strategy="quantile")
        used = int(place.max()) + 1
        gaps = (columns.labels[rows] == which) - scores
        tables.append(
            np.bincount(units * used + place, gaps, n_units * used).reshape(n_units, used)
        )
    table, sizes = np.hstack(tables), np.bincount(units, minlength=n_units).astype(float)

    def error(weights: Numbers) -> Numbers:
        return np.abs(weights @ table).sum(axis=1) / (weights @ sizes) / k

    return drawn_estimate(
        columns.basis(settings.confidence_level),
        drawn,
        error,
        f"mean over classes of the calibration error over {_BINS} quantile bins (Kull 2019)",
        draws=settings.draws,
        seed=settings.seed,
        per_draw=n_units,
    )
