"""Tests of the holdout image by image."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError, LeakageWarning
from prevalens.splits import ImageHoldout


def test_the_partition_says_how_many_patients_cross(cohort: Cohort) -> None:
    """Warning and record give the same number; all rows are in one part."""
    with pytest.warns(LeakageWarning, match="of 12 patients") as caught:
        partition = ImageHoldout(seed=2).partition(cohort)

    assert f"images of {partition.patients_crossing} of 12" in str(caught[0].message)
    assert sum(map(len, partition.parts().values())) == len(cohort)


def test_no_warning_where_every_patient_has_one_image() -> None:
    """Image and patient are then the same; nothing crosses."""
    cohort = Cohort(
        images=list("abcdef"), labels=["s", "w"] * 3, patients=list("abcdef"), positive="s"
    )

    assert ImageHoldout(validation=0, test=0.3).partition(cohort).patients_crossing == 0


def test_split_is_for_train_and_test_rows() -> None:
    """Without a validation part `split` gives one pair of rows."""
    labels = np.tile([0, 1], 10)
    with pytest.warns(LeakageWarning):
        ((train, test),) = ImageHoldout(validation=0, test=0.2).split(np.zeros(20), labels)
    assert (len(train), len(test)) == (16, 4)
    assert ImageHoldout().get_n_splits() == 1
    with pytest.raises(InvalidInputError, match="validation=0"):
        next(ImageHoldout().split(np.zeros(20), labels))
