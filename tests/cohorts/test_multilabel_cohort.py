"""A cohort whose images may have any number of labels."""

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.splits import PatientHoldout, PatientKFold

NAN = math.nan
TARGETS = [[1, 1], [0, 0], [1, NAN], [NAN, 0]]


def make(**given: Any) -> MultilabelCohort:
    """Make a good cohort of four rows with some arguments replaced."""
    good: dict[str, Any] = {
        "images": ["a.png", "b.png", "c.png", "d.png"],
        "patients": ["p", "q", "q", "r"],
        "names": ("effusion", "mass"),
        "targets": TARGETS,
        "covariates": {"age": [50.0, 60.0, 60.0, NAN]},
    }
    return MultilabelCohort(**{**good, **given})


def test_labels_are_counted_where_they_are_known() -> None:
    """By hand: effusion 2 of 3 known, mass 1 of 3; an image has some label where one is 1."""
    cohort = make()
    counts = cohort.describe().labels_of

    assert cohort.label_names.tolist() == ["some label", "no label", "some label", "no label"]
    assert vars(counts["effusion"]) == {
        "images": 2, "known": 3, "patients": 2, "patients_without": 1,
    }  # fmt: skip
    assert vars(counts["mass"]) == {"images": 1, "known": 3, "patients": 1, "patients_without": 2}
    assert "Label 'mass': 1 of 3 images on which it is known, of 1 patients" in str(
        cohort.describe()
    )
    assert repr(cohort) == "MultilabelCohort(4 images of 3 patients: effusion 2, mass 1)"


def test_one_label_is_a_cohort_of_two_classes_on_the_rows_where_it_is_known() -> None:
    """An unknown label is no negative: its row goes."""
    mass = make().one_vs_rest("mass")

    assert type(mass) is Cohort
    assert mass.images.tolist() == ["a.png", "b.png", "d.png"]
    assert mass.label_names.tolist() == ["mass", "not mass", "not mass"]
    assert mass.positive == "mass"
    assert mass.covariates["age"][:2].tolist() == [50.0, 60.0]


def test_copies_keep_the_labels() -> None:
    """Rows taken, patients joined, fields replaced, and sent to another process."""
    cohort = make()

    np.testing.assert_array_equal(cohort.take([2, 0]).targets, [[1, NAN], [1, 1]])
    assert cohort.join_patients([("p", "r")]).n_patients == 2
    assert dataclasses.replace(cohort, provenance="here") == cohort
    assert pickle.loads(pickle.dumps(cohort)) == cohort  # noqa: S301 - our own bytes
    assert cohort.where(label="some label").images.tolist() == ["a.png", "c.png"]
    joined = make(patients=None).join_patients([("a.png", "b.png")])
    assert joined.independent
    assert joined.one_vs_rest("mass").independent
    assert joined.one_vs_rest("mass").n_patients == 2
    assert MultilabelCohort.of(joined, names=("x", "y"), targets=TARGETS).n_patients == 3


def test_every_label_is_in_the_fingerprint() -> None:
    """One label more, one that is unknown rather than absent, and another name are others."""
    marks = {make().fingerprint}
    for targets in ([[1, 1], [0, 1], [1, NAN], [NAN, 0]], [[1, 1], [0, 0], [1, 0], [NAN, 0]]):
        marks.add(make(targets=targets).fingerprint)
    marks.add(make(names=("effusion", "nodule")).fingerprint)

    assert len(marks) == 4


def test_a_label_that_is_left_out_leaves_its_images() -> None:
    """What is some label is told anew."""
    cohort = make(names=("a", "b", "c"), targets=[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    left = cohort.drop_classes("b", reason="rare")

    assert left.names == ("a", "c")
    assert left.label_names.tolist() == ["some label", "no label", "some label", "no label"]
    assert left.provenance == "labels 'b': rare"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"names": ("mass",), "targets": [[1]] * 4},
            r"two or more different names, got \['mass'\]",
        ),
        ({"names": ("mass", "mass")}, "two or more different names"),
        ({"targets": [[1, -1]] * 4}, "0, 1 or missing, but 'mass' is -1 in row 0"),
        ({"targets": [[1, 0, 0]] * 4}, r"Give shape \(n_rows, 2\)"),
        ({"targets": [[1, 0]] * 3}, "`images` has 4, `labels` has 3"),
    ],
)
def test_what_is_no_table_of_labels_is_refused(given: dict[str, Any], told: str) -> None:
    """With the value and the remedy."""
    with pytest.raises(InvalidInputError, match=told):
        make(**given)


def test_labels_that_are_not_there_are_refused() -> None:
    """With the nearest; a label that is known of no row is no cohort; two are not joined."""
    cohort = make()
    for call in (cohort.one_vs_rest, cohort.drop_classes, cohort.known):
        with pytest.raises(InvalidInputError, match="Did you mean 'effusion'"):
            call("efusion")
    with pytest.raises(InvalidInputError, match=r"two or more different names, got \['mass'\]"):
        cohort.drop_classes("effusion")
    with pytest.raises(InvalidInputError, match="'mass' is known of no row"):
        make(targets=[[1, NAN]] * 4).one_vs_rest("mass")
    with pytest.raises(InvalidInputError, match="Make one of all rows"):
        cohort.concat(cohort)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500))
def test_folds_hold_every_label_and_whole_patients(seed: int) -> None:
    """Twelve patients have each label, and some are known to lack the one most have."""
    rng = np.random.default_rng(seed)
    of_patients = np.zeros((30, 3))
    for column, count in enumerate((12, 12, 25)):
        of_patients[rng.choice(30, count, replace=False), column] = 1
    targets = np.repeat(of_patients, 2, axis=0)
    targets[rng.random(targets.shape) < 0.05] = NAN
    cohort = MultilabelCohort(
        images=[f"{k}.png" for k in range(60)],
        patients=[f"p{k // 2}" for k in range(60)],
        names=("a", "b", "c"),
        targets=targets,
    )
    parts = [*PatientKFold(4, seed=seed).partitions(cohort)]
    parts.append(PatientHoldout(validation=0, test=0.3, seed=seed).partition(cohort))
    for part in parts:
        held = cohort.targets[part.test]
        assert (held == 1).any(axis=0).all()
        assert (held[:, 2] == 0).any()
        assert not set(cohort.patients[part.test]) & set(cohort.patients[part.train])
    assert sum(len(part.test) for part in parts[:4]) == 60


def test_predictions_of_it_are_of_several_labels() -> None:
    """Labels and names are the cohort's, in the order of the rows."""
    cohort = make()
    made = Predictions.of(cohort, [2, 0], [[0.9, 0.1], [0.4, 0.8]], train_prevalence=[0.5, 0.2])

    assert made.is_multilabel
    assert made.classes == ("effusion", "mass")
    np.testing.assert_array_equal(made.labels, [[1, NAN], [1, 1]])
    assert made.patients is not None
    assert made.patients.tolist() == ["q", "p"]
