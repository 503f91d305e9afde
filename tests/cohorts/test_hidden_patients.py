"""Columns that name patients although images are said to be independent."""

import numpy as np
import pytest

from prevalens._columns import as_texts
from prevalens.cohorts.hidden_patients import refuse_hidden_patients
from prevalens.exceptions import InvalidInputError


def test_ids_that_repeat_are_not_called_independent() -> None:
    """A column of repeated patient ids, as numbers too; a patient's age is none."""
    ids = as_texts(f"p{k // 2}" for k in range(20))

    with pytest.raises(InvalidInputError, match="'patient_id' repeats ids: 'p0'"):
        refuse_hidden_patients({"patient_id": ids})
    with pytest.raises(InvalidInputError, match=r"'Subject' repeats ids: 0\.0"):
        refuse_hidden_patients({"Subject": np.arange(20.0) // 2})
    refuse_hidden_patients({"patient_age": ids, "site": ids, "subject": ids[::2]})
