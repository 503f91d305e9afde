"""Tests of decisions on classes of interest: each is what a report of two classes says of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.decisions import choose_threshold
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Table, flat
from prevalens.reports.report_record import document_of
from prevalens.reports.verification import verify_run


@pytest.fixture(scope="module")
def kinds(graded_rows: Predictions) -> Predictions:
    """The same rows, as classes without an order."""
    held = graded_rows
    return Predictions(
        labels=held.labels, scores=held.scores, patients=held.patients, classes=held.classes
    )


def same(was: Any, now: Any) -> None:
    """Hold that two parts of records have the same numbers."""
    if isinstance(was, dict):
        assert set(was) == set(now)
        for key, value in was.items():
            same(value, now[key])
    elif isinstance(was, list):
        assert len(was) == len(now)
        for one, two in zip(was, now, strict=True):
            same(one, two)
    else:
        assert now == (pytest.approx(was) if isinstance(was, float) else was)


def test_at_a_threshold_it_is_the_report_of_two_classes(kinds: Predictions) -> None:
    """Estimates, matrix, predictive values and usefulness, at its own threshold and prevalence."""
    report = ClinicalReport(kinds, positive=["mild"], threshold=0.3, prevalence=0.05, worst=0)
    (made,) = report["class_decisions"]["classes"]
    alone = ClinicalReport(kinds.one_vs_rest("mild"), threshold=0.3, prevalence=0.05, worst=0)

    assert made["classes"] == ["not mild", "mild"]
    same(made["confusion_matrix"], alone["confusion_matrix"])
    same(made["predictive_values"], alone["predictive_values"])
    same(made["usefulness"], alone["usefulness"])
    for key, estimate in made["estimates"].items():
        same(estimate, alone["estimates"][key])
    assert {"sensitivity", "specificity", "ppv", "npv"} <= set(made["estimates"])


def test_no_two_tables_have_one_name(kinds: Predictions) -> None:
    """A screen reader lists tables by their names: those of two classes differ."""
    held = ClinicalReport(
        kinds, positive=["mild", "severe"], threshold=0.3, prevalence=0.05, worst=0
    )
    passages = document_of(held.record).passages
    names = [
        block.caption
        for passage in passages
        for block in flat(passage.blocks)
        if isinstance(block, Table)
    ]

    assert sum("less frequent" in name for name in names) == 2
    assert sorted(names) == sorted(set(names))


def test_without_a_threshold_the_highest_score_decides(kinds: Predictions) -> None:
    """Counted by hand; what reads scores as risks is left out."""
    report = ClinicalReport(kinds, positive="mild", prevalence=0.05, worst=0)
    (made,) = report["class_decisions"]["classes"]
    told, ill = kinds.scores.argmax(axis=1) == 1, kinds.labels == 1

    assert made["confusion_matrix"] == {
        "true_negative": int((~told & ~ill).sum()),
        "false_positive": int((told & ~ill).sum()),
        "false_negative": int((~told & ill).sum()),
        "true_positive": int((told & ill).sum()),
    }
    assert (made["threshold"], made["usefulness"]) == (None, None)
    found, cleared = told[ill].mean(), (~told)[~ill].mean()
    (there,) = [row for row in made["predictive_values"] if row["stated"]]
    ppv = found * 0.05 / (found * 0.05 + (1 - cleared) * 0.95)
    assert there["ppv"]["value"] == pytest.approx(ppv)
    assert report["each_class"]["classes"][1]["estimates"]["ppv"]["value"] == pytest.approx(
        made["estimates"]["ppv"]["value"]
    )


def test_of_grades_it_is_this_one_or_a_higher_one(graded_rows: Predictions) -> None:
    """With a threshold as `at_least` is, without one from the predicted grade on."""
    held = graded_rows
    report = ClinicalReport(held, positive=["mild", "severe"], threshold={"mild": 0.4}, worst=0)
    mild, severe = report["class_decisions"]["classes"]
    alone = ClinicalReport(held.at_least("mild"), threshold=0.4, worst=0)
    told, ill = held.scores.argmax(axis=1) >= 2, held.labels >= 2

    assert mild["classes"] == ["below mild", "mild or more"]
    same(mild["confusion_matrix"], alone["confusion_matrix"])
    assert severe["confusion_matrix"]["true_positive"] == int((told & ill).sum())


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_each_class_has_a_part_of_its_own(kinds: Predictions, suffix: str) -> None:
    """Named, with its rule; read back it is the same, and no two charts share a name."""
    point = choose_threshold(kinds.one_vs_rest("mild"), sensitivity=0.5)
    report = ClinicalReport(
        kinds, positive=["severe", "mild"], threshold={"mild": point}, prevalence=0.1, worst=0
    )
    page = report.page(suffix)
    told = " ".join(page.split())

    for name in ("severe", "mild"):
        assert f"Decisions on {name}" in told
    assert "the highest score is its own" in told
    assert f"Rule: {point.rule}" in told.replace("&#39;", "'")
    assert "Decision curve" in told
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
    if suffix == ".html":
        names = [part.split('"')[0] for part in page.split(' id="')[1:]]
        assert len(names) == len(set(names))


def test_scores_of_known_shares_are_said_to_be_read_as_they_are(kinds: Predictions) -> None:
    """A change of one class' prevalence leaves the mix of the others unknown."""
    held = Predictions(
        labels=kinds.labels, scores=kinds.scores, patients=kinds.patients, classes=kinds.classes,
        train_prevalence=[0.6, 0.3, 0.1],
    )  # fmt: skip
    text = "leaves the mix of the others unknown"

    assert text in " ".join(ClinicalReport(held, positive="mild").page(".txt").split())
    assert text not in " ".join(ClinicalReport(kinds, positive="mild").page(".txt").split())


def test_decisions_are_recomputed(kinds: Predictions, tmp_path: Path) -> None:
    """From the predictions: thresholds that were chosen, given, or none; a change is found."""
    point = choose_threshold(kinds.one_vs_rest("mild"), sensitivity=0.5)
    report = ClinicalReport(
        kinds,
        positive=["severe", "mild", "none"],
        threshold={"mild": point, "none": 0.6},
        prevalence={"mild": 0.1},
        worst=0,
    )
    kinds.save(tmp_path / "predictions.csv")
    report.save(tmp_path / "report.json")

    assert verify_run(tmp_path).differences == ()
    text = (tmp_path / "report.json").read_text("utf-8")
    value = report["class_decisions"]["classes"][1]["predictive_values"][0]["ppv"]["value"]
    (tmp_path / "report.json").write_text(text.replace(str(value), str(value - 1e-6)), "utf-8")
    assert any("class_decisions" in each for each in verify_run(tmp_path).differences)
    assert np.isfinite(value)
