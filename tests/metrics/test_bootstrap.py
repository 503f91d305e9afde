"""Tests of the bootstrap over patients."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_figures
from prevalens.metrics.basis import Basis
from prevalens.metrics.bootstrap import (
    draw_weights,
    drawn_figure,
    in_fixed_order,
    percentile_limits,
)
from prevalens.metrics.inputs import check_columns

RNG = np.random.default_rng(13)
PATIENTS = np.repeat(np.arange(60), 6)
LABELS = RNG.random(360) < 0.3
SCORES = np.clip(0.25 * LABELS + 0.7 * RNG.random(360), 0.02, 0.98)


def test_limits_are_near_the_closed_ones() -> None:
    """Two ways to the same end: each limit within a quarter of the width."""
    closed = all_figures(LABELS, SCORES, threshold=0.4, patients=PATIENTS)
    drawn = all_figures(LABELS, SCORES, threshold=0.4, patients=PATIENTS, draws=1000)
    for name, figure in closed.items():
        made = drawn[name]
        assert made.value == figure.value
        assert "bootstrap over patients, 1000 draws" in made.method
        width = figure.upper - figure.lower  # type: ignore[operator]
        assert made.lower == pytest.approx(figure.lower, abs=width / 4), name
        assert made.upper == pytest.approx(figure.upper, abs=width / 4), name


def test_a_seed_fixes_the_limits_whatever_the_order_of_rows() -> None:
    """Shuffled rows give the same draws; another seed gives others."""
    mixed = RNG.permutation(360)
    for ids in (PATIENTS, None):
        one, two, other = (
            all_figures(
                LABELS[rows],
                SCORES[rows],
                threshold=0.4,
                patients=None if ids is None else ids[rows],
                draws=100,
                seed=seed,
            )["auroc"]
            for rows, seed in ((np.arange(360), 1), (mixed, 1), (mixed, 2))
        )
        assert (one.lower, one.upper) == pytest.approx((two.lower, two.upper), rel=1e-12)
        assert one.lower != other.lower


def test_draws_do_not_depend_on_how_many_are_held() -> None:
    """As many patients in each draw; the same in parts of 7 and of 100."""
    whole = np.concatenate(list(draw_weights(9, draws=100, seed=3, at_once=100)))
    parts = np.concatenate(list(draw_weights(9, draws=100, seed=3, at_once=7)))
    np.testing.assert_array_equal(whole, parts)
    assert (whole.sum(axis=1) == 9).all()


def test_percentiles_are_widened_for_few_patients() -> None:
    """From 2.5 % towards the ends; next to nothing for many patients."""
    values = np.linspace(0, 1, 10_001)
    many = percentile_limits(values, level=0.95, units=10**7)
    few = percentile_limits(values, level=0.95, units=10)
    assert many == pytest.approx((0.025, 0.975), abs=1e-4)
    # Student's t on 9 degrees, 2.2622, times sqrt(10/9): 2.3845, whose normal tail is .00855.
    assert few == pytest.approx((0.00855, 0.99145), abs=2e-4)


def test_rows_are_sorted_before_they_are_drawn() -> None:
    """By patient, then score, then label."""
    columns = in_fixed_order(check_columns([1, 0, 1], [0.5, 0.2, 0.1], ["b", "a", "b"]))
    assert columns.scores.tolist() == [0.2, 0.1, 0.5]
    assert columns.labels.tolist() == [False, True, True]


def test_what_draws_cannot_give_is_said() -> None:
    """One patient; a figure that too many draws leave undefined."""
    one = all_figures(
        [1, 0, 1, 0], [0.6, 0.7, 0.8, 0.1], threshold=0.5, patients=[7] * 4, draws=100
    )
    assert "one of the patients alone" in str(one["auroc"].note)
    rare = all_figures(
        [1, 0, 0, 0], [0.6, 0.7, 0.2, 0.1], threshold=0.5, patients=list("abcd"), draws=100
    )
    assert rare["auroc"].lower is None
    assert "draws leave it undefined" in str(rare["auroc"].note)


def test_too_few_draws_are_refused() -> None:
    """Percentiles need at least 100."""
    with pytest.raises(InvalidInputError, match="`draws`"):
        all_figures(LABELS, SCORES, threshold=0.4, draws=10)


def test_a_statistic_without_a_value_is_not_drawn() -> None:
    """Infinite on all rows: refused before a single draw."""
    columns = check_columns([1, 0, 1], [0.5, 0.2, 0.1], None)
    asked = []

    def endless(weights: np.ndarray) -> np.ndarray:
        asked.append(len(weights))
        return np.full(len(weights), np.inf)

    basis = Basis.of(None, level=0.95, n=3, events=2)
    made = drawn_figure(basis, columns, endless, "by hand", draws=100, seed=0)
    assert (made.value, made.method, asked) == (None, "by hand", [1])
    assert "too extreme" in str(made.not_estimable)
