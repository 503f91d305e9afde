"""Tests of which classes are of interest, and which threshold and prevalence is whose."""

import re
from typing import Any

import pytest

from prevalens.decisions import choose_threshold, choose_thresholds
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


@pytest.fixture(scope="module")
def kinds(graded_rows: Predictions) -> Predictions:
    """The same rows, as classes without an order."""
    held = graded_rows
    return Predictions(
        labels=held.labels, scores=held.scores, patients=held.patients, classes=held.classes
    )


def decided(held: Predictions, **asked: Any) -> list[dict[str, Any]]:
    """Return the decisions of a report."""
    return list(ClinicalReport(held, worst=0, **asked)["class_decisions"]["classes"])


def test_a_value_for_all_and_values_by_name(kinds: Predictions) -> None:
    """One number is that of every class of interest; by name each has its own, or none."""
    one = decided(kinds, positive=["severe", "mild"], threshold=0.2, prevalence=0.1)
    own = decided(
        kinds, positive=["severe", "mild"], threshold={"mild": 0.4}, prevalence={"severe": 0.02}
    )

    assert [(each["name"], each["threshold"], each["prevalence"]) for each in one] == [
        *(("severe", 0.2, 0.1), ("mild", 0.2, 0.1))
    ]
    assert [(each["name"], each["threshold"], each["prevalence"]) for each in own] == [
        *(("severe", None, 0.02), ("mild", 0.4, None))
    ]
    assert [each["threshold_origin"] for each in own] == [None, "exploratory"]


def test_thresholds_by_name_name_the_classes(kinds: Predictions) -> None:
    """Where `positive` is not given; what was chosen brings its rule, origin and promise."""
    asks = {"mild": {"sensitivity": 0.5}, "none": {"specificity": 0.5}}
    chosen = choose_thresholds(kinds, asks, confidence=0.9)
    report = ClinicalReport(kinds, threshold=chosen, worst=0)
    part = report["class_decisions"]

    assert [each["name"] for each in part["classes"]] == ["mild", "none"]
    for each in part["classes"]:
        assert each["threshold"] == chosen[each["name"]].threshold
        assert each["threshold_rule"] == chosen[each["name"]].rule
        assert each["guarantee"] == chosen[each["name"]].guarantee
        assert each["threshold_origin"] == "validation"
    assert part["guarantee"] == chosen.guarantee
    assert "All 2 promises hold together" in " ".join(report.page(".txt").split())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"positive": "sever"}, "Did you mean 'severe'"),
        ({"positive": []}, r"each class of interest once, got \[\]"),
        ({"positive": ["mild", "mild"]}, "each class of interest once"),
        ({"positive": "mild", "threshold": {"none": 0.2}}, r"given of \['none'\]"),
        ({"positive": "mild", "prevalence": {"severe": 0.2}}, r"`prevalence` is given of"),
        ({"positive": "mild", "prevalence": 1.5}, "'mild': `prevalence` must"),
        ({"positive": "mild", "threshold": {"mild": 2}}, "'mild': `threshold` must"),
        ({"positive": "mild", "threshold_origin": "validation"}, "none is given"),
        ({"positive": "mild", "threshold": 0.1, "threshold_origin": "guess"}, "got 'guess'"),
        ({"positive": "mild", "refer": (0.1, 0.2)}, "`refer` is of two classes"),
    ],
)
def test_what_does_not_fit_is_refused(kinds: Predictions, asked: Any, told: str) -> None:
    """Nothing is ignored; the class is named."""
    with pytest.raises(InvalidInputError, match=told):
        ClinicalReport(kinds, **asked)


def test_operating_points_are_of_one_class(kinds: Predictions, graded_rows: Predictions) -> None:
    """One for two classes is refused, and thresholds of grades are not those of classes."""
    point = choose_threshold(kinds.one_vs_rest("mild"), sensitivity=0.5)
    (one,) = decided(kinds, positive="mild", threshold=point)
    assert one["threshold_rule"] == point.rule
    with pytest.raises(InvalidInputError, match="of one class, got 2 classes of interest"):
        ClinicalReport(kinds, positive=["mild", "none"], threshold=point)
    graded = choose_thresholds(graded_rows, {"mild": {"sensitivity": 0.5}})
    with pytest.raises(InvalidInputError, match="chosen of grades"):
        ClinicalReport(kinds, threshold=graded)


def test_two_classes_and_labels_have_no_classes_of_interest(
    predictions: Predictions, finding_rows: Predictions
) -> None:
    """Their positive one is known, and each label is reported."""
    with pytest.raises(InvalidInputError, match=re.escape("`positive` names classes of interest")):
        ClinicalReport(predictions, threshold=0.5, positive="sick")
    with pytest.raises(InvalidInputError, match=r"got the labels \['mass'"):
        ClinicalReport(finding_rows, positive="mass")
