"""Who is in the study: the cohort, its readers, its imbalance."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.cohorts.cohort import Cohort
    from prevalens.cohorts.synthetic import make_cells

__all__ = [
    "Cohort",
    "make_cells",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Cohort": "cohort",
        "make_cells": "synthetic",
    },
)
