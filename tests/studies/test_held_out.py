"""Who is held out in a study, and what is refused before any picture is read."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies.test_planning import patients, planned

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.studies.held_out import (
    ENOUGH_TO_CHOOSE_ON,
    check_choices,
    held_out_part,
    some_patients,
    study_labels,
    training_rows,
)
from prevalens.studies.plan_choices import Evaluation

CROSS = Evaluation(kind="cross-fitting", n_splits=2, reason="")


def refusal(cohort: Cohort, evaluation: Evaluation, **more: Any) -> str:
    """Return what is said of a cohort that cannot be studied so."""
    head = planned(patients(9, 9)).head
    with pytest.raises(InvalidInputError) as raised:
        check_choices(cohort, evaluation, head, seed=0, **{"part": None} | more)
    return str(raised.value)


def test_two_patients_of_a_class_leave_one_to_train_on() -> None:
    """Two folds train on one patient of it each, who cannot be cut again; three patients can."""
    told = refusal(patients(2, 9), CROSS)

    assert "fold 1 of 2 trains on 1 patients with a positive image" in told
    assert "three with each class" in told
    assert planned(patients(3, 9)).evaluation.n_splits == 3


def test_a_part_of_one_class_is_refused() -> None:
    """No model is fitted on it, and nothing estimated."""
    given_part = Evaluation(kind="given part", reason="")
    words = ["test"] * 3 + ["train"] * 9
    for labels, told in ((3, "to train on, but of the 9 there none is 'ill'"), (12, "all are")):
        cohort = Cohort(
            images=[f"{k}.png" for k in range(12)],
            labels=["ill" if k < labels else "well" for k in range(12)],
            patients=[f"p{k}" for k in range(12)],
            positive="ill",
            classes=("well", "ill"),
            covariates={"part": words},
        )
        assert told in refusal(cohort, given_part, part="part")
    with pytest.raises(InvalidInputError, match="name it in `part`"):
        held_out_part(cohort, given_part, part=None, seed=0)


def test_rows_of_a_given_validation_part_are_trained_on() -> None:
    """A study chooses by inner folds, so that validation rows are further training rows."""
    words = ["test", "train", "valid"] * 8
    cohort = patients(12, 12, covariates={"part": words})
    made = held_out_part(cohort, Evaluation(kind="given part", reason=""), part="part", seed=0)

    assert made is not None
    assert training_rows(made).tolist() == [row for row in range(24) if row % 3]
    assert held_out_part(cohort, CROSS, part=None, seed=0) is None


@given(
    n_patients=st.integers(2, 60),
    share=st.floats(0.02, 0.98),
    at_most=st.integers(1, 120),
    seed=st.integers(0, 99),
)
def test_a_draw_keeps_patients_whole_and_classes_there(
    n_patients: int, share: float, at_most: int, seed: int
) -> None:
    """Of each class eight patients or all, no patient cut, no more rows than that asks for."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(n_patients), rng.integers(1, 6, n_patients)).astype(np.str_)
    ill = rng.random(len(ids)) < share
    kept = some_patients(ill, ids, at_most=at_most, seed=seed)

    assert not set(ids[kept]) & set(ids[~kept])
    for code in (True, False):
        there = len(set(ids[ill == code]))
        assert len(set(ids[kept & (ill == code)])) >= min(there, ENOUGH_TO_CHOOSE_ON)
    most = max(np.unique(ids, return_counts=True)[1])
    assert kept.sum() <= at_most + 2 * ENOUGH_TO_CHOOSE_ON * most


def test_a_draw_that_has_both_classes_is_no_larger_than_asked() -> None:
    """Of 40 patients with two images each, half of them ill, 60 rows are 30 patients."""
    ids = np.repeat(np.arange(40), 2).astype(np.str_)
    assert some_patients(np.arange(80) % 4 < 2, ids, at_most=60, seed=0).sum() == 60


def kinds(labels: str, part: list[str] | None = None) -> Cohort:
    """Return an image for each letter, its class, each of another patient."""
    return Cohort(
        images=[f"{k}.png" for k in range(len(labels))],
        labels=list(labels),
        patients=[f"p{k}" for k in range(len(labels))],
        positive=labels[0],
        classes=tuple(sorted(set(labels))),
        covariates={} if part is None else {"part": part},
    )


def test_labels_are_codes_of_several_classes_and_one_for_the_positive_of_two() -> None:
    """Whatever the order of two classes."""
    assert study_labels(kinds("abca")).tolist() == [0, 1, 2, 0]
    assert study_labels(kinds("abba")).tolist() == [1, 0, 0, 1]


def test_a_fold_that_leaves_one_patient_of_a_class_names_it() -> None:
    """Two folds train on one patient of 'b' each."""
    told = refusal(kinds("a" * 9 + "bb" + "c" * 9), CROSS)

    assert "fold 1 of 2 trains on too few of 'b' (1)" in told
    assert "'a'" not in told


def test_a_part_without_a_class_to_train_on_names_it() -> None:
    """Every class is trained on; two are tested on at least."""
    given_part = Evaluation(kind="given part", reason="")
    lacking = kinds("aaaabbbbcc", ["train"] * 6 + ["test"] * 4)
    alone = kinds("aaaabbbbcccca", ["train"] * 12 + ["test"])
    fine = kinds("aaaabbbbccccab", ["train"] * 12 + ["test"] * 2)

    assert "every class to train on, but of the 6 there none is 'c'" in refusal(
        lacking, given_part, part="part"
    )
    assert "two classes to test on, but of the 1 there none is 'b', 'c'" in refusal(
        alone, given_part, part="part"
    )
    made = held_out_part(fine, given_part, part="part", seed=0)
    assert made is not None
    assert made.test.tolist() == [12, 13]


def test_a_draw_keeps_eight_patients_of_each_of_three_classes() -> None:
    """Of 100, 20 and 9 patients with an image each, asked for five rows."""
    labels = np.repeat([0, 1, 2], [100, 20, 9])
    ids = np.arange(129).astype(np.str_)
    kept = some_patients(labels, ids, at_most=5, seed=0)

    assert (np.bincount(labels[kept], minlength=3) >= 8).all()
    assert kept.sum() <= 5 + 3 * 8


def test_every_label_needs_two_patients_of_each_side_to_choose_on() -> None:
    """Of two folds one trains on a single patient without it; the label is named."""
    has = np.column_stack([np.arange(12) % 2, np.arange(12) > 1]).astype(float)
    cohort = MultilabelCohort(
        images=[f"{k}.png" for k in range(12)],
        patients=[f"p{k}" for k in range(12)],
        names=("even", "late"),
        targets=has,
    )
    told = refusal(cohort, CROSS)

    assert "fold 1 of 2, of label 'late', trains on 5 patients with a positive image and 1" in told


def test_a_part_without_one_side_of_a_label_names_it() -> None:
    """To train on and to test on; a label that is not known there is not there."""
    given_part = Evaluation(kind="given part", reason="")
    for where, what in ((slice(0, 8), "train"), (slice(8, 12), "test")):
        targets = np.column_stack([np.arange(12) % 2, np.arange(12) // 2 % 2]).astype(float)
        targets[where, 1] = np.where(targets[where, 1] == 1, np.nan, 0)
        cohort = MultilabelCohort(
            images=[f"{k}.png" for k in range(12)],
            patients=[f"p{k}" for k in range(12)],
            names=("even", "late"),
            targets=targets,
            covariates={"part": ["train"] * 8 + ["test"] * 4},
        )
        told = refusal(cohort, given_part, part="part")
        assert f"each label to {what} on" in told
        assert "all are alike in 'late'. Correct the column" in told
