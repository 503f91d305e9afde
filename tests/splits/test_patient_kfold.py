"""Tests of cross-validation over whole patients."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prevalens.cohorts import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits import PatientKFold


def rows_of(n_patients: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make features, labels and patients; the first patients are sick; 3 images each."""
    patients = np.repeat([f"p{number:02d}" for number in range(n_patients)], 3)
    labels = np.repeat(np.where(np.arange(n_patients) < n_patients // 2, "sick", "well"), 3)
    features = np.random.default_rng(0).normal(size=(len(labels), 2))
    features[:, 0] += labels == "sick"
    return features, labels, patients


def test_each_row_is_tested_once_and_no_patient_is_torn() -> None:
    """The test rows of the folds are all rows; a patient is on one side of each fold."""
    features, labels, patients = rows_of()
    tested = []
    for train, test in PatientKFold(4, seed=1).split(features, labels, patients):
        assert not set(patients[train]) & set(patients[test])
        assert sorted([*train, *test]) == list(range(60))
        tested += test.tolist()

    assert sorted(tested) == list(range(60))


def test_lists_and_series_give_the_folds_of_arrays() -> None:
    """The container changes nothing."""
    features, labels, patients = rows_of()
    splitter = PatientKFold(3, seed=5)
    arrays = [test.tolist() for _, test in splitter.split(features, labels, patients)]
    lists = splitter.split(features.tolist(), labels.tolist(), patients.tolist())
    series = splitter.split(
        pd.DataFrame(features), pd.Series(labels), pd.Series(patients, dtype="category")
    )

    assert [test.tolist() for _, test in lists] == arrays
    assert [test.tolist() for _, test in series] == arrays


def test_the_order_of_the_rows_does_not_change_who_is_together() -> None:
    """Shuffled rows give the same patients in each fold."""
    features, labels, patients = rows_of()
    order = np.random.default_rng(3).permutation(len(labels))
    splitter = PatientKFold(4, seed=2)

    straight = [set(patients[test]) for _, test in splitter.split(features, labels, patients)]
    mixed = splitter.split(features[order], labels[order], patients[order])

    assert [set(patients[order][test]) for _, test in mixed] == straight


def test_patients_and_labels_are_required() -> None:
    """Without `groups` or `y` nothing is split."""
    with pytest.raises(InvalidInputError, match="needs `groups`"):
        next(PatientKFold().split(np.zeros(4), [0, 1, 0, 1]))
    with pytest.raises(InvalidInputError, match="needs `y`"):
        next(PatientKFold().split(np.zeros(4), groups=[0, 1, 2, 3]))


def test_rows_must_agree() -> None:
    """An `X` of other length is refused with both lengths."""
    _, labels, patients = rows_of()
    with pytest.raises(InvalidInputError, match=r"`X` has 7, .* 60"):
        next(PatientKFold().split(np.zeros(7), labels, patients))


def test_it_serves_cross_val_score_and_grid_search() -> None:
    """scikit-learn hands the patients on as `groups`."""
    features, labels, patients = rows_of()
    scores = cross_val_score(
        LogisticRegression(), features, labels, groups=patients, cv=PatientKFold(4)
    )
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=PatientKFold(3, seed=1))
    search.fit(features, labels, groups=patients)

    assert len(scores) == 4
    assert search.n_splits_ == 3
    assert set(search.best_params_) == {"C"}


def test_it_asks_for_groups_where_metadata_is_routed() -> None:
    """With metadata routing on, `params={"groups": ...}` reaches the splitter unasked."""
    features, labels, patients = rows_of()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    with sklearn.config_context(enable_metadata_routing=True):
        request = PatientKFold().get_metadata_routing().split.requests
        scores = cross_val_score(
            model, features, labels, params={"groups": patients}, cv=PatientKFold(4)
        )

    assert request == {"groups": True}
    assert len(scores) == 4


def test_its_repr_shows_its_settings() -> None:
    """scikit-learn's repr finds every setting under its name."""
    assert repr(PatientKFold(3, seed=9)).startswith("PatientKFold(")
    assert "seed=9" in repr(PatientKFold(3, seed=9))
    assert PatientKFold(3).get_n_splits() == 3


def test_partitions_hold_a_validation_part_of_the_whole_cohorts_share() -> None:
    """Twenty patients of three images, four folds, 25 % validation: 10, 5 and 5 patients."""
    _, labels, patients = rows_of()
    cohort = Cohort(
        images=[f"{row}.png" for row in range(60)],
        labels=labels,
        patients=patients,
        positive="sick",
    )
    tested = []
    for fold, partition in enumerate(PatientKFold(4).partitions(cohort, validation=0.25)):
        sizes = {name: len(set(patients[rows])) for name, rows in partition.parts().items()}
        assert sizes == {"train": 10, "validation": 5, "test": 5}
        assert partition.settings["fold"] == fold
        assert partition.patients_crossing == 0
        tested += partition.test.tolist()

    assert sorted(tested) == list(range(60))


def test_a_validation_share_that_leaves_nothing_is_refused(cohort: Cohort) -> None:
    """Two folds leave half; a validation half leaves nothing to train on."""
    with pytest.raises(InvalidInputError, match="sum to 1"):
        next(PatientKFold(2).partitions(cohort, validation=0.5))


CNMC = Path(__file__).parents[2].parent / "shared" / "data" / "cnmc" / "manifest.csv"


@pytest.mark.skipif(not CNMC.is_file(), reason="the C-NMC file list is not at hand")
def test_cnmc_is_split_as_evenly_as_whole_images_allow() -> None:
    """7,272 and 3,389 images over five: 3,389 / 5 = 677.8, so some fold is 0.8 off, 0.118 %."""
    with CNMC.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["fold"]]
    labels = np.array([row["label"] for row in rows])
    patients = np.array([row["subject"].upper() for row in rows])
    assert len(set(patients.tolist())) == 73

    for _, test in PatientKFold(5, seed=1).split(labels, labels, patients):
        for name in ("all", "hem"):
            due = (labels == name).sum() / 5
            assert abs((labels[test] == name).sum() / due - 1) <= 0.8 / 677.8 + 1e-12


def test_a_seed_means_the_same_folds_on_every_machine() -> None:
    """Pinned: whoever changes these folds breaks the word given to users of this seed."""
    patients = np.repeat(np.arange(9), [3, 1, 4, 1, 5, 9, 2, 6, 5])
    labels = (np.arange(9) % 3 == 0).astype(int)[patients]

    folds = [
        np.unique(patients[test])
        for _, test in PatientKFold(3, seed=7).split(labels, labels, patients)
    ]

    assert [fold.tolist() for fold in folds] == [[3, 4, 8], [2, 6, 7], [0, 1, 5]]


def test_a_fold_that_leaves_one_patient_says_so() -> None:
    """Of two folds one holds all patients but the one with most images: nothing to set aside."""
    cohort = Cohort(
        images=[f"{row}.png" for row in range(8)],
        labels=[1, *[0] * 7],
        patients=["a"] * 5 + ["b", "c", "d"],
        classes=("well", "sick"),
        positive="sick",
    )
    splitter = PatientKFold(2, seed=0, allow_missing_classes=True)
    told = "leaves 1 of 4 patients for training and validation.*there is only 1 patient.*more folds"
    with pytest.raises(ImpossibleSplitError, match=rf"Fold [12] of 2 {told}"):
        list(splitter.partitions(cohort, validation=0.25))
