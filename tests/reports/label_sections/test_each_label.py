"""Tests of the rows and folded parts of each label."""

import numpy as np

from prevalens.metrics import multilabel_estimates
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.label_sections.each_label import label_header, label_rows


def test_every_label_has_a_row_and_their_means_the_last(of_findings: ClinicalReport) -> None:
    """Name, rows where it is known, positives, patients, five estimates with their intervals."""
    rows = label_rows(of_findings.record)
    assert [row[0] for row in rows] == ["mass", "node", "fluid", "Macro mean"]
    assert {len(row) for row in rows} == {len(label_header(of_findings.record))} == {9}
    assert all("to" in cell for cell in (*rows[0][4:], *rows[-1][4:]))


def test_counts_and_estimates_are_those_of_the_metrics(
    of_findings: ClinicalReport, finding_rows: Predictions
) -> None:
    """Seven rows do not know the first label; every estimate is `multilabel_estimates`'."""
    labels = of_findings["each_label"]["labels"]
    made = multilabel_estimates(
        finding_rows.labels,
        finding_rows.scores,
        names=finding_rows.classes,
        thresholds=0.5,
        patients=finding_rows.patients,
    )
    assert [each["unknown"] for each in labels] == [7, 0, 0]
    assert labels[0]["known"] == len(finding_rows) - 7
    for each in labels:
        expected = made.per_label[each["name"]]
        assert {key: e["value"] for key, e in each["estimates"].items()} == {
            key: e.value for key, e in expected.items()
        }
        assert sum(each["matrix"].values()) == each["known"]
    overall = {key: e["value"] for key, e in of_findings["estimates"].items()}
    assert overall == {key: e.value for key, e in made.overall.items()}


def test_each_label_has_a_folded_part_and_a_curve(of_findings: ClinicalReport) -> None:
    """In the page; in text the same stands under its title."""
    page = of_findings.page(".html")
    for number, name in enumerate(("mass", "node", "fluid")):
        assert f"<summary>{name}</summary>" in page
        assert f'id="chart-roc_{number}-title"' in page
    assert "mass: predicted from a score of 0.500" in str(of_findings)


def test_without_a_threshold_nothing_is_predicted(finding_rows: Predictions) -> None:
    """No matrix, no sensitivity, and the report says so."""
    report = ClinicalReport(finding_rows)
    assert [each["matrix"] for each in report["each_label"]["labels"]] == [None] * 3
    assert "Sensitivity" not in label_header(report.record)
    assert "No threshold is given, so none is predicted." in " ".join(str(report).split())
    assert np.isfinite(report["estimates"]["label_ranking_average_precision"]["value"])
