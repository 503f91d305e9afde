"""Tests of the repeated holdout of whole patients."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import PatientHoldout, RepeatedPatientHoldout


def test_each_repeat_is_a_holdout_of_its_own(cohort: Cohort) -> None:
    """Four repeats give different test parts, each that of the holdout its settings name."""
    made = list(RepeatedPatientHoldout(4, seed=3, test=0.3).partitions(cohort))

    assert len({tuple(partition.test.tolist()) for partition in made}) > 1
    for partition in made:
        alone = PatientHoldout(
            seed=partition.settings["seed"], test=0.3, tolerance=partition.settings["tolerance"]
        ).partition(cohort)
        np.testing.assert_array_equal(partition.test, alone.test)


def test_it_shuffles_for_scikit_learn(cohort: Cohort) -> None:
    """Each pair keeps patients whole and holds out both classes."""
    splitter = RepeatedPatientHoldout(3, validation=0, test=0.25)
    pairs = list(splitter.split(cohort.labels, cohort.labels, cohort.patients))

    assert len(pairs) == splitter.get_n_splits() == 3
    for train, test in pairs:
        assert not set(cohort.patients[train]) & set(cohort.patients[test])
        assert set(cohort.labels[test].tolist()) == {0, 1}


def test_a_validation_part_is_not_for_split(cohort: Cohort) -> None:
    """`split` would lose it, so it is refused."""
    with pytest.raises(InvalidInputError, match="validation=0"):
        next(RepeatedPatientHoldout(2).split(cohort.labels, cohort.labels, cohort.patients))
