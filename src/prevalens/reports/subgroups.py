"""The estimates in each part of the patients, with small cells kept back."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from prevalens._checks import did_you_mean
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.every_estimate import all_estimates
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Column

SMALLEST = 5  # patients; below it a cell could point at a person
_SHOWN = ("sensitivity", "specificity", "auroc", "calibration_intercept", "prevalence")
_COMPARED = ("sensitivity", "specificity", "auroc")
_MOST_LEVELS = 12


def subgroup_tables(
    predictions: Predictions,
    by: Sequence[str],
    *,
    threshold: float,
    confidence_level: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Compute estimates in each level of each covariate.

    A number with more than 12 values is cut into thirds. A level of fewer than five patients
    (images, where they are independent) is suppressed, and so is an estimate that rests on fewer;
    where a single level is suppressed, the next smallest is too, because subtraction from the
    total would give the first away.

    Args:
        predictions: Two-class predictions.
        by: Names of covariates.
        threshold: Scores at or above it are called positive.
        confidence_level: Coverage of the intervals.
        seed: Seed of what is drawn.

    Raises:
        InvalidInputError: there is no such covariate, or it has too many levels.
    """
    return [
        {
            "by": name,
            "levels": _levels(
                predictions, _values(predictions, name), threshold, confidence_level, seed
            ),
        }
        for name in by
    ]


def _values(predictions: Predictions, name: str) -> Column:
    covariates = predictions.covariates or {}
    if name not in covariates:
        raise InvalidInputError(
            f"The predictions have no covariate {name!r}; they have {sorted(covariates)}."
            + did_you_mean(name, covariates)
        )
    column = covariates[name]
    if column.dtype.kind == "f" and np.isnan(column).any():
        texts = np.where(np.isnan(column), "missing", column.astype(str))
        column = texts if len(np.unique(texts)) <= _MOST_LEVELS else _thirds(column)
    elif column.dtype.kind in "iuf" and len(np.unique(column)) > _MOST_LEVELS:
        column = _thirds(column)
    values = np.array([_written(value) for value in column.tolist()])
    found = np.unique(values)
    if len(found) > 50:
        raise InvalidInputError(
            f"Covariate {name!r} has {len(found)} levels, which is no grouping. Merge levels, or "
            "leave it out of `by`."
        )
    return values


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or "missing"


def _thirds(column: Column) -> Column:
    known = column[~np.isnan(column.astype(float))].astype(float)
    cuts = np.unique(np.quantile(known, [1 / 3, 2 / 3]))
    edges = [f"{cut:g}" for cut in cuts]
    names = [f"up to {edges[0]}"]
    names += [f"over {a} to {b}" for a, b in itertools.pairwise(edges)]
    names.append(f"over {edges[-1]}")
    numbers = column.astype(float)
    texts = np.array(names)[np.searchsorted(cuts, numbers)]
    return np.where(np.isnan(numbers), "missing", texts)


def _levels(
    predictions: Predictions, values: Column, threshold: float, confidence_level: float, seed: int
) -> list[dict[str, Any]]:
    parts = {str(name): predictions.take(values == name) for name in np.unique(values)}
    sizes = {name: _units(part) for name, part in parts.items()}
    hidden = {name for name, size in sizes.items() if size < SMALLEST}
    if len(hidden) == 1 and len(sizes) > 1:
        others = {name: size for name, size in sizes.items() if name not in hidden}
        hidden.add(min(others, key=lambda name: others[name]))
    return [
        {"level": name, "suppressed": True}
        if name in hidden
        else _level(name, part, threshold=threshold, confidence_level=confidence_level, seed=seed)
        | {"differences": _differences(predictions, values == name, threshold, confidence_level)}
        for name, part in parts.items()
    ]


def _differences(
    predictions: Predictions, inside: Column, threshold: float, confidence_level: float
) -> dict[str, Any]:
    """Compare a level with all other rows, where either rests on enough patients."""
    if inside.all():
        return {}
    found = {
        name: compare_groups(
            predictions.labels,
            predictions.scores,
            inside,
            measure=name,
            threshold=None if name == "auroc" else threshold,
            patients=predictions.patients,
            confidence_level=confidence_level,
        )
        for name in _COMPARED
    }
    return {
        name: contrast.difference.to_dict()
        for name, contrast in found.items()
        if not _is_small(contrast.first) and not _is_small(contrast.second)
    }


def _units(part: Predictions) -> int:
    return len(part) if part.n_patients is None else part.n_patients


def _level(
    name: str, part: Predictions, *, threshold: float, confidence_level: float, seed: int
) -> dict[str, Any]:
    estimates = all_estimates(
        part.labels,
        part.scores,
        threshold=threshold,
        patients=part.patients,
        confidence_level=confidence_level,
        seed=seed,
        measures=_SHOWN,
    )
    return {
        "level": name,
        "suppressed": False,
        "images": len(part),
        "patients": part.n_patients,
        "estimates": {
            key: estimate.to_dict()
            for key, estimate in estimates.items()
            if not _is_small(estimate)
        },
    }


def _is_small(estimate: Estimate) -> bool:
    units = estimate.n if estimate.patients is None else estimate.patients
    return units < SMALLEST
