"""Characteristics of the images in each part of a partition."""

from collections.abc import Mapping

import numpy as np

from prevalens._records import Part
from prevalens.cohorts.cohort import Cohort
from prevalens.reports.subgroup_levels import is_number, levels_of
from prevalens.typing import Column, Rows

_SMALLEST = 5  # images; a smaller count could point at a person
_MOST_LEVELS = 12


class BaselineRow(Part, frozen=True, kw_only=True):
    """One characteristic: a level's share, or the median of a number, in each part."""

    covariate: str
    level: str
    cells: dict[str, str]


def baseline(cohort: Cohort, parts: Mapping[str, Rows]) -> list[BaselineRow]:
    """Summarise each covariate of a cohort in each part.

    Numbers have a median and quartiles, levels a count and a share; counts below five are not
    told. A covariate of more than twelve levels that is no number is left out.

    Args:
        cohort: The cohort.
        parts: Rows of each part by name; an empty one is left out.
    """
    used = {name: rows for name, rows in parts.items() if len(rows)}
    found: list[BaselineRow] = []
    for name, column in cohort.covariates.items():
        if is_number(column) and len(np.unique(column)) > _MOST_LEVELS:
            cells = {part: _median(column[rows].astype(float)) for part, rows in used.items()}
            found.append(BaselineRow(covariate=name, level="median (quartiles)", cells=cells))
            continue
        values, levels = levels_of(column)
        if len(levels) > _MOST_LEVELS:
            continue
        found += [
            BaselineRow(
                covariate=name,
                level=level,
                cells={part: _share(values[rows], level) for part, rows in used.items()},
            )
            for level in levels
        ]
    return found


def _median(numbers: Column) -> str:
    known = numbers[~np.isnan(numbers)]
    if not known.size:
        return "missing"
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    gone = numbers.size - known.size
    told = f"{middle:.6g} ({low:.6g} to {high:.6g})"
    return f"{told}, {gone} missing" if gone else told


def _share(values: Column, level: str) -> str:
    count = int((values == level).sum())
    if 0 < count < _SMALLEST:
        return f"fewer than {_SMALLEST}"
    return f"{count:,} ({count / len(values):.0%})"
