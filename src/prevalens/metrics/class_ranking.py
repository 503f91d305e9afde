"""Discrimination of several classes: every pair of classes, and all rows pooled."""

from dataclasses import replace

import numpy as np

from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_means import (
    Side,
    changes_of,
    mean_of_sides,
    over_images,
    why_no_mean,
)
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import Influence, auroc_influence
from prevalens.metrics.inputs import Columns
from prevalens.metrics.ranking import auroc_estimate
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.typing import Numbers

_PAIRS = (
    "mean AUROC over ordered pairs of classes (Hand & Till 2001): square-and-add of the pairs' "
    "own limits, with their correlation over patients (Zou & Donner 2008)"
)


def pairs_estimate(columns: ClassColumns, settings: Settings) -> Estimate:
    """Compute Hand and Till's AUROC: the mean over pairs of classes, which no prevalence moves."""
    if reason := why_no_mean(columns):
        return columns.basis(settings.confidence_level).refuse(reason, _PAIRS)
    return mean_of_sides(columns, _pairs(columns, settings), _PAIRS, settings)


def pairs_changes(columns: ClassColumns) -> Numbers:
    """Return how far Hand and Till's AUROC moves without each patient."""
    sides = _pairs(columns, Settings(None, 0.95))
    return np.mean([changes_of(side, columns.n_units) for side in sides], axis=0)


def _pairs(columns: ClassColumns, settings: Settings) -> list[Side]:
    k = len(columns.names)
    return [_pair(columns, a, b, settings) for a in range(k) for b in range(k) if a != b]


def _pair(columns: ClassColumns, one: int, other: int, settings: Settings) -> Side:
    """Return how well the score of one class parts its images from those of another."""
    rows = (columns.labels == one) | (columns.labels == other)
    codes = None if columns.codes is None else columns.codes[rows]
    held = Columns(columns.labels[rows] == one, columns.scores[rows, one], codes, columns.ids)
    own = auroc_estimate(held, confidence_level=settings.confidence_level)
    influence = auroc_influence(held.labels, held.scores)
    few = one if columns.counts[one] <= columns.counts[other] else other
    return Side(columns.names[few], own, influence, columns.units[rows])


def pooled(columns: ClassColumns) -> Columns:
    """Return every row and class as one column; the rows of an image are inside it."""
    k = len(columns.names)
    truth = np.eye(k)[columns.labels].reshape(-1) == 1
    return Columns(truth, columns.scores.reshape(-1), np.repeat(columns.units, k))


def micro_estimate(key: str, columns: ClassColumns, settings: Settings) -> Estimate:
    """Compute `"auroc"` or `"average_precision"` of all rows and classes pooled."""
    made = measure_of(key).compute(pooled(columns), settings)
    # Counted are images, whose rows are pooled, one for each class.
    n = columns.labels.size
    made = replace(made, n=n, events=None, design_effect=None, effective_n=None)
    return over_images(made, columns.codes)


def micro_changes(key: str, columns: ClassColumns) -> Numbers:
    """Return how far a pooled measure moves without each patient."""
    rows = pooled(columns)
    influence: Influence = measure_of(key).influence_of(rows, None)
    return influence.changes(np.repeat(columns.units, len(columns.names)), columns.n_units)
