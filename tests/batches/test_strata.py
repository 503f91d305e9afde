"""What is balanced: the label, or a text of each row."""

import numpy as np
import pytest

from prevalens.batches.strata import strata_of
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

COHORT = Cohort(
    images=["a", "b", "c"], labels=["x", "y", "x"], patients=["p", "q", "r"], positive="y"
)


def test_the_label_is_the_stratum_where_none_is_given() -> None:
    """Codes and names are those of the cohort."""
    labels, names = strata_of(np.array([2, 1]), cohort=COHORT, strata=None)

    assert [names[code] for code in labels] == ["x", "y"]


def test_texts_are_strata_of_the_rows_that_are_there() -> None:
    """Only strata of the given rows have a name, in order."""
    labels, names = strata_of(np.array([2, 0]), cohort=COHORT, strata=["n", "gone", "m"])

    assert names == ("m", "n")
    assert labels.tolist() == [0, 1]
    with pytest.raises(InvalidInputError, match="each of the 3 rows of the cohort"):
        strata_of(np.array([0]), cohort=COHORT, strata=["m"])
