"""Tests of curves as points."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Curve, auroc, average_precision, precision_recall_curve, roc_curve

ranked = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
)


@settings(deadline=None, max_examples=50)
@given(ranked)
def test_areas_under_the_curves_are_the_estimates(rows: list[tuple[bool, int]]) -> None:
    """Trapezoids give the AUROC, steps give average precision; points rise."""
    labels, tenths = (np.array(column) for column in zip(*rows, strict=True))
    roc = roc_curve(labels, tenths / 10)
    assert np.trapezoid(roc.y, roc.x) == pytest.approx(auroc(labels, tenths / 10).value)
    assert (np.diff(roc.x) >= 0).all()
    recall = precision_recall_curve(labels, tenths / 10)
    area = (np.diff(recall.x) * recall.y[1:]).sum()
    assert area == pytest.approx(average_precision(labels, tenths / 10).value)


def test_points_are_those_of_scikit_learn() -> None:
    """With no point dropped."""
    rng = np.random.default_rng(0)
    labels, scores = rng.random(80) < 0.4, np.round(rng.random(80), 1)
    ours = roc_curve(labels, scores)
    x, y, thresholds = sklearn_metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(ours.x, x)
    np.testing.assert_allclose(ours.y, y)
    np.testing.assert_allclose(ours.thresholds, thresholds)


def test_one_class_has_no_curve() -> None:
    """The missing class is named."""
    with pytest.raises(InvalidInputError, match="no negative images among 2"):
        roc_curve([1, 1], [0.2, 0.3])
    with pytest.raises(InvalidInputError, match="no positive images among 2"):
        precision_recall_curve([0, 0], [0.2, 0.3])


def test_points_and_names_by_hand() -> None:
    """Scores .9 (positive), .5 (one of each), .2 (negative): four points, one at infinity."""
    labels, scores = [1, 1, 0, 0], [0.9, 0.5, 0.5, 0.2]
    roc, recall = roc_curve(labels, scores), precision_recall_curve(labels, scores)
    for curve in (roc, recall):
        assert curve.thresholds.tolist() == [np.inf, 0.9, 0.5, 0.2]
    assert roc.x.tolist() == [0, 0, 0.5, 1]
    assert roc.y.tolist() == [0, 0.5, 1, 1]
    assert (roc.x_name, roc.y_name) == ("false positive rate", "sensitivity")
    assert recall.x.tolist() == [0, 0.5, 1, 1]
    assert recall.y.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert (recall.x_name, recall.y_name) == ("recall", "precision")


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_the_missing_class_is_named_and_columns_are_checked(curve: Callable[..., Curve]) -> None:
    """Either class, either curve; scores of another length."""
    for label, missing in ((1, "negative"), (0, "positive")):
        with pytest.raises(InvalidInputError, match=f"no {missing} images among 3"):
            curve([label] * 3, [0.2, 0.3, 0.4])
    with pytest.raises(InvalidInputError, match="`scores` has 1"):
        curve([0, 1], [0.5])
