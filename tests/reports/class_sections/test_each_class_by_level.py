"""Tests of subgroups of each class against the rest."""

import numpy as np
import pytest

from prevalens.metrics import auroc, compare_groups, holm, ppv, sensitivity
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_a_class_in_a_level_is_that_class_against_the_rest(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """Sensitivity and PPV where it is predicted, its AUROC, and differences of each by hand."""
    held = graded_rows
    part = of_grades["class_subgroups"]
    mild = part[1]
    north = next(each for each in mild["groups"][0]["levels"] if each["level"] == "north")
    inside = held.covariates["site"] == "north"  # type: ignore[index]
    labels, told = held.labels == 1, held.scores.argmax(axis=1) == 1
    whose = np.asarray(held.patients)
    direct = {
        "sensitivity": sensitivity(labels[inside], told[inside], patients=whose[inside]),
        "ppv": ppv(labels[inside], told[inside], patients=whose[inside]),
        "auroc": auroc(labels[inside], held.scores[inside, 1], patients=whose[inside]),
    }
    own = compare_groups(
        *(labels, told.astype(float), inside), measure="ppv", threshold=0.5, patients=whose
    )

    assert [each["name"] for each in part] == ["none", "mild", "severe"]
    for key, estimate in direct.items():
        assert north["estimates"][key]["value"] == pytest.approx(estimate.value)
        assert north["estimates"][key]["lower"] == pytest.approx(estimate.lower)
    assert north["differences"]["ppv"]["difference"]["value"] == pytest.approx(own.difference.value)
    assert north["differences"]["ppv"]["p_value"] == pytest.approx(own.p_value)


def test_p_values_are_adjusted_over_all_classes(of_grades: ClinicalReport) -> None:
    """And a cell of a rare class with fewer than five patients is not there to be tested."""
    tests = {
        (each["name"], level["level"], key): contrast
        for each in of_grades["class_subgroups"]
        for group in each["groups"]
        for level in group["levels"]
        for key, contrast in level["differences"].items()
    }
    known = {k: each["p_value"] for k, each in tests.items() if each["p_value"] is not None}
    adjusted = holm({str(k): p for k, p in known.items()})

    assert len(known) > 6
    for place in known:
        assert tests[place]["p_holm"] == pytest.approx(adjusted[str(place)])
    for each in of_grades["class_subgroups"]:
        for level in each["groups"][0]["levels"]:
            assert all(found["patients"] >= 5 for found in level["estimates"].values())


def test_the_page_has_a_part_for_each_class(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """Without `by` there is none, in the record or on the page."""
    text = " ".join(of_grades.page(".txt").split())
    for name in ("none", "mild", "severe"):
        assert f"Estimates of {name} by site" in text
    alone = ClinicalReport(graded_rows, worst=0)
    assert alone["class_subgroups"] is None
    assert "Subgroups of each class" not in alone.page(".txt")
