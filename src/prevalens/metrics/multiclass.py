"""More than two classes: each against the rest, their means, and all rows pooled."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_same_length, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import Basis
from prevalens.metrics.calibration import mean_estimate
from prevalens.metrics.confusion import estimates_of
from prevalens.metrics.confusion_matrix import ConfusionMatrix
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import (
    Influence,
    auroc_influence,
    average_precision_influence,
    mean_influence,
)
from prevalens.metrics.inputs import Columns, check_confidence_level, check_patients, check_scores
from prevalens.metrics.linear import FEW_EVENTS
from prevalens.metrics.logistic import HALF_STEP
from prevalens.metrics.precision_recall import average_precision_estimate
from prevalens.metrics.proportion import proportion_estimate
from prevalens.metrics.ranking import auroc_estimate
from prevalens.typing import Codes, Flags, Labels, Numbers

_MACRO = (
    "mean over classes, each against the rest: square-and-add of the classes' own limits, with "
    "their correlation over patients (Zou & Donner 2008)"
)


@dataclass(frozen=True)
class MulticlassEstimates:
    """Estimates of a model with more than two classes.

    Args:
        per_class: By class, the estimates of that class against the rest: those of the 2x2 table
            (the prediction is the class with the highest score), `auroc` and `average_precision`.
        macro: Means over classes, each class weighing the same: `sensitivity` (the balanced
            accuracy), `specificity`, `auroc`, `average_precision`.
        micro: Over all rows: `accuracy` (which is micro-averaged sensitivity, PPV and F1),
            `auroc` (every row and class pooled), `brier` (the sum over classes, 0 to 2) and
            `log_loss`.
    """

    per_class: dict[str, dict[str, Estimate]]
    macro: dict[str, Estimate]
    micro: dict[str, Estimate]

    def to_dict(self) -> dict[str, Any]:
        """Return the estimates as plain values."""
        return {
            "per_class": {name: _plain(estimates) for name, estimates in self.per_class.items()},
            "macro": _plain(self.macro),
            "micro": _plain(self.micro),
        }


def multiclass_estimates(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    classes: Sequence[str],
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> MulticlassEstimates:
    """Compute estimates of each class against the rest, their means, and those of all rows.

    Args:
        labels: Class of each image as an index into `classes`, shape `(n_rows,)`.
        scores: Score of each class, shape `(n_rows, n_classes)`, in [0, 1]; rows add up to 1.
        classes: Names of the classes, in the order of the columns of `scores`; at least two.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.

    Raises:
        InvalidInputError: shapes do not fit, a label is not an index, or rows of scores do not
            add up to 1.

    Examples:
        >>> made = multiclass_estimates([0, 1], [[0.7, 0.3], [0.4, 0.6]], classes=["a", "b"])
        >>> made.micro["accuracy"].value, round(made.micro["brier"].value, 3)
        (1.0, 0.25)
    """
    names, confidence_level = (
        [str(name) for name in classes],
        check_confidence_level(confidence_level),
    )
    table = _check_table(scores, len(names))
    truth = _check_indices(labels, len(names))
    check_same_length(labels=truth, scores=table)
    codes = check_patients(patients, truth.size)
    sides = [Columns(truth == which, table[:, which], codes) for which in range(len(names))]
    predictions = table.argmax(axis=1)
    per_class = {
        name: _one_against_rest(side, predictions == which, confidence_level)
        for which, (name, side) in enumerate(zip(names, sides, strict=True))
    }
    return MulticlassEstimates(
        per_class=per_class,
        macro=_macro(sides, predictions, names, confidence_level, per_class),
        micro=_micro(truth, table, codes, confidence_level),
    )


def _one_against_rest(
    side: Columns, predictions: Flags, confidence_level: float
) -> dict[str, Estimate]:
    return estimates_of(ConfusionMatrix(side.labels, predictions, side.codes, confidence_level)) | {
        "auroc": auroc_estimate(side, confidence_level=confidence_level),
        "average_precision": average_precision_estimate(side, confidence_level=confidence_level),
    }


def _macro(
    sides: Sequence[Columns],
    predictions: Labels,
    names: Sequence[str],
    confidence_level: float,
    per_class: Mapping[str, Mapping[str, Estimate]],
) -> dict[str, Estimate]:
    right = [
        (side.labels == (predictions == which)).astype(np.float64)
        for which, side in enumerate(sides)
    ]
    makers: dict[str, Callable[[int], Influence]] = {
        "sensitivity": lambda which: mean_influence(right[which], sides[which].labels),
        "specificity": lambda which: mean_influence(right[which], ~sides[which].labels),
        "auroc": lambda which: auroc_influence(sides[which].labels, sides[which].scores),
        "average_precision": lambda which: average_precision_influence(
            sides[which].labels, sides[which].scores
        ),
    }
    n, codes = predictions.size, sides[0].codes
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=None)
    empty = [
        name
        for name, side in zip(names, sides, strict=True)
        if side.labels.all() or not side.labels.any()
    ]
    if empty:
        reason = f"no images of class {name_some(empty)}, or none of another"
        return {name: basis.refuse(reason, _MACRO) for name in makers}
    rare = [
        f"class {name!r} has only {count} images"
        for name, side in zip(names, sides, strict=True)
        if (count := int(side.labels.sum())) < FEW_EVENTS
    ]
    return {
        name: _mean_of(
            [make(which) for which in range(len(sides))],
            [per_class[each][name] for each in names],
            names=names,
            codes=codes,
            basis=basis,
            remarks=rare,
        )
        for name, make in makers.items()
    }


def _mean_of(
    influences: Sequence[Influence],
    own: Sequence[Estimate],
    *,
    names: Sequence[str],
    codes: Codes | None,
    basis: Basis,
    remarks: Sequence[str],
) -> Estimate:
    """Average over classes; a class without limits of its own may lie anywhere in its range."""
    value = float(np.mean([influence.value for influence in influences]))
    inside = np.arange(basis.n) if codes is None else codes
    moved = np.stack([_changes(influence, inside) for influence in influences])
    scale = np.sqrt(np.square(moved).sum(axis=1))
    scale[scale == 0] = 1.0
    together = (moved / scale[:, None]) @ (moved / scale[:, None]).T
    np.fill_diagonal(together, 1.0)
    lower = np.array([0.0 if each.lower is None else each.lower for each in own])
    upper = np.array([1.0 if each.upper is None else each.upper for each in own])
    values = np.array([influence.value for influence in influences])
    down, up = (
        math.sqrt(max(float(arms @ together @ arms), 0.0)) / len(own)
        for arms in (values - lower, upper - values)
    )
    without = [name for name, each in zip(names, own, strict=True) if each.lower is None]
    told = [f"The mean rests on classes of few images: {', '.join(remarks)}."] if remarks else []
    if len(without) == len(own):
        return basis.without_limits(value, _MACRO, "no class has limits of its own")
    if without:
        told.append(f"Class {name_some(without)} has no limits of its own, so 0 and 1 were taken.")
    note = " ".join(told) or None
    limits = max(value - down, 0.0), min(value + up, 1.0)
    return basis.estimate(value, limits, _MACRO, note=note)


def _changes(influence: Influence, codes: Codes) -> Numbers:
    k = int(codes.max()) + 1
    if influence.patients_per_kind(codes) < 2:
        return np.zeros(k)
    return influence.changes(codes, k)


def _micro(
    truth: Labels, table: Numbers, codes: Codes | None, confidence_level: float
) -> dict[str, Estimate]:
    n, n_classes = table.shape
    actual = np.eye(n_classes)[truth]
    right = truth == table.argmax(axis=1)
    whole = Columns(np.ones(n, dtype=bool), np.ones(n), codes)
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=None)
    # One image gives a row for each class, so pooled rows are inside images at the least.
    inside = np.arange(n) if codes is None else codes
    pooled = Columns(actual.reshape(-1) == 1, table.reshape(-1), np.repeat(inside, n_classes))
    own = table[np.arange(n), truth]
    made = {
        "accuracy": proportion_estimate(right, codes, confidence_level=confidence_level, empty=""),
        "auroc": auroc_estimate(pooled, confidence_level=confidence_level),
        "brier": _mean_loss(np.square(table - actual).sum(axis=1), whole, confidence_level),
    }
    if wrong := int(np.count_nonzero(own == 0)):
        note = f"{wrong} images have a score of exactly 0 for their own class: infinite loss."
        least = _mean_loss(-np.log(np.maximum(own, HALF_STEP)), whole, confidence_level)
        return made | {"log_loss": basis.infinite(least.lower, least.method, note=note)}
    return made | {"log_loss": _mean_loss(-np.log(own), whole, confidence_level)}


def _mean_loss(losses: Numbers, columns: Columns, confidence_level: float) -> Estimate:
    return replace(
        mean_estimate(losses, columns, confidence_level=confidence_level, bounded=False),
        events=None,
    )


def _check_table(scores: ArrayLike, n_classes: int) -> Numbers:
    table = np.asarray(scores, dtype=np.float64)
    if n_classes < 2 or table.ndim != 2 or table.shape[1] != n_classes or not len(table):
        raise InvalidInputError(
            f"`scores` must have shape (n_rows, {n_classes}), one column for each of at least two "
            f"classes, got {table.shape}."
        )
    check_scores(table.reshape(-1))
    off = np.abs(table.sum(axis=1) - 1)
    if off.max() > 1e-3:
        row = int(off.argmax())
        raise InvalidInputError(
            f"The scores of a row must add up to 1, but row {row} adds up to "
            f"{table[row].sum():g}. If these are logits or sigmoids, pass their softmax."
        )
    return table


def _check_indices(labels: ArrayLike, n_classes: int) -> Labels:
    column = np.asarray(labels)
    whole = column.ndim == 1 and column.dtype.kind in "iu"
    if not whole or column.min() < 0 or column.max() >= n_classes:
        raise InvalidInputError(
            f"`labels` must be whole numbers from 0 to {n_classes - 1}, one for each class, got "
            f"{name_some(sorted(set(column.reshape(-1).tolist()), key=str))}."
        )
    return column.astype(np.int64)


def _plain(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}
