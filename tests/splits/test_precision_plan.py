"""Tests of the precision to expect of each part."""

import json
import math

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits import PatientHoldout
from prevalens.splits.precision_plan import plan_precision


def cohort_of(sick: list[int], well: list[int]) -> Cohort:
    """Make a cohort of patients with so many images each."""
    sizes = sick + well
    patients = np.repeat(np.arange(len(sizes)), sizes)
    return Cohort(
        images=[f"{row}.png" for row in range(sum(sizes))],
        labels=["sick"] * sum(sick) + ["well"] * sum(well),
        patients=patients,
        positive="sick",
    )


def test_independent_images_give_wilsons_interval() -> None:
    """100 patients of one image, 0.9 assumed: Wilson's half-width with t on 99 is 0.06007."""
    cohort = cohort_of([1] * 100, [1] * 100)

    plan = plan_precision(cohort, {"test": np.arange(200)})

    t, n = 1.984216951586431, 100  # Student's t, 99 degrees of freedom, from printed tables
    expected = t * math.sqrt(0.09 / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    assert plan.parts[0].sensitivity.half_width == pytest.approx(expected, rel=1e-9)
    assert plan.parts[0].sensitivity.effective_images == 100


def test_images_of_one_patient_tell_less() -> None:
    """Ten patients of 11 images at r = 0.2: the design effect is 1 + 0.2 x 10 = 3, so n = 110/3."""
    cohort = cohort_of([11] * 10, [1, 3] * 5)

    plan = plan_precision(cohort, {"test": np.arange(130)}, correlation=0.2)

    part = plan.parts[0]
    assert part.sensitivity.effective_images == pytest.approx(110 / 3)
    # Sizes 1 and 3: sum of squares 50 over 20 images, so 1 + 0.2 x 1.5 = 1.3.
    assert part.specificity.effective_images == pytest.approx(20 / 1.3)
    assert (part.images, part.patients) == ({"well": 20, "sick": 110}, {"well": 10, "sick": 10})


def test_calls_that_all_agree_leave_one_image_per_patient() -> None:
    """With correlation 1 and equal sizes, 40 images of 4 patients are worth 4."""
    plan = plan_precision(cohort_of([10] * 4, [1] * 4), {"test": np.arange(44)}, correlation=1)

    assert plan.parts[0].sensitivity.effective_images == pytest.approx(4)


def test_one_patient_gives_no_interval() -> None:
    """Over patients there is no spread to be had from one, and the text says so."""
    plan = plan_precision(cohort_of([30], [5, 5]), {"test": np.arange(40)})

    assert plan.parts[0].sensitivity.half_width is None
    assert plan.parts[0].specificity.half_width is not None
    assert "none: 1 patient(s)" in str(plan)


def test_a_partition_describes_itself(cohort: Cohort) -> None:
    """Each part is named with its counts, in a text and in plain values."""
    partition = PatientHoldout(test=0.3).partition(cohort)

    plan = partition.describe(cohort, sensitivity=0.8, level=0.9)

    record = json.loads(json.dumps(plan.to_dict()))
    assert set(record) == {"correlation", "level", "parts"}
    assert list(record["parts"]) == ["train", "validation", "test"]
    assert list(record["parts"]["test"]) == [
        *("n_images", "n_patients", "images", "patients", "sensitivity", "specificity")
    ]
    assert record["parts"]["test"]["n_images"] == len(partition.test)
    assert record["parts"]["test"]["sensitivity"]["assumed"] == 0.8
    assert "90 % intervals over patients" in str(plan)
    assert plan.test is not None
    assert f"{plan.test.images['sick']} ({plan.test.patients['sick']})" in str(plan)


def test_another_cohort_is_refused(cohort: Cohort) -> None:
    """Rows mean nothing in another cohort."""
    partition = PatientHoldout().partition(cohort)

    with pytest.raises(InvalidInputError, match="another cohort"):
        partition.describe(cohort.take(range(30)))


@pytest.mark.parametrize(
    ("name", "value"), [("sensitivity", 1.0), ("correlation", 1.2), ("level", 0)]
)
def test_assumptions_out_of_range_are_refused_by_name(
    cohort: Cohort, name: str, value: float
) -> None:
    """The error names the assumption."""
    with pytest.raises(InvalidInputError, match=f"`{name}`"):
        plan_precision(cohort, {"test": np.arange(9)}, **{name: value})


def test_a_part_without_a_class_expects_nothing_of_it() -> None:
    """No sick image, no sensitivity: not 0, and no half-width."""
    plan = plan_precision(cohort_of([2], [5, 5]), {"test": np.arange(2, 12)})

    held = plan.parts[0].sensitivity
    assert (held.images, held.patients, held.effective_images) == (0, 0, 0.0)
    assert held.half_width is None
    assert "none: 0 patient(s)" in str(plan)
