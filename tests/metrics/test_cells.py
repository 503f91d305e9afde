"""Tests of the counted 2x2 table."""

import numpy as np
import pytest

from prevalens.metrics.confusion import count_cells

LABELS = [1, 1, 1, 0, 0, 0, 0]
CALLS = [1, 1, 0, 1, 0, 0, 0]


def test_cells_are_counted_in_the_stated_order() -> None:
    """tp, fn, fp, tn; in all and by patient."""
    cells = count_cells(LABELS, CALLS, patients=list("aabbbcc"), confidence_level=0.95)
    assert cells.counts.tolist() == [2, 1, 1, 3]
    assert cells.by_patient.tolist() == [[2, 0, 0, 0], [0, 1, 1, 1], [0, 0, 0, 2]]


def test_each_share_rests_on_its_own_rows() -> None:
    """N and events are those of the share, patients those with such rows."""
    cells = count_cells(LABELS, CALLS, patients=list("aabbbcc"), confidence_level=0.95)
    for made, counts in (
        (cells.sensitivity(), (3, 2, 2)),
        (cells.specificity(), (4, 3, 2)),
        (cells.ppv(), (3, 2, 2)),
        (cells.npv(), (4, 3, 2)),
        (cells.accuracy(), (7, 5, 3)),
        (cells.prevalence(), (7, 3, 3)),
    ):
        assert (made.n, made.events, made.patients) == counts


def test_a_spread_over_single_images_is_the_independent_one() -> None:
    """The slope 1/n in each positive cell: n/(n-1) times p(1-p)/(n-1), by the jackknife."""
    cells = count_cells(LABELS, CALLS, patients=None, confidence_level=0.95)
    p = 2 / 3
    slopes = np.array([(1 - p) / 3, -p / 3, 0.0, 0.0])
    assert np.isclose(cells.spread(slopes).variance, p * (1 - p) * 3 / 3**2 * (3 / 2) ** 2)


def test_labels_and_calls_lie_in_four_cells_of_any_size() -> None:
    """Cells without images are counted as 0; each image is its own row where independent."""
    cells = count_cells([1, 1], [1, 1], patients=None, confidence_level=0.95)
    assert cells.counts.tolist() == [2, 0, 0, 0]
    assert cells.by_patient.tolist() == [[1, 0, 0, 0], [1, 0, 0, 0]]
    assert (cells.basis.n, cells.basis.events, cells.basis.patients) == (2, 2, None)


@pytest.mark.parametrize(
    ("share", "labels", "calls", "reason"),
    [
        ("sensitivity", [0, 0], [1, 0], "no positive images"),
        ("specificity", [1, 1], [1, 0], "no negative images"),
        ("ppv", [1, 0], [0, 0], "no positive calls"),
        ("npv", [1, 0], [1, 1], "no negative calls"),
    ],
)
def test_a_share_of_no_rows_names_what_is_missing(
    share: str, labels: list[int], calls: list[int], reason: str
) -> None:
    """With the method it would have had, exact too."""
    for patients in (None, [1, 1]):
        cells = count_cells(labels, calls, patients=patients, confidence_level=0.8)
        for interval, words in (("wilson", "Wilson"), ("exact", "Clopper-Pearson")):
            made = getattr(cells, share)(interval)
            assert made.not_estimable == reason
            assert made.method.startswith(words)
            assert (made.n, made.events, made.confidence_level) == (0, 0, 0.8)


def test_a_spread_over_patients_adds_both_kinds() -> None:
    """Slopes by hand: what a patient pulls, over the rest of its kind."""
    cells = count_cells(LABELS, CALLS, patients=list("aabbbcc"), confidence_level=0.95)
    slopes = np.array([1.0, -2.0, 0.5, -0.25])
    # Positives: a has two of three (2), b one (-2); negatives: b two of four (.25), c two (-.5).
    changes = [2 / (1 / 3), -2 / (2 / 3) + 0.25 / (1 / 2), -0.5 / (1 / 2)]
    spread = cells.spread(slopes)
    assert spread.variance == pytest.approx(sum(change**2 for change in changes))
    assert spread.patients == 3
