"""Tests of who was studied, of several labels."""

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_rows_are_counted_by_hand(of_findings: ClinicalReport, finding_rows: Predictions) -> None:
    """Without a label, with several, and with one that is not known."""
    study, labels = of_findings["label_study"], finding_rows.labels
    assert study["images"] == len(finding_rows)
    assert study["patients"] == 60
    assert study["not_all_known"] == 7
    assert study["several_labels"] == sum(np.nansum(row) > 1 for row in labels)
    assert study["without_label"] == sum(float(row.sum()) == 0 for row in labels)
