"""Tests of average precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import average_precision_score
from strategies import ScoredRows, columns_of, scored_rows

from prevalens.metrics import average_precision
from prevalens.metrics.precision_recall import precision_influences


@settings(deadline=None, max_examples=60)
@given(scored_rows())
def test_the_value_is_the_step_sum(rows: ScoredRows) -> None:
    """As scikit-learn's, with ties; limits hold it."""
    labels, scores, patients = columns_of(rows)
    made = average_precision(labels, scores, patients=patients)
    if labels.all() or not labels.any():
        assert made.not_estimable is not None
        return
    assert made.value == pytest.approx(average_precision_score(labels, scores))
    if made.lower is not None:
        assert 0 <= made.lower <= made.value <= made.upper <= 1  # type: ignore[operator]


def test_influences_are_slopes_in_the_weight_of_a_row() -> None:
    """Against scikit-learn's weighted score, by central differences."""
    rng = np.random.default_rng(6)
    labels, scores = rng.random(30) < 0.4, rng.integers(1, 12, 30) / 12
    _, influence_values = precision_influences(labels, scores)
    for row in range(30):
        step = np.zeros(30)
        step[row] = 1e-5
        up, down = (
            average_precision_score(labels, scores, sample_weight=1 + sign * step)
            for sign in (1, -1)
        )
        assert influence_values[row] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_a_perfect_or_constant_ranking_has_no_interval() -> None:
    """The spread is unseen, and said to be."""
    perfect = average_precision([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert (perfect.value, perfect.lower) == (1, None)
    flat = average_precision([0, 0, 0, 1], [0.5] * 4)
    assert (flat.value, flat.lower) == (0.25, None)
    assert "all scores are equal" in str(flat.note)


ALONE = "delete-one-image jackknife and Student's t"
OVER = "jackknife over patients and Student's t"


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3], "no positive images"),
        ([1, 1, 1], [0.1, 0.2, 0.3], "no negative images"),
    ],
)
@pytest.mark.parametrize(("patients", "words"), [(None, ALONE), (list("aab"), OVER)])
def test_one_class_is_refused_with_the_method(
    labels: list[int], scores: list[float], reason: str, patients: list[str] | None, words: str
) -> None:
    """Independent images and patients have methods of their own."""
    made = average_precision(labels, scores, patients=patients, confidence_level=0.9)
    assert made.not_estimable == reason
    assert words in made.method
    assert (made.n, made.events, made.confidence_level) == (3, sum(labels), 0.9)


@pytest.mark.parametrize(
    ("labels", "scores", "patients", "value", "note"),
    [
        ([0, 1], [0.1, 0.9], None, 1.0, "the ranking is perfect, so the spread is unseen"),
        ([0, 1, 1], [0.1, 0.9, 0.8], "aab", 1.0, "the ranking is perfect, so the spread is unseen"),
        ([0, 1, 1], [0.5] * 3, None, 2 / 3, "all scores are equal, so the spread is unseen"),
        (
            [0, 1, 1, 0],
            [0.7, 0.9, 0.2, 0.1],
            "aaab",
            5 / 6,
            "one patient dominates, which says nothing about others",
        ),
    ],
)
def test_a_value_without_limits_says_why(
    labels: list[int], scores: list[float], patients: str | None, value: float, note: str
) -> None:
    """The value by hand, with the method of these rows."""
    made = average_precision(labels, scores, patients=None if patients is None else [*patients])
    assert made.value == pytest.approx(value)
    assert (made.lower, made.note) == (None, f"No interval: {note}.")
    assert (ALONE if patients is None else OVER) in made.method
