"""What a plan refuses, takes and is bound by."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from studies.small_network import save_network

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import PatientPooling
from prevalens.studies import StudyPlan, plan


def patients(positive: int, negative: int, **given: Any) -> Cohort:
    """Return one image of each patient."""
    n = positive + negative
    return Cohort(
        images=[f"{k}.png" for k in range(n)],
        labels=["ill"] * positive + ["well"] * negative,
        patients=[f"p{k}" for k in range(n)],
        positive="ill",
        **given,
    )


def planned(cohort: Cohort, **given: Any) -> StudyPlan:
    """Plan without files."""
    return plan(cohort, check_files=False, **given)[1]


@pytest.mark.parametrize(
    ("weights", "told"), [("gone/net.keras", "no file gone/net.keras"), ("EfficientNetB9", "B0")]
)
def test_a_network_that_is_not_there_is_refused_at_once(weights: str, told: str) -> None:
    """Before a file is read: the images are not there either."""
    with pytest.raises(InvalidInputError, match=told):
        plan(patients(5, 5), weights=weights)


def test_a_part_column_is_used_as_it_stands() -> None:
    """It must be a covariate; the nearest question is answered by listing them."""
    cohort = patients(5, 5, covariates={"split": ["test", "train"] * 5})

    assert planned(cohort, part="split").evaluation.kind == "given part"
    assert planned(cohort, part="split").baselines == ["thumbnail"]
    with pytest.raises(InvalidInputError, match=r"one of \['split'\], got 'part'"):
        planned(cohort, part="part")


def mixed(n_mixed: int, n_well: int) -> Cohort:
    """Return two images a patient; the first patients have one of each class."""
    whose = [f"p{k}" for k in range(n_mixed + n_well) for _ in range(2)]
    labels = ["ill", "well"] * n_mixed + ["well", "well"] * n_well
    return Cohort(
        images=[f"{k}.png" for k in range(len(whose))],
        labels=labels,
        patients=whose,
        positive="ill",
    )


def test_a_study_of_lesions_is_refused_with_what_pools_its_predictions() -> None:
    """A study decides on images or patients; its held-out scores can be pooled afterwards."""
    pooling = PatientPooling(unit="lesion")
    with pytest.raises(InvalidInputError, match=r"by 'lesion'. Pool its predictions.csv"):
        planned(patients(9, 9), unit="patient", pooling=pooling)


@pytest.mark.keras
def test_minutes_bound_a_plan(image_cohort: Cohort, tmp_path: Path) -> None:
    """Enough of them change nothing but what is said; too few are refused; none are no number."""
    weights = save_network(tmp_path / "net.keras")
    free = planned(image_cohort, weights=weights)
    bound = planned(image_cohort, weights=weights, minutes=10)

    assert bound.budget is not None
    assert msgspec.structs.replace(bound, budget=None) == free
    assert "left out:    nothing (0.5 minutes of 10 estimated" in str(bound)
    with pytest.raises(InvalidInputError, match=r"got 0\.1\. Allow more"):
        planned(image_cohort, weights=weights, minutes=0.1)
    with pytest.raises(InvalidInputError, match="`minutes` must lie in"):
        planned(image_cohort, weights=weights, minutes=0)


def three_classes() -> Cohort:
    """Return four patients of each of three classes, an image each."""
    names = ["mild", "none", "severe"] * 4
    return Cohort(
        images=[f"{k}.png" for k in range(12)],
        labels=names,
        patients=[f"p{k}" for k in range(12)],
        positive="severe",
    )


def test_three_classes_make_a_study_of_all_of_them() -> None:
    """No positive class and no threshold; the plan says what is predicted."""
    told = planned(three_classes())

    assert (told.positive, told.threshold) == (None, None)
    assert told.class_names == ["mild", "none", "severe"]
    assert told.subject == "3 classes"
    assert "threshold:   none (the class with the highest score is predicted)" in str(told)
    assert "mild [4, 4], none [4, 4], severe [4, 4]" in str(told)
    two = planned(three_classes().one_vs_rest("severe"))
    assert (two.positive, two.several, two.subject) == ("severe", False, "severe")


@pytest.mark.parametrize(
    "given", [{"sensitivity": 0.9}, {"unit": "patient"}, {"pooling": PatientPooling()}]
)
def test_what_is_of_two_classes_is_refused_of_three(given: dict[str, Any]) -> None:
    """Nothing is ignored in silence; the way round is told."""
    (name,) = given
    with pytest.raises(InvalidInputError, match=rf"`{name}` is of two classes.*one_vs_rest"):
        planned(three_classes(), **given)


@pytest.mark.parametrize(
    "given", [{"ordered": True}, {"unit": "patient"}, {"pooling": PatientPooling()}]
)
def test_what_is_not_of_several_labels_is_refused_of_them(given: dict[str, Any]) -> None:
    """A sensitivity is of each label; the way round is told."""
    cohort = MultilabelCohort(
        images=[f"{k}.png" for k in range(24)],
        patients=[f"p{k}" for k in range(24)],
        names=("effusion", "mass"),
        targets=[[k % 2, k % 3 == 0] for k in range(24)],
    )
    (name,) = given
    with pytest.raises(InvalidInputError, match=rf"`{name}` is of two classes.*one_vs_rest"):
        planned(cohort, **given)


@pytest.mark.keras
def test_minutes_count_a_head_for_each_label(image_cohort: Cohort, tmp_path: Path) -> None:
    """Twice as many labels take twice the time for heads."""
    weights, seconds = save_network(tmp_path / "net.keras"), list[float]()
    flags = image_cohort.is_positive.astype(float)
    for names in ("ab", "abcd"):
        cohort = MultilabelCohort.of(
            image_cohort, names=tuple(names), targets=np.column_stack([flags] * len(names))
        )
        made = planned(cohort, weights=weights, minutes=10)
        assert made.budget is not None
        seconds.append(made.budget.estimated_seconds["heads"])
    assert seconds[1] == pytest.approx(2 * seconds[0], abs=0.11)
