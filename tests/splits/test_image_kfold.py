"""Tests of cross-validation image by image."""

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError, LeakageWarning
from prevalens.splits import ImageKFold


def test_partitions_count_the_patients_that_cross_and_warn(cohort: Cohort) -> None:
    """Two patients of four images cannot both fall whole into the same fold of two."""
    with pytest.warns(LeakageWarning, match=r"images of \d+ of 12 patients into more than one"):
        partitions = list(ImageKFold(3, seed=1).partitions(cohort, validation=0.2))

    for partition in partitions:
        parts = [set(cohort.patients[rows].tolist()) for rows in partition.parts().values()]
        crossing = {
            patient for patient in cohort.patients if sum(patient in part for part in parts) > 1
        }
        assert partition.patients_crossing == len(crossing) > 0
    tested = np.concatenate([partition.test for partition in partitions])
    assert sorted(tested.tolist()) == list(range(len(cohort)))


def test_split_warns_and_refuses_patients() -> None:
    """Patients given would be ignored; without them the warning says what is let through."""
    labels = [0, 1] * 4
    with pytest.warns(LeakageWarning, match="image by image"):
        folds = list(ImageKFold(2).split(np.zeros(8), labels))
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(8))
    with pytest.raises(InvalidInputError, match=r"would ignore `groups`.*PatientKFold"):
        next(ImageKFold(2).split(np.zeros(8), labels, labels))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="needs `y`"):
        next(ImageKFold(2).split(np.zeros(8)))


def test_it_serves_scikit_learn_and_asks_for_no_groups() -> None:
    """One score a fold; routing offers it no `groups`."""
    features, labels = np.linspace(0, 1, 20)[:, None], np.tile([0, 1], 10)
    with pytest.warns(LeakageWarning):
        scores = cross_val_score(LogisticRegression(), features, labels, cv=ImageKFold(4))
    with sklearn.config_context(enable_metadata_routing=True):
        request = ImageKFold().get_metadata_routing().split.requests

    assert len(scores) == ImageKFold(4).get_n_splits() == 4
    assert request == {}


@pytest.mark.filterwarnings("ignore::prevalens.exceptions.LeakageWarning")
def test_x_must_have_as_many_rows() -> None:
    """Rows that do not belong together are refused before they are cut."""
    with pytest.raises(InvalidInputError, match="`X` has 3, `y`"):
        next(ImageKFold(2).split(np.zeros((3, 1)), [0, 1, 0, 1]))
