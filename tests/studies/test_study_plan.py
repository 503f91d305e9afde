"""A plan is JSON that can be edited, and says what is wrong with an edit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.studies import StudyPlan, plan


def made(cohort: Cohort, **given: Any) -> StudyPlan:
    """Plan without looking at files, which do not exist."""
    return plan(cohort, check_files=False, **given)[1]


def test_a_plan_comes_back_from_its_file(cohort: Cohort, tmp_path: Path) -> None:
    """What was written is read, and meets the schema."""
    told = made(cohort)
    told.write(tmp_path / "plan.json")

    Draft202012Validator(StudyPlan.json_schema()).validate(told.to_dict())
    assert StudyPlan.read(tmp_path / "plan.json") == told


def test_an_edit_is_taken_or_named(cohort: Cohort, tmp_path: Path) -> None:
    """Another sensitivity is taken; one of 95 is refused with its path."""
    path = tmp_path / "plan.json"
    plain = made(cohort).to_dict()
    for value in (0.8, 95):
        plain["threshold"]["sensitivity"] = value
        path.write_text(json.dumps(plain), encoding="utf-8")
        if value == 0.8:
            read = StudyPlan.read(path).threshold
            assert read is not None
            assert read.sensitivity == 0.8
        else:
            with pytest.raises(InvalidInputError, match=r"`threshold.sensitivity`: expected float"):
                StudyPlan.read(path)


def test_a_plan_is_read_aloud_with_its_reasons(cohort: Cohort) -> None:
    """Each choice stands on a line, with its reason."""
    text = str(made(cohort))

    assert "cohort:      54 images of 12 patients, 14 images of class sick (4 patients)" in text
    assert "cross-fitting, 4 folds of patients (4 patients of the rarer class are too few" in text
    assert "threshold:   sensitivity 0.95 (4 positive patients are too few for a promise" in text
    assert "baselines:   thumbnail, covariates" in text


def test_a_pooling_that_would_be_ignored_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    """And a unit of patients without one, and one whose `k` has no use."""
    path = tmp_path / "plan.json"
    plain = made(cohort, unit="patient").to_dict()
    for change in ({"unit": "image"}, {"pooling": None}, {"pooling": plain["pooling"] | {"k": 3}}):
        path.write_text(json.dumps(plain | change), encoding="utf-8")
        with pytest.raises(InvalidInputError, match="belongs to"):
            StudyPlan.read(path)
    plain["pooling"] |= {"how": "top_k", "k": 2}
    path.write_text(json.dumps(plain), encoding="utf-8")
    assert StudyPlan.read(path).pooling is not None


def test_a_plan_of_several_classes_comes_back_and_keeps_to_them(
    cohort: Cohort, tmp_path: Path
) -> None:
    """Of two classes the file names no `classes`; half of each kind of study is refused."""
    third = np.where(cohort.is_positive, "sick", cohort.covariates["site"])
    several = Cohort(images=cohort.images, labels=third, patients=cohort.patients, positive="sick")
    path = tmp_path / "plan.json"
    told = made(several.drop_classes("s0"))
    told.write(path)
    plain = told.to_dict()

    assert StudyPlan.read(path) == told
    assert plain["classes"] == ["s1", "s2", "sick"]
    assert "classes" not in made(cohort).to_dict()
    Draft202012Validator(StudyPlan.json_schema()).validate(plain)
    asked = made(cohort).to_dict()["threshold"]
    for change in ({"positive": "sick"}, {"threshold": asked}, {"classes": ["s1", "s2"]}):
        path.write_text(json.dumps(plain | change), encoding="utf-8")
        with pytest.raises(InvalidInputError, match=r"several|three or more"):
            StudyPlan.read(path)
    path.write_text(json.dumps(made(cohort).to_dict() | {"threshold": None}), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="belong to two classes"):
        StudyPlan.read(path)


def test_grades_are_of_three_or_more(cohort: Cohort, tmp_path: Path) -> None:
    """Said in the plan, kept in its file; of two classes they are refused."""
    several = Cohort(
        images=[f"{k}.png" for k in range(40)],
        labels=[f"g{k % 4}" for k in range(40)],
        patients=[f"p{k}" for k in range(40)],
        positive="g0",
        classes=("g0", "g1", "g2", "g3"),
    )
    graded = plan(several, check_files=False, ordered=True)[1]
    graded.write(tmp_path / "plan.json")

    assert (graded.ordered, graded.subject) == (True, "4 grades")
    assert "of grades, from the lowest, (images, patients) g0" in str(graded)
    assert StudyPlan.read(tmp_path / "plan.json") == graded
    assert "grades" not in str(plan(several, check_files=False)[1])
    numbers = Cohort(
        images=["a", "b", "c"], labels=["0", "1", "2"], patients=["p", "q", "r"], positive="0"
    )
    with pytest.raises(InvalidInputError, match=r"rise, got \['1', '2', '0'\]. Read the cohort"):
        plan(numbers, check_files=False, ordered=True)
    with pytest.raises(InvalidInputError, match="`ordered` is of three or more classes, got the"):
        plan(cohort, check_files=False, ordered=True)
    with pytest.raises(InvalidInputError, match="ordered is of three or more classes"):
        StudyPlan.from_dict(made(cohort).to_dict() | {"ordered": True})


def test_a_plan_of_several_labels_comes_back_and_keeps_to_them(tmp_path: Path) -> None:
    """It says how many have each; half of another kind of study is refused."""
    cohort = MultilabelCohort(
        images=[f"{k}.png" for k in range(40)],
        patients=[f"p{k // 2}" for k in range(40)],
        names=("effusion", "mass"),
        targets=[[k % 2, k % 8 == 0] for k in range(40)],
    )
    told, path = made(cohort, sensitivity=0.8), tmp_path / "plan.json"
    told.write(path)
    plain = told.to_dict()

    assert StudyPlan.read(path) == told
    assert plain["labels"] == ["effusion", "mass"]
    assert "classes" not in plain
    assert (told.subject, told.of_labels, told.several) == ("2 labels", True, False)
    assert "with labels (images, patients) effusion [20, 20], mass [5, 5]" in str(told)
    assert "threshold:   sensitivity 0.8 (of each label by itself" in str(told)
    Draft202012Validator(StudyPlan.json_schema()).validate(plain)
    curve = {"shares": [0.5, 1.0], "n_repeats": 1, "reason": ""}
    for change, why in (
        ({"positive": "mass"}, "belong to two classes"),
        ({"threshold": None}, "belong to two classes"),
        ({"classes": ["a", "b", "c"]}, "belong to two classes"),
        ({"labels": ["mass", "mass"]}, "two or more different"),
        ({"unit": "patient"}, "two or more different"),
        ({"learning_curve": curve}, "is of classes"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            StudyPlan.from_dict(plain | change)
