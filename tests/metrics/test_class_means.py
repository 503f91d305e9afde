"""Tests of means over classes: macro and weighted, with their limits."""

import numpy as np
import pytest

from prevalens.metrics import multiclass_estimates, multilabel_estimates
from prevalens.metrics.class_columns import ClassColumns, check_class_columns
from prevalens.metrics.class_means import (
    macro_changes,
    macro_estimate,
    rare_classes,
    rows_of,
    weighted_changes,
    weighted_estimate,
)
from prevalens.metrics.settings import Settings

AT = Settings(None, 0.95)


def drawn(
    sizes: tuple[int, ...], seed: int, *, gain: float = 1.2, patients: int | None = None
) -> ClassColumns:
    """Draw classes of given sizes, with scores that tell them apart in part."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    owner = None if patients is None else rng.integers(0, patients, truth.size)
    logits = rng.normal(size=(truth.size, len(sizes)))
    if owner is not None:
        logits += 0.7 * rng.normal(size=(patients, len(sizes)))[owner]
    logits[np.arange(truth.size), truth] += gain
    odds = np.exp(logits)
    return check_class_columns(
        truth, odds / odds.sum(axis=1, keepdims=True), owner, classes="abcdef"[: len(sizes)]
    )


def without(columns: ClassColumns, patient: int) -> ClassColumns:
    """Leave one patient out."""
    return columns.take(columns.units != patient)


@pytest.mark.parametrize("key", ["sensitivity", "auroc", "f1"])
def test_changes_are_those_of_leaving_a_patient_out(key: str) -> None:
    """To the first order: correlated by more than 0.98 with the exact differences."""
    columns = drawn((120, 90, 60), 3, patients=50)
    for estimate, changes in (
        (macro_estimate(key), macro_changes(key)),
        (weighted_estimate(key), weighted_changes(key)),
    ):
        value = estimate(columns, AT).value
        exact = [
            value - estimate(without(columns, one), AT).value for one in range(columns.n_units)
        ]
        moved = changes(columns)
        assert np.corrcoef(exact, moved)[0, 1] > 0.98
        assert np.std(moved) == pytest.approx(np.std(exact), rel=0.1)


def test_the_weighted_sensitivity_is_the_accuracy() -> None:
    """Value and spread: weights are the shares of the images, estimated too."""
    columns = drawn((120, 90, 60), 4)
    made = weighted_estimate("sensitivity")(columns, AT)
    hits = columns.labels == columns.predicted
    assert made.value == pytest.approx(hits.mean())
    half = 1.959963984540054 * hits.std(ddof=1) / np.sqrt(hits.size)
    slope = made.value * (1 - made.value)
    assert made.upper == pytest.approx(
        1 / (1 + np.exp(-(np.log(made.value / (1 - made.value)) + half / slope)))
    )


def test_a_class_that_is_never_predicted_leaves_no_mean_of_predictive_values() -> None:
    """Undefined is not zero: the class is named."""
    scores = [[0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.3, 0.6, 0.1]] * 4
    made = multiclass_estimates([0, 1, 2] * 4, scores, classes="abc").overall
    assert made["macro_ppv"].not_estimable == "of class 'c': no positive predictions"
    assert made["weighted_ppv"].not_estimable == "of class 'c': no positive predictions"
    assert made["macro_f1"].value == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_rare_classes_are_told_by_images_and_by_patients() -> None:
    """Few images, or many of few patients."""
    labels = np.repeat([0, 1, 2], [40, 40, 3])
    owner = np.concatenate([np.arange(40), np.arange(40) % 4, [0, 1, 2]])
    scores = np.eye(3)[labels]
    held = check_class_columns(labels, scores, owner, classes="abc")
    assert rare_classes(held) == [
        "class 'b' has only 40 images of 4 patients",
        "class 'c' has only 3 images of 3 patients",
    ]


def test_the_limits_at_another_level_are_those_asked_for_there() -> None:
    """What a p value is found by."""
    columns = drawn((60, 40, 4), 5, patients=40)
    for key in ("sensitivity", "auroc", "f1", "average_precision"):
        made = macro_estimate(key)(columns, AT)
        narrow = macro_estimate(key)(columns, Settings(None, 0.8))
        assert made.limits_at is not None
        assert made.limits_at(0.8) == pytest.approx((narrow.lower, narrow.upper))


def test_measures_read_predictions_or_scores() -> None:
    """Sensitivity reads the predicted class, the AUROC the score."""
    columns = drawn((10, 10), 6)
    assert set(rows_of(columns, 0, "sensitivity").scores.tolist()) == {0.0, 1.0}
    assert rows_of(columns, 0, "auroc").scores.tolist() == columns.scores[:, 0].tolist()


def test_pooled_estimates_tell_of_images_where_there_are_no_patients() -> None:
    """Independent images are no patients: none is counted, and the method names images."""
    truth = np.tile([0, 1, 2], 30)
    scores = np.random.default_rng(0).dirichlet(np.ones(3), 90)
    flags = np.eye(3)[truth]
    for made in (
        multiclass_estimates(truth, scores, classes="abc").overall,
        multilabel_estimates(flags, scores, names="abc", thresholds=0.4).overall,
    ):
        assert {estimate.patients for estimate in made.values()} == {None}
        assert "delete-one-image" in made["micro_auroc"].method
    ids = np.arange(90) // 3
    known = multiclass_estimates(truth, scores, classes="abc", patients=ids).overall["micro_auroc"]
    assert known.patients == 30
    assert "delete-one-patient" in known.method
