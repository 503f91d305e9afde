"""Decisions by the fold that held a row out."""

import numpy as np
import pytest
from studies.test_class_probe import PLAIN, cells
from studies.test_label_probe import films
from studies.test_probe import ASK, HEAD, study

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.studies.class_probe import fit_class_probe
from prevalens.studies.held_out_scores import HeldOutScores
from prevalens.studies.label_probe import fit_label_probe
from prevalens.studies.probe import fit_probe


def test_each_row_is_decided_by_the_threshold_of_its_fold() -> None:
    """Two folds of other thresholds, in turns; a score equal to it is positive."""
    cohort, features = study()
    rows = np.arange(len(cohort))
    records = [
        fit_probe(features, cohort, part, head=HEAD, threshold=ASK, seed=1).record
        for part in (rows[:80], rows[80:])
    ]
    bounds = [record.threshold for record in records]
    folds = rows % 2
    held = HeldOutScores(
        Predictions.of(cohort, rows, np.where(rows < 80, bounds[0], bounds[1])),
        records,
        folds,
        None,
    )
    expected = held.predictions.scores >= np.where(folds == 0, bounds[0], bounds[1])

    assert bounds[0] != bounds[1]
    np.testing.assert_array_equal(held.is_positive, expected)
    assert held.binary_records == records


def test_several_classes_have_no_threshold() -> None:
    """The class with the highest score is predicted instead."""
    cohort, features = cells()
    rows = np.arange(len(cohort))
    probe = fit_class_probe(features, cohort, rows, head=PLAIN, seed=1)
    held = HeldOutScores(
        Predictions.of(cohort, rows, probe.scores(features)), [probe.record], rows * 0, None
    )
    with pytest.raises(InvalidInputError, match="choose no one threshold"):
        _ = held.is_positive


@pytest.mark.filterwarnings("ignore:.*The threshold")
def test_each_label_is_decided_by_the_threshold_of_its_fold() -> None:
    """A score equal to it has the label; of the other fold's and the other label's none decides."""
    cohort, features = films()
    rows = np.arange(len(cohort))
    records = [
        fit_label_probe(features, cohort, part, head=HEAD, threshold=ASK, seed=1).record
        for part in (rows[:60], rows[60:])
    ]
    bounds = np.array([record.thresholds for record in records])
    folds = rows % 2
    held = HeldOutScores(Predictions.of(cohort, rows, bounds[rows // 60]), records, folds, None)
    expected = bounds[rows // 60] >= bounds[folds]

    assert held.label_records == records
    assert not expected.all()
    np.testing.assert_array_equal(held.is_positive, expected)
