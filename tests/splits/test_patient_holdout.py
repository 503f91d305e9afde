"""Tests of the holdout of whole patients."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits import PatientHoldout


def test_every_row_is_in_one_part_and_no_patient_in_two(cohort: Cohort) -> None:
    """The three parts make up the cohort; patients stay whole; each part holds both classes."""
    partition = PatientHoldout(validation=0.2, test=0.2, seed=3).partition(cohort)
    parts = [set(cohort.patients[rows]) for rows in partition.parts().values()]

    assert sum(len(rows) for rows in partition.parts().values()) == len(cohort)
    assert len(set.union(*parts)) == sum(map(len, parts))
    assert all(set(cohort.labels[rows]) == {0, 1} for rows in partition.parts().values())
    assert partition.patients_crossing == 0
    assert partition.method == "PatientHoldout"
    assert partition.settings["seed"] == 3


def test_a_share_of_zero_leaves_its_part_empty(cohort: Cohort) -> None:
    """Without a validation share there is no validation part."""
    partition = PatientHoldout(validation=0, test=0.3).partition(cohort)

    assert len(partition.validation) == 0
    assert len(partition.train) + len(partition.test) == len(cohort)


def test_the_seed_decides(cohort: Cohort) -> None:
    """The same seed gives the same parts; of five seeds some give other parts."""
    drawn = [PatientHoldout(seed=seed, tolerance=0.1).partition(cohort) for seed in range(5)]

    assert drawn[1] == PatientHoldout(seed=1, tolerance=0.1).partition(cohort)
    assert len({tuple(partition.test.tolist()) for partition in drawn}) > 1


def test_it_serves_scikit_learn_where_it_has_no_validation_part() -> None:
    """One score for one holdout; with a validation part `split` is refused."""
    labels, patients = np.repeat([0, 1] * 5, 2), np.repeat(np.arange(10), 2)
    features = labels[:, None] + np.linspace(0, 1, 20)[:, None]
    splitter = PatientHoldout(validation=0, test=0.4)

    scores = cross_val_score(LogisticRegression(), features, labels, groups=patients, cv=splitter)

    assert len(scores) == splitter.get_n_splits() == 1
    with pytest.raises(InvalidInputError, match=r"validation=0\.15 and test=0\.4"):
        next(PatientHoldout(test=0.4).split(features, labels, patients))


def test_shares_that_leave_nothing_are_refused() -> None:
    """70 % and 30 % held out leave no training part."""
    with pytest.raises(InvalidInputError, match="sum to 1"):
        PatientHoldout(validation=0.7, test=0.3)


def test_a_class_of_two_patients_cannot_fill_three_parts() -> None:
    """The error names the class by its name in the cohort."""
    cohort = Cohort(
        images=[f"{row}" for row in range(8)],
        labels=["sick"] * 2 + ["well"] * 6,
        patients=list("abcdefgh"),
        positive="sick",
    )

    with pytest.raises(ImpossibleSplitError, match=r"class 'sick' .*only 2 patients \('a', 'b'\)"):
        PatientHoldout().partition(cohort)
    allowed = PatientHoldout(allow_missing_classes=True).partition(cohort)
    assert list(allowed.settings["missing_classes"].values()) == [["sick"]]
