"""Tests of a user's own measure of several classes, against the library's own of the same kind."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    ClassMeasure,
    all_class_measures,
    compare_multiclass,
    multiclass_estimates,
    register_class_measure,
    unregister_class_measure,
)
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport

CLASSES = ("none", "mild", "severe")


def rows(seed: int = 0) -> Predictions:
    """Sixty patients with one to five images of three grades."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(60), rng.integers(1, 6, 60))
    labels = rng.choice(3, owner.size, p=[0.6, 0.3, 0.1])
    odds = np.exp(rng.normal(size=(owner.size, 3)) + 1.5 * np.eye(3)[labels])
    return Predictions(
        labels=labels,
        scores=odds / odds.sum(axis=1, keepdims=True),
        patients=[f"p{k}" for k in owner],
        classes=CLASSES,
        ordered=True,
    )


def agreement(matrix: Any) -> float:
    """Cohen's kappa of a matrix of shares."""
    chance = float(matrix.sum(axis=1) @ matrix.sum(axis=0))
    return float((np.trace(matrix) - chance) / (1 - chance))


def distance(labels: Any, scores: Any) -> Any:
    """Distance of predicted and true grade."""
    return np.abs(labels - scores.argmax(axis=1))


def kappa(**more: Any) -> ClassMeasure:
    """Cohen's kappa as a user writes it."""
    given: dict[str, Any] = {
        "key": "my_kappa",
        "title": "My kappa",
        "group": "decision",
        "direction": "higher",
        "references": ("Cohen 1960",),
        "low": -1.0,
        "of_matrix": agreement,
    }
    return ClassMeasure(**given | more)


def far(**more: Any) -> ClassMeasure:
    """The mean distance of grades as a user writes it."""
    given: dict[str, Any] = {
        "key": "far",
        "title": "Far",
        "group": "decision",
        "direction": "lower",
        "references": ("Me 2026",),
        "high": np.inf,
        "of_images": distance,
    }
    return ClassMeasure(**given | more)


def estimates(held: Predictions) -> Any:
    """All estimates of all classes together."""
    return multiclass_estimates(
        held.labels, held.scores, classes=CLASSES, patients=held.patients, ordered=True
    ).overall


@pytest.mark.parametrize(
    ("measure", "like"), [(kappa(), "kappa"), (far(), "grade_distance")], ids=["matrix", "images"]
)
def test_value_and_interval_are_those_of_the_librarys_own(measure: ClassMeasure, like: str) -> None:
    """Kappa from the matrix, the distance from the images; kappa as scikit-learn has it."""
    held = rows()
    with register_class_measure(measure):
        found = estimates(held)
    own, known = found[measure.key], found[like]

    assert own.value == pytest.approx(known.value, abs=1e-12)
    assert (own.lower, own.upper) == pytest.approx((known.lower, known.upper), abs=1e-7)
    assert (own.n, own.patients) == (len(held), 60)
    if like == "kappa":
        expected = cohen_kappa_score(held.labels, held.scores.argmax(axis=1))
        assert own.value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("measure", "like"), [(kappa(), "kappa"), (far(), "grade_distance")], ids=["matrix", "images"]
)
def test_two_models_are_compared_in_it(measure: ClassMeasure, like: str) -> None:
    """The paired difference and its limits are those of the library's own."""
    held = rows()
    other = np.roll(held.scores, 1, axis=0)
    with register_class_measure(measure):
        own, known = (
            compare_multiclass(
                held.labels, held.scores, other, classes=CLASSES, measure=key,
                patients=held.patients, ordered=True,
            )
            for key in (measure.key, like)
        )  # fmt: skip
    assert own.difference.value == pytest.approx(known.difference.value)
    assert own.difference.lower == pytest.approx(known.difference.lower, abs=1e-6)
    assert own.p_value == pytest.approx(known.p_value, abs=1e-6)


def test_the_report_has_it_in_its_group_and_elsewhere_under_other() -> None:
    """With its title and paper; where it is not registered a saved report still shows it."""
    with register_class_measure(kappa(title="Agreement of mine")):
        report = ClinicalReport(rows(), worst=0)
        text = " ".join(report.page(".txt").split())
        record = report.to_dict()
    assert report["estimates"]["my_kappa"]["lower"] is not None
    assert "Agreement of mine" in text
    assert "Other measures" not in text
    again = " ".join(ClinicalReport.from_dict(record).page(".txt").split())
    assert "Other measures, all classes together" in again
    assert "My kappa" in again
    assert "my_kappa" not in ClinicalReport(rows(), worst=0)["estimates"]


def test_keys_are_taken_once() -> None:
    """Among the measures of two classes, too; the library's own stay."""
    for key in ("accuracy", "auroc"):
        with pytest.raises(InvalidInputError, match=r"registered already\. Use another key\.$"):
            register_class_measure(kappa(key=key))
    register_class_measure(kappa())
    try:
        assert all_class_measures()[-1].key == "my_kappa"
        with pytest.raises(InvalidInputError, match=r"unregister_class_measure\('my_kappa'\) fir"):
            register_class_measure(kappa())
    finally:
        unregister_class_measure("my_kappa")
    with pytest.raises(InvalidInputError, match="own measures and stays"):
        unregister_class_measure("accuracy")
    with pytest.raises(InvalidInputError, match="my_kappa"):
        unregister_class_measure("my_kappa")


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        (kappa(of_matrix=lambda matrix: matrix), "must return one number"),
        (kappa(of_matrix=lambda _: "high"), "must return one number"),
        (kappa(of_matrix=lambda _: 3.0), r"gave 3, outside its range \[-1, 1\]"),
        (far(of_images=lambda labels, _: labels[1:]), "a number for each image, shape"),
        (far(of_images=lambda labels, _: labels.astype(str)), "a number for each image"),
        (far(of_images=lambda labels, _: np.log(labels * 0.0 + (labels != 2))), "finite numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_no_measure_is_refused(measure: ClassMeasure, told: str) -> None:
    """Named, and never a number that is wrong in silence."""
    with register_class_measure(measure), pytest.raises(InvalidInputError, match=told):
        estimates(rows())


def test_undefined_is_not_estimable() -> None:
    """A share of no images is a reason, not a 0."""
    undefined = kappa(of_matrix=lambda matrix: matrix[0, 0] / (matrix[0, 0] - matrix[0, 0]))
    with register_class_measure(undefined):
        found = estimates(rows())["my_kappa"]
    assert found.value is None
    assert found.not_estimable


def test_one_function_makes_a_measure() -> None:
    """None, or two, are refused; a copy is as good as the measure, and may have another range."""
    for more in ({"of_matrix": None}, {"of_images": distance}):
        with pytest.raises(InvalidInputError, match="one of `estimate`, `of_matrix`"):
            kappa(**more)
    with pytest.raises(InvalidInputError, match="needs the paper"):
        kappa(references=())
    held = rows()
    made = []
    for measure in (kappa(), replace(kappa(), title="Another"), copy.deepcopy(kappa())):
        with register_class_measure(measure):
            made.append(estimates(held)["my_kappa"].lower)
    assert made[0] == made[1] == made[2]


@given(key=st.text("abcdefgh", min_size=1, max_size=8))
def test_what_is_registered_and_removed_leaves_the_table_as_it_was(key: str) -> None:
    """Under any new key, as a context or by hand; no other measure moves."""
    before = all_class_measures()
    measure = kappa(key=f"own_{key}")
    with register_class_measure(measure) as made:
        assert all_class_measures() == (*before, made)
    register_class_measure(measure)
    unregister_class_measure(measure.key)
    assert all_class_measures() == before
