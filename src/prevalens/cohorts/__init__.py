"""Who is in the study: the cohort, its readers, its imbalance."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.cohorts.cohort import Cohort

__all__ = [
    "Cohort",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Cohort": "cohort",
    },
)
