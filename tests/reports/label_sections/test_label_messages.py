"""Tests of the first screen of a report of several labels."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_the_best_and_the_worst_label_are_named_and_rare_ones_too(
    of_findings: ClinicalReport,
) -> None:
    """By AUROC among those with limits; a label of few images is a warning."""
    results = of_findings["key_results"]
    aurocs = {
        each["name"]: each["estimates"]["auroc"]["value"]
        for each in of_findings["each_label"]["labels"]
    }
    best, worst = (item["text"] for item in results["messages"])
    assert max(aurocs, key=aurocs.__getitem__) in best
    assert min(aurocs, key=aurocs.__getitem__) in worst
    assert any("'fluid' has only" in flag["text"] for flag in results["flags"])


def test_an_absent_label_and_turned_scores_are_said(finding_rows: Predictions) -> None:
    """No image has the last label: no means; scores turned round rank below chance."""
    labels = finding_rows.labels.copy()
    labels[:, 2] = 0
    held = Predictions(
        labels=labels,
        scores=1 - finding_rows.scores,
        patients=finding_rows.patients,
        classes=finding_rows.classes,
    )
    flags = {flag["key"]: flag["text"] for flag in ClinicalReport(held)["key_results"]["flags"]}
    assert flags["absent_label"].startswith("No image has fluid")
    assert "mass (0." in flags["auroc_near_half"]
