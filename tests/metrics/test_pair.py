"""Tests of the two sides of a comparison."""

import numpy as np

from prevalens.metrics.inputs import Columns
from prevalens.metrics.pair import Pair


def test_a_side_may_have_its_own_threshold() -> None:
    """Sensitivity at .5 of one and at .2 of the other."""
    labels = np.array([1, 1, 1, 1, 0], dtype=bool)
    sides = tuple(
        Columns(labels, np.array(scores), None)
        for scores in ([0.9, 0.6, 0.4, 0.1, 0.1], [0.9, 0.3, 0.2, 0.25, 0.1])
    )
    everyone = np.ones(5, dtype=bool)
    pair = Pair("sensitivity", sides[0], (sides[0], sides[1]), (everyone, everyone), (0.5, 0.2))
    assert pair.same_rows
    made = pair.contrast(0.95, "both are alike")
    assert (made.first.value, made.second.value, made.difference.value) == (0.5, 1.0, -0.5)
    assert made.hypothesis == "both are alike"
