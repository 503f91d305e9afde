"""Tests of subgroups of a model of several classes."""

import pytest

from prevalens.metrics import compare_multiclass_groups
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_a_level_is_compared_with_all_other_rows(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """The difference is that of `compare_multiclass_groups`."""
    (group,) = of_grades["subgroups"]
    level = next(each for each in group["levels"] if each["level"] == "north")
    held = graded_rows
    inside = held.covariates["site"] == "north"
    for key in ("accuracy", "balanced_accuracy"):
        own = compare_multiclass_groups(
            held.labels, held.scores, inside, classes=held.classes, measure=key,
            patients=held.patients,
        )  # fmt: skip
        made = level["differences"][key]
        assert made["difference"]["value"] == pytest.approx(own.difference.value)
        assert made["p_value"] == pytest.approx(own.p_value)
        assert level["estimates"][key]["value"] == pytest.approx(own.first.value)


def test_a_level_of_few_patients_is_kept_back(graded_rows: Predictions) -> None:
    """And the next smallest with it, for a difference would give it away."""
    held = graded_rows
    rare = ["few" if each in {"p1", "p2"} else "many" for each in held.patients]
    made = Predictions(
        labels=held.labels, scores=held.scores, patients=held.patients, classes=held.classes,
        covariates={"group": rare},
    )  # fmt: skip
    (group,) = ClinicalReport(made, by="group", worst=0)["subgroups"]
    assert [level["suppressed"] for level in group["levels"]] == [True, True]
