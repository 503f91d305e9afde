"""Who is in the study: the cohort, its readers, its imbalance."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.cohorts.cnmc import read_cnmc
    from prevalens.cohorts.cohort import Cohort
    from prevalens.cohorts.duplicates import Duplicates, find_duplicates
    from prevalens.cohorts.folders import read_folder
    from prevalens.cohorts.image_table import read_table
    from prevalens.cohorts.imbalance import (
        class_counts,
        class_weights,
        imbalance_ratio,
        majority_class,
        prevalence,
    )
    from prevalens.cohorts.left_out import LeftOut
    from prevalens.cohorts.multilabel_cohort import MultilabelCohort
    from prevalens.cohorts.summary import CohortSummary
    from prevalens.cohorts.synthetic import make_cells

__all__ = [
    "Cohort",
    "CohortSummary",
    "Duplicates",
    "LeftOut",
    "MultilabelCohort",
    "class_counts",
    "class_weights",
    "find_duplicates",
    "imbalance_ratio",
    "majority_class",
    "make_cells",
    "prevalence",
    "read_cnmc",
    "read_folder",
    "read_table",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Cohort": "cohort",
        "CohortSummary": "summary",
        "Duplicates": "duplicates",
        "LeftOut": "left_out",
        "MultilabelCohort": "multilabel_cohort",
        "class_counts": "imbalance",
        "class_weights": "imbalance",
        "find_duplicates": "duplicates",
        "imbalance_ratio": "imbalance",
        "majority_class": "imbalance",
        "make_cells": "synthetic",
        "prevalence": "imbalance",
        "read_cnmc": "cnmc",
        "read_folder": "folders",
        "read_table": "image_table",
    },
)
