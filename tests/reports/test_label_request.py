"""Tests of what is asked of a report of several labels."""

from pathlib import Path

import numpy as np
import pytest

from prevalens.decisions import choose_threshold, choose_thresholds
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.verification import verify_run


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": ["site"]}, r"no covariate 'site'; they have \[\]"),
        ({"prevalence": 0.1}, "`prevalence` is of one label.*one_vs_rest"),
        ({"worst": -1}, "`worst` must be a whole number >= 0, got -1"),
        ({"refer": (0.1, 0.2)}, r"`refer` is of one label, got \(0.1, 0.2\)"),
        ({"threshold": {"mass": 0.5}}, r"one for each of \['mass', 'node', 'fluid'\]"),
        ({"threshold": 2.0}, "got 2.0"),
        ({"threshold_origin": "guessed"}, "'exploratory', got 'guessed'"),
    ],
)
def test_what_is_of_one_label_is_refused(
    finding_rows: Predictions, asked: dict[str, object], message: str
) -> None:
    """Named, with what to do instead; thresholds are checked by name."""
    with pytest.raises(InvalidInputError, match=message):
        ClinicalReport(finding_rows, **asked)  # type: ignore[arg-type]


def test_an_operating_point_of_one_label_is_refused(finding_rows: Predictions) -> None:
    """It says nothing of the others; a set of thresholds does, and was chosen elsewhere."""
    side = finding_rows.one_vs_rest("mass")
    with pytest.raises(InvalidInputError, match=r"of one label.*choose_thresholds"):
        ClinicalReport(finding_rows, threshold=choose_threshold(side, youden=True))
    asks = {name: {"sensitivity": 0.8} for name in finding_rows.classes}
    points = choose_thresholds(finding_rows, asks)
    settings = ClinicalReport(finding_rows, threshold=points)["settings"]
    assert settings["thresholds"] == [points[name].threshold for name in finding_rows.classes]
    assert settings["threshold_origin"] == "validation"


def test_a_label_known_of_no_row_is_refused(finding_rows: Predictions) -> None:
    """It has nothing to report."""
    labels = finding_rows.labels.copy()
    labels[:, 1] = np.nan
    held = Predictions(
        labels=labels,
        scores=finding_rows.scores,
        patients=finding_rows.patients,
        classes=finding_rows.classes,
    )
    with pytest.raises(InvalidInputError, match=r"\['node'\] are known of no row"):
        ClinicalReport(held)


def test_a_report_is_recomputed_from_its_predictions(
    of_findings: ClinicalReport, finding_rows: Predictions, tmp_path: Path
) -> None:
    """Labels that are not known survive the file; a changed label is found."""
    of_findings.save(tmp_path / "report.json")
    of_findings.save(tmp_path / "report.html")
    finding_rows.save(tmp_path / "predictions.csv")
    assert verify_run(tmp_path).differences == ()

    labels = finding_rows.labels.copy()
    labels[20, 0] = 1 - labels[20, 0]
    other = Predictions(
        labels=labels,
        scores=finding_rows.scores,
        patients=finding_rows.patients,
        images=finding_rows.images,
        provenance=finding_rows.provenance,
        classes=finding_rows.classes,
    )
    other.save(tmp_path / "predictions.csv")
    assert any("SHA-256" in one for one in verify_run(tmp_path).differences)


def test_promises_of_several_labels_stand_with_what_they_are_worth_together(
    finding_rows: Predictions,
) -> None:
    """Text and record name each promise and the joint confidence; without one nothing is said."""
    asks: dict[str, dict[str, object]] = {
        "mass": {"sensitivity": 0.6},
        "node": {"specificity": 0.5},
        "fluid": {"youden": True},
    }
    points = choose_thresholds(finding_rows, asks, confidence=0.6)
    report = ClinicalReport(finding_rows, threshold=points)
    told = report["settings"]["threshold_guarantee"]

    assert told.startswith(
        "Promised of new patients: mass: sensitivity of at least 0.6; node: specificity of at "
        "least 0.5. All 2 promises hold together with confidence 0.6"
    )
    assert told in " ".join(str(report).split())
    assert any(paper.startswith("Angelopoulos") for paper in report["methods"]["references"])
    plain = ClinicalReport(finding_rows, threshold=choose_thresholds(finding_rows, asks))
    assert plain["settings"]["threshold_guarantee"] is None
