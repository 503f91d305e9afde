"""Tests of curves as points."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as sklearn_metrics
from strategies import ScoredRows, columns_of, has_both_classes, scored_rows

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Curve, auroc, average_precision, precision_recall_curve, roc_curve


@settings(deadline=None, max_examples=50)
@given(scored_rows(tenths=(0, 9)).filter(has_both_classes))
def test_areas_under_the_curves_are_the_estimates(rows: ScoredRows) -> None:
    """Trapezoids give the AUROC, steps give average precision; points rise."""
    labels, scores, _ = columns_of(rows)
    roc = roc_curve(labels, scores)
    assert np.trapezoid(roc.y, roc.x) == pytest.approx(auroc(labels, scores).value)
    assert (np.diff(roc.x) >= 0).all()
    recall = precision_recall_curve(labels, scores)
    area = (np.diff(recall.x) * recall.y[1:]).sum()
    assert area == pytest.approx(average_precision(labels, scores).value)


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
