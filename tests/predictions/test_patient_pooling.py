"""How images become one score a patient, and who has too few."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import PatientPooling, Predictions, patient_scores


def images() -> Predictions:
    """Patient a has one image, b three (one positive), c two."""
    return Predictions(
        labels=[0, 0, 1, 0, 1, 1],
        scores=[0.25, 0.75, 0.5, 0.125, 0.5, 1.0],
        patients=["a", "b", "b", "b", "c", "c"],
    )


@pytest.mark.parametrize(
    ("given", "told", "scores"),
    [
        ({}, "mean of the scores", [0.25, 1.375 / 3, 0.75]),
        ({"how": "max"}, "highest score", [0.25, 0.75, 1.0]),
        ({"how": "top_k", "k": 2}, "mean of the 2 highest scores", [0.25, 0.625, 0.75]),
        ({"how": "fraction", "cutoff": 0.5}, "share of scores from 0.5", [0, 2 / 3, 1]),
    ],
)
def test_each_pooling_says_what_it_does(
    given: dict[str, Any], told: str, scores: list[float]
) -> None:
    """Counted by hand; the same as `patient_scores`."""
    pooling = PatientPooling(**given)

    assert str(pooling) == told
    np.testing.assert_allclose(pooling.pool(images()).scores, scores)
    assert (
        patient_scores(images(), **given).scores.tolist() == pooling.pool(images()).scores.tolist()
    )


def test_patients_with_too_few_images_are_counted_by_class() -> None:
    """From two images on a is out, a negative; from three on c is too, a positive."""
    for least, whose, few in ((2, ["b", "c"], [1, 0]), (3, ["b"], [1, 1])):
        pooling = PatientPooling(least_images=least)
        assert pooling.pool(images()).patients.tolist() == whose
        assert list(pooling.unclassifiable(images()).values()) == few
        assert str(pooling).endswith(f"of patients with {least} images or more")
    with pytest.raises(InvalidInputError, match="No patient has 4 images; the most is 3"):
        PatientPooling(least_images=4).pool(images())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"how": "any"}, "one of 'mean', 'max'"),
        ({"k": 3}, "`k` belongs to how='top_k'"),
        ({"how": "top_k"}, "`k` belongs to how='top_k', got None"),
        ({"how": "top_k", "k": 0}, "`k` must be a whole number >= 1"),
        ({"how": "fraction", "cutoff": 2}, r"`cutoff` must lie in \[0, 1\]"),
        ({"least_images": 0}, "`least_images` must be a whole number >= 1"),
    ],
)
def test_a_pooling_without_meaning_is_refused(given: dict[str, Any], told: str) -> None:
    """With the argument and its value, before any score is pooled."""
    with pytest.raises(InvalidInputError, match=told):
        PatientPooling(**given)


def lesions(**changes: Any) -> Predictions:
    """Patient a has lesions 1 (two images) and 2, b has lesion 1, of which each is another."""
    given: dict[str, Any] = {
        "labels": [0, 1, 0, 0, 0],
        "scores": [0.25, 0.75, 0.125, 0.5, 1.0],
        "patients": ["a", "a", "a", "b", "b"],
        "covariates": {"lesion": [1, 1, 2, 1, 1], "view": ["x", "y", "x", "x", "y"]},
    }
    return Predictions(**given | changes)


def test_lesions_are_pooled_and_patients_stay() -> None:
    """Lesion 1 of a and lesion 1 of b are two; each is positive where one of its images is."""
    pooled = PatientPooling(unit="lesion").pool(lesions())

    assert pooled.scores.tolist() == [0.5, 0.125, 0.75]
    assert pooled.labels.tolist() == [1, 0, 0]
    assert pooled.patients is not None
    assert pooled.patients.tolist() == ["a", "a", "b"]
    assert pooled.n_patients == 2
    assert pooled.covariates is not None
    assert pooled.covariates["lesion"].tolist() == [1, 2, 1]
    assert "view" not in pooled.covariates


def test_lesions_with_too_few_images_are_counted() -> None:
    """Lesion 2 of a has one image: it is left out, and negative."""
    pooling = PatientPooling(how="max", unit="lesion", least_images=2)

    assert str(pooling) == "highest score of each lesion, of lesions with 2 images or more"
    assert pooling.pool(lesions()).scores.tolist() == [0.75, 1.0]
    assert pooling.unclassifiable(lesions()) == {"negative": 1, "positive": 0}


@pytest.mark.parametrize(
    ("unit", "changes", "match"),
    [
        ("lesions", {}, "'lesions'"),
        ("lesion", {"covariates": {"lesion": [1, None, 2, 1, 1]}}, "1 of 5 have none"),
        ("lesion", {"patients": None}, "Pass `patients`"),
        ("image", {}, "Images are not pooled into images"),
        ("", {}, "the name of a covariate, got ''"),
    ],
)
def test_what_is_no_unit_is_refused(unit: str, changes: dict[str, Any], match: str) -> None:
    """A misspelt column, a row without its lesion, no patients, and images themselves."""
    with pytest.raises(InvalidInputError, match=match):
        PatientPooling(unit=unit).pool(lesions(**changes))


def test_several_classes_of_a_lesion_are_named_by_patient() -> None:
    """Nothing says which of several classes a lesion is."""
    several = lesions(
        labels=[0, 1, 2, 2, 2], scores=np.full((5, 3), 1 / 3), classes=("x", "y", "z")
    )
    with pytest.raises(InvalidInputError, match="Each lesion must be of one class, but 1 of 3"):
        PatientPooling(unit="lesion").pool(several)
