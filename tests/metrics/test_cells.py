"""Tests of the counted 2x2 table."""

import numpy as np

from prevalens.metrics.confusion import count_cells

LABELS = [1, 1, 1, 0, 0, 0, 0]
CALLS = [1, 1, 0, 1, 0, 0, 0]


def test_cells_are_counted_in_the_stated_order() -> None:
    """tp, fn, fp, tn; in all and by patient."""
    cells = count_cells(LABELS, CALLS, patients=list("aabbbcc"), level=0.95)
    assert cells.counts.tolist() == [2, 1, 1, 3]
    assert cells.by_patient.tolist() == [[2, 0, 0, 0], [0, 1, 1, 1], [0, 0, 0, 2]]


def test_each_share_rests_on_its_own_rows() -> None:
    """N and events are those of the share, patients those with such rows."""
    cells = count_cells(LABELS, CALLS, patients=list("aabbbcc"), level=0.95)
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
    cells = count_cells(LABELS, CALLS, patients=None, level=0.95)
    p = 2 / 3
    slopes = np.array([(1 - p) / 3, -p / 3, 0.0, 0.0])
    assert np.isclose(cells.spread(slopes).variance, p * (1 - p) * 3 / 3**2 * (3 / 2) ** 2)
