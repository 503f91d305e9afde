"""The study that made the model beside the next cohort: unpaired differences, and what is said."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from reports.conftest import clustered, graded

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, compare_groups, sensitivity
from prevalens.predictions import PatientPooling, Predictions
from prevalens.reports import ClinicalReport, Development


def ids(rows: Predictions) -> list[str]:
    """Return the patient of each row."""
    assert rows.patients is not None
    return [str(who) for who in rows.patients]


def folds_of(rows: Predictions) -> list[int]:
    """Three folds of patients, every one with patients of every class."""
    return [int(who[1:]) // 3 % 3 for who in ids(rows)]


STUDY = clustered(60, seed=1)
LATER = clustered(40, seed=2)


def report(**given: Any) -> ClinicalReport:
    """A report of the next cohort beside the study."""
    asked: dict[str, Any] = {
        "predictions": STUDY,
        "folds": folds_of(STUDY),
        "thresholds": [0.4, 0.5, 0.6],
        "other_patients": True,
    }
    threshold = given.pop("threshold", 0.5)
    later = given.pop("later", LATER)
    study = Development(**asked | given.pop("study", {}))
    return ClinicalReport(later, threshold=threshold, development=study, **given)


def test_each_side_is_the_metrics_own_estimate() -> None:
    """AUROC of all held-out rows; sensitivity by each fold's threshold, and by the report's."""
    found = report()["next_cohort"]["differences"]
    bounds = np.array([0.4, 0.5, 0.6])[folds_of(STUDY)]
    ours = sensitivity(LATER.labels, LATER.scores >= 0.5, patients=LATER.patients)
    theirs = sensitivity(STUDY.labels, STUDY.scores >= bounds, patients=STUDY.patients)
    ranked = auroc(STUDY.labels, STUDY.scores, patients=STUDY.patients)

    assert found["sensitivity"]["first"]["value"] == ours.value
    assert found["sensitivity"]["first"]["lower"] == pytest.approx(ours.lower)
    assert found["sensitivity"]["second"]["value"] == theirs.value
    assert found["sensitivity"]["second"]["upper"] == pytest.approx(theirs.upper)
    assert found["auroc"]["second"]["value"] == ranked.value
    assert found["auroc"]["second"]["patients"] == 60
    for each in found.values():
        gap = each["first"]["value"] - each["second"]["value"]
        assert each["difference"]["value"] == pytest.approx(gap)


def test_the_interval_is_unpaired_even_where_ids_are_the_same() -> None:
    """The same numbers under other ids give the same limits, those of two groups of patients."""
    named = Predictions(
        labels=LATER.labels,
        scores=LATER.scores,
        patients=[f"next {who}" for who in ids(LATER)],
        classes=LATER.classes,
        train_prevalence=0.5,
    )
    same = report()["next_cohort"]["differences"]
    other = report(later=named, study={"other_patients": False})["next_cohort"]["differences"]
    direct = compare_groups(
        np.append(LATER.labels, STUDY.labels),
        np.append(LATER.scores, STUDY.scores),
        np.repeat([True, False], [len(LATER), len(STUDY)]),
        patients=[*ids(named), *ids(STUDY)],
    )

    for key, each in same.items():
        assert each["difference"] == other[key]["difference"]
    assert same["auroc"]["difference"]["lower"] == direct.difference.lower
    assert same["auroc"]["difference"]["upper"] == direct.difference.upper


def test_the_mean_within_folds_is_of_the_folds() -> None:
    """By hand, from the AUROC of each; no p value; one model has no folds."""
    found = report()["next_cohort"]
    at = np.array(folds_of(STUDY))
    own = [auroc(one.labels, one.scores).value for one in (STUDY.take(at == k) for k in range(3))]
    within = found["differences"]["auroc_within_folds"]

    assert found["folds"] == 3
    assert within["second"]["value"] == pytest.approx(np.mean([value or 0 for value in own]))
    assert within["p_value"] is None
    single = report(study={"folds": None, "thresholds": 0.5})["next_cohort"]
    assert set(single["differences"]) == {"auroc", "sensitivity", "specificity"}


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_a_drop_is_named_and_what_is_not_shown_is_not_excluded(suffix: str) -> None:
    """A threshold of 0.9 loses sensitivity for certain; at 0.5 nothing is shown."""
    worse, alike = (report(threshold=at) for at in (0.9, 0.5))
    pages = [" ".join(each.page(suffix).split()) for each in (worse, alike)]
    lower = alike["next_cohort"]["differences"]["auroc"]["difference"]["lower"]

    assert (
        "The interval lies below 0 for: Sensitivity. Each interval is taken by itself" in pages[0]
    )
    assert "Sensitivity is lower than in the study that made the model:" in pages[0]
    assert "lies below 0" not in pages[1]
    renamed = dataclasses.replace(LATER, patients=[f"other {each}" for each in LATER.patients])
    others = str(report(later=renamed, study={"other_patients": False}))
    assert "holds the chance in both. " in " ".join(others.split())
    assert lower < 0
    assert f"drop of up to: AUROC {-lower:.3f};" in pages[1]
    assert "40 patient ids of both are stated to be of other people" in pages[0]
    assert "holds the chance in both; 40" in pages[0]
    told = pages[1].partition("compatible with a drop of up to: ")[2].partition("Over all")[0]
    ends = [each["difference"]["lower"] for each in alike["next_cohort"]["differences"].values()]
    assert len(told.split(";")) == sum(end is not None and end < 0 for end in ends)
    assert ClinicalReport.from_dict(worse.to_dict()).page(suffix) == worse.page(suffix)


def test_the_first_screen_flags_a_drop() -> None:
    """With both values and the limits of the difference; none where none is shown."""
    flags = {each["key"]: each["text"] for each in report(threshold=0.9)["key_results"]["flags"]}
    assert flags["next_cohort_drop"].startswith("Sensitivity is lower")
    keys = {each["key"] for each in report()["key_results"]["flags"]}
    assert "next_cohort_drop" not in keys


def test_patients_stand_beside_patients() -> None:
    """Pooled scores by the thresholds of patients; without these no table of patients."""
    pooling = PatientPooling(how="mean")
    asked: dict[str, Any] = {"patient_score": pooling, "patient_threshold": 0.5}
    found = report(study={"patient_thresholds": [0.3, 0.4, 0.5]}, **asked)["next_cohort"]
    pooled = pooling.pool(STUDY)
    fold = dict(zip(ids(STUDY), folds_of(STUDY), strict=True))
    bounds = np.array([0.3, 0.4, 0.5])[[fold[who] for who in ids(pooled)]]
    right = (pooled.scores >= bounds)[pooled.labels == 1].mean()
    these = pooling.pool(LATER)

    differences = found["patient_differences"]
    assert set(differences) == {"auroc", "sensitivity", "specificity"}
    assert differences["sensitivity"]["second"]["value"] == pytest.approx(right)
    assert differences["auroc"]["first"]["value"] == auroc(these.labels, these.scores).value
    assert report(**asked)["next_cohort"]["patient_differences"] == {}


def test_several_classes_have_their_own_measures() -> None:
    """Balanced accuracy, macro F1 and AUROC, and the mean within folds."""
    study, later = graded(60, seed=1), graded(40, seed=2)
    given = Development(predictions=study, folds=folds_of(study), other_patients=True)
    made = ClinicalReport(later, development=given)
    found = made["next_cohort"]["differences"]

    assert set(found) == {
        *("balanced_accuracy", "macro_f1", "macro_auroc", "macro_auroc_within_folds")
    }
    own = made["estimates"]["macro_auroc"]["value"]
    assert found["macro_auroc"]["first"]["value"] == pytest.approx(own)
    assert "Beside the study that made the model" in made.page(".txt")


def test_a_cohort_of_one_class_is_not_estimable_there() -> None:
    """No positives: AUROC and sensitivity say why, specificity stands."""
    later = LATER.take(LATER.labels == 0)
    found = report(later=later)["next_cohort"]["differences"]

    assert found["specificity"]["difference"]["value"] is not None
    for key in ("auroc", "sensitivity", "auroc_within_folds"):
        assert found[key]["difference"]["value"] is None
        assert found[key]["difference"]["not_estimable"]


def test_what_is_no_development_is_refused(finding_rows: Predictions) -> None:
    """Bare predictions say nothing of thresholds; several labels take none at all."""
    given: Any = STUDY
    with pytest.raises(InvalidInputError, match="`development` must be a Development"):
        ClinicalReport(LATER, threshold=0.5, development=given)
    with pytest.raises(InvalidInputError, match="`development` is of one label"):
        ClinicalReport(finding_rows, development=given)
    with pytest.raises(InvalidInputError, match="40 patient ids are in `development`"):
        report(study={"other_patients": False})
