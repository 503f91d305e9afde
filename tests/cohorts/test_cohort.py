"""The cohort: frozen, checked, comparable."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError


def test_patients_join_by_connected_components(cohort: Cohort) -> None:
    """p0-p1 and p1-p2 chain to one patient; the others stay."""
    joined = cohort.join_patients([("p0", "p1"), ("p2", "p1")])

    assert joined.n_patients == cohort.n_patients - 2
    assert set(joined.patients[np.isin(cohort.patients, ["p0", "p1", "p2"])]) == {"p0+p1+p2"}
    assert joined.images.tolist() == cohort.images.tolist()


def test_joining_an_unknown_patient_is_refused(cohort: Cohort) -> None:
    """The nearest id is suggested."""
    with pytest.raises(InvalidInputError, match=r"'q3' are none\.|Did you mean 'p3'"):
        cohort.join_patients([("p0", "q3")])
