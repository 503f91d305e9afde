"""Tests of repeated cross-validation over whole patients."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from prevalens.cohorts import Cohort
from prevalens.splits import PatientKFold, RepeatedPatientKFold


def test_each_repeat_tests_every_row_once_in_other_folds(cohort: Cohort) -> None:
    """Two folds, three repeats: six partitions, and not all repeats with the same folds."""
    splitter = RepeatedPatientKFold(2, n_repeats=3, seed=1)
    made = list(splitter.partitions(cohort, validation=0.2))
    halves = [frozenset(partition.test.tolist()) for partition in made]

    assert [partition.settings["repeat"] for partition in made] == [0, 0, 1, 1, 2, 2]
    for repeat in range(3):
        assert halves[2 * repeat] | halves[2 * repeat + 1] == set(range(len(cohort)))
        assert not halves[2 * repeat] & halves[2 * repeat + 1]
    assert len({frozenset([halves[k], halves[k + 1]]) for k in (0, 2, 4)}) > 1


def test_a_partition_names_the_seed_that_makes_it_alone(cohort: Cohort) -> None:
    """Its settings give the `PatientKFold` that draws the same fold."""
    partition = list(RepeatedPatientKFold(2, n_repeats=2, seed=9).partitions(cohort))[3]
    alone = list(PatientKFold(2, seed=partition.settings["seed"]).partitions(cohort))[1]

    np.testing.assert_array_equal(partition.test, alone.test)
    assert partition.settings["repeated_seed"] == 9


def test_it_serves_cross_val_score(cohort: Cohort) -> None:
    """Two folds and three repeats make six scores."""
    features = cohort.labels[:, None] + np.linspace(0, 1, len(cohort))[:, None]
    splitter = RepeatedPatientKFold(2, n_repeats=3)

    scores = cross_val_score(
        LogisticRegression(), features, cohort.labels, groups=cohort.patients, cv=splitter
    )

    assert len(scores) == splitter.get_n_splits() == 6
