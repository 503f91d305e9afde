"""Tests of average precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from prevalens.metrics import average_precision
from prevalens.metrics.precision_recall import precision_influences

ranked = st.lists(
    st.tuples(st.booleans(), st.integers(1, 9), st.integers(0, 5)), min_size=2, max_size=40
)


@settings(deadline=None, max_examples=60)
@given(ranked)
def test_the_value_is_the_step_sum(rows: list[tuple[bool, int, int]]) -> None:
    """As scikit-learn's, with ties; limits hold it."""
    labels, tenths, patients = (np.array(column) for column in zip(*rows, strict=True))
    made = average_precision(labels, tenths / 10, patients=patients)
    if labels.all() or not labels.any():
        assert made.not_estimable is not None
        return
    assert made.value == pytest.approx(average_precision_score(labels, tenths / 10))
    if made.lower is not None:
        assert 0 <= made.lower <= made.value <= made.upper <= 1  # type: ignore[operator]


def test_influences_are_slopes_in_the_weight_of_a_row() -> None:
    """Against scikit-learn's weighted score, by central differences."""
    rng = np.random.default_rng(6)
    labels, scores = rng.random(30) < 0.4, rng.integers(1, 12, 30) / 12
    _, pulls = precision_influences(labels, scores)
    for row in range(30):
        step = np.zeros(30)
        step[row] = 1e-5
        up, down = (
            average_precision_score(labels, scores, sample_weight=1 + sign * step)
            for sign in (1, -1)
        )
        assert pulls[row] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_a_perfect_or_constant_ranking_has_no_interval() -> None:
    """The spread is unseen, and said to be."""
    perfect = average_precision([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert (perfect.value, perfect.lower) == (1, None)
    flat = average_precision([0, 0, 0, 1], [0.5] * 4)
    assert (flat.value, flat.lower) == (0.25, None)
    assert "all scores are equal" in str(flat.note)
