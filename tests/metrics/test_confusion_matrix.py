"""Tests of the counted 2x2 table."""

import dataclasses

import numpy as np
import pytest

from prevalens.metrics.confusion import checked
from prevalens.metrics.confusion_matrix import ConfusionMatrix, matrix_of
from prevalens.metrics.inputs import Columns
from prevalens.metrics.settings import Settings

LABELS = [1, 1, 1, 0, 0, 0, 0]
PREDICTED = [1, 1, 0, 1, 0, 0, 0]


def count_matrix(
    labels: list[int],
    predictions: list[int],
    *,
    patients: list[str] | None,
    confidence_level: float,
) -> ConfusionMatrix:
    """Count checked columns."""
    return matrix_of(*checked(labels, predictions, patients, confidence_level))


def test_cells_are_counted_in_the_stated_order() -> None:
    """tn, fp, fn, tp, as in scikit-learn; in all and by patient."""
    matrix = count_matrix(LABELS, PREDICTED, patients=list("aabbbcc"), confidence_level=0.95)
    assert matrix.counts.tolist() == [3, 1, 1, 2]
    assert matrix.by_patient.tolist() == [[0, 0, 0, 2], [1, 1, 1, 0], [2, 0, 0, 0]]


def test_each_share_rests_on_its_own_rows() -> None:
    """N and events are those of the share, patients those with such rows."""
    matrix = count_matrix(LABELS, PREDICTED, patients=list("aabbbcc"), confidence_level=0.95)
    for made, counts in (
        (matrix.sensitivity(), (3, 2, 2)),
        (matrix.specificity(), (4, 3, 2)),
        (matrix.ppv(), (3, 2, 2)),
        (matrix.npv(), (4, 3, 2)),
        (matrix.accuracy(), (7, 5, 3)),
        (matrix.prevalence(), (7, 3, 3)),
    ):
        assert (made.n, made.events, made.patients) == counts


def test_a_spread_over_single_images_is_the_independent_one() -> None:
    """The slope 1/n in each positive cell: n/(n-1) times p(1-p)/(n-1), by the jackknife."""
    matrix = count_matrix(LABELS, PREDICTED, patients=None, confidence_level=0.95)
    p = 2 / 3
    slopes = np.array([0.0, 0.0, -p / 3, (1 - p) / 3])
    assert np.isclose(matrix.spread(slopes).variance, p * (1 - p) * 3 / 3**2 * (3 / 2) ** 2)


def test_labels_and_calls_lie_in_four_cells_of_any_size() -> None:
    """Cells without images are counted as 0; each image is its own row where independent."""
    matrix = count_matrix([1, 1], [1, 1], patients=None, confidence_level=0.95)
    assert matrix.counts.tolist() == [0, 0, 0, 2]
    assert matrix.by_patient.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    assert (matrix.basis.n, matrix.basis.events, matrix.basis.patients) == (2, 2, None)


@pytest.mark.parametrize(
    ("share", "labels", "predictions", "reason"),
    [
        ("sensitivity", [0, 0], [1, 0], "no positive images"),
        ("specificity", [1, 1], [1, 0], "no negative images"),
        ("ppv", [1, 0], [0, 0], "no positive predictions"),
        ("npv", [1, 0], [1, 1], "no negative predictions"),
    ],
)
def test_a_share_of_no_rows_names_what_is_missing(
    share: str, labels: list[int], predictions: list[int], reason: str
) -> None:
    """With the method it would have had, exact too."""
    for patients in (None, [1, 1]):
        matrix = count_matrix(labels, predictions, patients=patients, confidence_level=0.8)
        for interval, words in (("wilson", "Wilson"), ("exact", "Clopper-Pearson")):
            made = getattr(matrix, share)(interval)
            assert made.not_estimable == reason
            assert made.method.startswith(words)
            assert (made.n, made.events, made.confidence_level) == (0, 0, 0.8)


def test_a_spread_over_patients_adds_both_kinds() -> None:
    """Slopes by hand: the influence of a patient, over the rest of its kind."""
    matrix = count_matrix(LABELS, PREDICTED, patients=list("aabbbcc"), confidence_level=0.95)
    slopes = np.array([-0.25, 0.5, -2.0, 1.0])
    # Positives: a has two of three (2), b one (-2); negatives: b two of four (.25), c two (-.5).
    changes = [2 / (1 / 3), -2 / (2 / 3) + 0.25 / (1 / 2), -0.5 / (1 / 2)]
    spread = matrix.spread(slopes)
    assert spread.variance == pytest.approx(sum(change**2 for change in changes))
    assert spread.patients == 3


def test_a_matrix_is_counted_once_for_a_threshold_and_a_level() -> None:
    """Measure after measure gets the same one; another threshold or level never gets it."""
    columns = Columns(np.array([True, True, False]), np.array([0.9, 0.4, 0.6]), None)
    at_half = matrix_of(columns, Settings(0.5, 0.95))

    assert matrix_of(columns, Settings(0.5, 0.95, seed=3)) is at_half
    assert at_half.counts.tolist() == [0, 1, 1, 1]
    assert matrix_of(columns, Settings(0.7, 0.95)).counts.tolist() == [1, 0, 1, 1]
    assert matrix_of(columns, Settings(0.7, 0.9)).confidence_level == 0.9
    assert matrix_of(columns, Settings(None, 0.9)).counts.tolist() == [0, 1, 0, 2]
    assert dataclasses.replace(columns, scores=1 - columns.scores).kept == {}
