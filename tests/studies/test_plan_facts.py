"""The counts that a plan is made from."""

import math

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.studies.plan_facts import cohort_facts, names_of, patients_of_classes


def test_the_facts_are_counted_by_hand(cohort: Cohort) -> None:
    """Sizes 2 to 7 twice: 54 minus nothing; the first four patients are sick."""
    facts = cohort_facts(cohort)

    assert facts["images"] == 2 * (2 + 3 + 4 + 5 + 6 + 7)
    assert facts["positive_images"] == 2 + 3 + 4 + 5
    assert (facts["positive_patients"], facts["negative_patients"]) == (4, 8)
    assert facts["images_of_the_largest_patient"] == 7
    assert facts["median_images_per_patient"] == 4.5


def test_of_several_classes_images_and_patients_are_counted_each() -> None:
    """A patient with two classes is one of each."""
    cohort = Cohort(
        images=list("abcdef"),
        labels=["x", "x", "y", "z", "z", "z"],
        patients=["p", "p", "p", "q", "r", "r"],
        positive="x",
        classes=("x", "y", "z"),
    )
    facts = cohort_facts(cohort)

    assert facts["of_classes"] == {"x": [2, 1], "y": [1, 1], "z": [3, 2]}
    assert (facts["images"], facts["patients"]) == (6, 3)
    assert "positive_images" not in facts
    assert patients_of_classes(cohort) == {"x": 1, "y": 1, "z": 2}


def test_of_several_labels_both_sides_of_each_are_counted() -> None:
    """Where it is known; a patient with and without one counts for both."""
    cohort = MultilabelCohort(
        images=list("abcd"),
        patients=["p", "p", "q", "r"],
        names=("x", "y"),
        targets=[[1, 0], [0, 0], [1, math.nan], [1, 1]],
    )
    facts = cohort_facts(cohort)

    assert facts["of_labels"]["x"] == {
        "images": 3, "known": 4, "patients": 3, "patients_without": 1,
    }  # fmt: skip
    assert facts["of_labels"]["y"]["known"] == 3
    assert patients_of_classes(cohort) == {"x": 3, "not x": 1, "y": 1, "not y": 1}
    assert names_of(cohort) == ("x", "y")
