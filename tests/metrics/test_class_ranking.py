"""Tests of discrimination between pairs of classes, and of pooled rows."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prevalens.metrics.class_columns import ClassColumns, check_class_columns
from prevalens.metrics.class_ranking import (
    micro_changes,
    micro_estimate,
    pairs_changes,
    pairs_estimate,
    pooled,
)
from prevalens.metrics.settings import Settings

AT = Settings(None, 0.95)


def drawn(seed: int, sizes: tuple[int, int, int]) -> ClassColumns:
    """Draw three classes with patients of about three images."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), sizes)
    raw = rng.random((y.size, 3)) + 0.5 * np.eye(3)[y]
    table = raw / raw.sum(axis=1, keepdims=True)
    return check_class_columns(y, table, rng.integers(0, y.size // 3, y.size), classes="abc")


def test_a_prevalence_does_not_move_hand_and_tills_measure() -> None:
    """A class three times over has the same value; the macro AUROC has not."""
    held = drawn(1, (40, 40, 40))
    rows = np.concatenate([np.arange(120), np.arange(80, 120), np.arange(80, 120)])
    more = check_class_columns(held.labels[rows], held.scores[rows], None, classes="abc")
    value = pairs_estimate(more, AT).value
    assert value == pytest.approx(pairs_estimate(held, AT).value)
    assert value == pytest.approx(
        roc_auc_score(held.labels, held.scores, multi_class="ovo", average="macro")
    )


def test_changes_are_those_of_leaving_a_patient_out() -> None:
    """To the first order, of the pairs and of the pooled rows."""
    held = drawn(2, (60, 50, 40))
    for estimate, moved in (
        (lambda columns: pairs_estimate(columns, AT).value, pairs_changes(held)),
        (lambda columns: micro_estimate("auroc", columns, AT).value, micro_changes("auroc", held)),
    ):
        left = [held.take(held.units != one) for one in range(held.n_units)]
        exact = [estimate(held) - estimate(part) for part in left]
        assert np.corrcoef(exact, moved)[0, 1] > 0.98


def test_pairs_with_a_class_of_one_image_are_taken_to_be_anywhere_together() -> None:
    """Four of six pairs: the limits leave room for all of them at once."""
    held = drawn(3, (60, 50, 1))
    made = pairs_estimate(held, AT)
    assert "Class 'c' has no limits of its own" in str(made.note)
    assert made.lower < made.value - 4 / 6 * 0.4
    missing = check_class_columns([0, 1], [[0.5, 0.4, 0.1]] * 2, None, classes="abc")
    assert "'c'" in str(pairs_estimate(missing, AT).not_estimable)


def test_pooled_rows_are_one_for_each_image_and_class() -> None:
    """Inside their image at the least."""
    held = drawn(4, (5, 4, 3))
    rows = pooled(held)
    assert (rows.labels.size, int(rows.labels.sum())) == (36, 12)
    assert rows.codes is not None
    assert rows.codes[:3].tolist() == [held.units[0]] * 3
