"""Tests of the calibration of the score of each label."""

import numpy as np
import pytest

from prevalens.metrics import calibration_slope, observed_expected
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_each_score_is_checked_where_its_label_is_known(
    of_findings: ClinicalReport, finding_rows: Predictions
) -> None:
    """Slope and ratio are those of `one_vs_rest`, which leaves out the rows that do not know."""
    for part in of_findings["label_calibration"]:
        side = finding_rows.one_vs_rest(part["name"])
        for key, estimate in (
            ("calibration_slope", calibration_slope),
            ("observed_expected", observed_expected),
        ):
            own = estimate(side.labels, side.scores, patients=side.patients)
            assert part["estimates"][key]["value"] == pytest.approx(own.value)
            assert part["estimates"][key]["upper"] == pytest.approx(own.upper)


def test_a_row_a_chart_and_a_folded_part_for_each_label(of_findings: ClinicalReport) -> None:
    """Nothing is said of all labels together, which have no one calibration."""
    page = of_findings.page(".html")
    assert all(f'id="chart-reliability_{number}-title"' in page for number in range(3))
    assert all(f"<summary>Calibration of {name}</summary>" in page for name in ("mass", "node"))
    # The guidelines name the section of this title, with what it holds.
    assert "All labels together:" not in page.partition("STARD-AI")[0]


def test_a_label_that_every_image_has_is_told_so(finding_rows: Predictions) -> None:
    """No curve, and a reason in place of an intercept."""
    labels = np.nan_to_num(finding_rows.labels, nan=1.0)
    labels[:, 2] = 1
    held = Predictions(
        labels=labels, scores=finding_rows.scores, patients=None, classes=finding_rows.classes
    )
    part = ClinicalReport(held)["label_calibration"][2]
    assert part["reliability"] is None
    assert part["estimates"]["calibration_intercept"]["not_estimable"] == "no negative images"
