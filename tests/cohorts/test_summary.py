"""The summary of a cohort: counts made by hand."""

import json
import math

import pytest

from prevalens.cohorts import Cohort


@pytest.fixture
def six() -> Cohort:
    """Four images of two patients at north, two of one at south; three are positive."""
    return Cohort(
        images=[f"{k}.png" for k in range(6)],
        labels=["sick", "sick", "well", "well", "well", "sick"],
        patients=["p", "p", "p", "q", "r", "r"],
        positive="sick",
        covariates={
            "site": ["north"] * 4 + ["south"] * 2,
            "age": [50.0, 50.0, 50.0, 60.0, math.nan, math.nan],
            "note": [f"free text {k}" for k in range(6)],
        },
        provenance="a hand count",
    )


def test_counts_shares_and_covariates(six: Cohort) -> None:
    """Patient p has two sick and one well, q one well, r one of each."""
    summary = six.describe()

    assert (summary.images, summary.patients) == (6, 3)
    assert summary.images_of == {"well": 3, "sick": 3}
    assert summary.patients_of == {"well": 3, "sick": 2}
    assert summary.prevalence == 0.5
    assert summary.imbalance_ratio == 1.0
    assert summary.images_per_patient == (1, 2.0, 3)
    assert summary.mixed_patients == 2
    assert summary.covariates["site"] == {
        "north": {"images": 4, "patients": 2, "prevalence": 0.5},
        "south": {"images": 2, "patients": 1, "prevalence": 0.5},
    }
    assert summary.covariates["age"] == {
        "minimum": 50.0,
        "median": 50.0,
        "maximum": 60.0,
        "missing": 2,
    }


def test_the_text_says_the_same(six: Cohort) -> None:
    """Counts, prevalence, imbalance, sites, ages and origin are in the text."""
    text = str(six.describe())

    for part in (
        "6 images of 3 patients",
        "sick: 3 images of 2 patients (positive)",
        "Prevalence of 'sick' among images: 50.0%",
        "Imbalance: 1.00 to 1",
        "Images per patient: 1 to 3, median 2",
        "site: north 4 images of 2 patients, 50.0% positive; south",
        "age: 50 to 60, median 50, missing 2",
        "From: a hand count",
    ):
        assert part in text


def test_the_dict_is_plain(six: Cohort) -> None:
    """It goes through JSON unchanged."""
    record = six.describe().to_dict()

    assert json.loads(json.dumps(record)) == record


def test_texts_of_many_values_are_counted_only() -> None:
    """Thirty notes are no strata; a covariate that is missing throughout says so."""
    cohort = Cohort(
        images=[f"{k}.png" for k in range(30)],
        labels=["a"] * 30,
        patients=["p"] * 30,
        positive="a",
        classes=("b", "a"),
        covariates={"note": [f"note {k}" for k in range(30)], "age": [math.nan] * 30},
    )
    summary = cohort.describe()

    assert summary.covariates["note"] == {"values": 30}
    assert "age: missing throughout" in str(summary)
    assert "undefined: a class has no images" in str(summary)
    assert summary.majority == "a"
