"""Columns that name patients although images are said to be independent."""

from collections.abc import Mapping

import numpy as np

from prevalens._checks import name_some
from prevalens._columns import code_texts
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column

_PATIENT_WORDS = ("patient", "patients", "subject", "person", "mrn", "participant")


def refuse_hidden_patients(covariates: Mapping[str, Column]) -> None:
    """Refuse images said to be independent beside a column of repeated patient ids.

    Raises:
        InvalidInputError: a column is named as patients' ids are, and repeats them.
    """
    for name, column in covariates.items():
        words = name.lower().replace("-", "_").replace(" ", "_").split("_")
        if all(word not in _PATIENT_WORDS for word in words) or {"age", "sex"} & set(words):
            continue
        coded = code_texts(column)
        counts = np.bincount(coded.codes)
        # Ids repeat among many values; a column with a handful of values is a covariate.
        if (counts > 1).any() and counts.size > max(5, len(column) // 100):
            repeated = [coded.names[code] for code in np.flatnonzero(counts > 1).tolist()]
            raise InvalidInputError(
                f"`patients` is None, which says that images are independent, but the column "
                f"{name!r} repeats ids: {name_some(repeated)}. Pass it as `patients`, or "
                "leave the column out."
            )
