"""Tests of estimates for many weightings at once."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from prevalens.metrics import all_estimates
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.measures import TABLE
from prevalens.metrics.weighted import WeightedEstimates, WeightedRanks

RNG = np.random.default_rng(31)
PATIENTS = np.repeat(np.arange(25), 14)
LABELS = RNG.random(350) < 0.3
SCORES = np.round(np.clip(0.25 * LABELS + 0.7 * RNG.random(350), 0.02, 0.98), 2)


COUNTED = {
    measure.key: measure.formula.combine
    for measure in TABLE
    if measure.formula is not None and measure.group == "threshold"
}


def confusion_values(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Compute what the table's formulas make of columns tp, fn, fp, tn."""
    tp, fn, fp, tn = counts.T
    return {name: combine(tn, fp, fn, tp) for name, combine in COUNTED.items()}


@pytest.mark.parametrize("decimals", [2, 6])
def test_each_weighting_is_the_estimate_of_repeated_rows(decimals: int) -> None:
    """Every estimate of five draws, with ties and without."""
    scores = np.round(SCORES + 1e-4 * RNG.random(350), decimals)
    weights = RNG.multinomial(25, np.full(25, 1 / 25), size=5).astype(float)
    engine = WeightedEstimates(check_columns(LABELS, scores, PATIENTS), 0.4, TABLE)
    made = engine.estimates(weights)
    for draw, counts in enumerate(weights):
        rows = np.repeat(np.arange(350), counts[PATIENTS].astype(int))
        found = all_estimates(LABELS[rows], scores[rows], threshold=0.4, measures=list(made))
        for name, estimate in found.items():
            rough = 2e-3 if name.startswith("calibration") else 1e-6
            assert made[name][draw] == pytest.approx(estimate.value, rel=rough, abs=rough), name


def test_a_weighting_without_positives_leaves_no_number() -> None:
    """Not a number inside the engine; never 0."""
    labels = np.array([1, 1, 0, 0], dtype=bool)
    engine = WeightedEstimates(
        check_columns(labels, [0.9, 0.2, 0.3, 0.1], list("abcd")), 0.5, TABLE
    )
    made = engine.estimates(np.array([[0.0, 0.0, 2.0, 2.0]]))
    for name in ("sensitivity", "auroc", "average_precision", "mcc", "f1", "kappa"):
        assert np.isnan(made[name][0]), name


def test_confusion_values_of_one_table_by_hand() -> None:
    """Counts of 8 and 2 positives, 4 and 16 negatives."""
    made = confusion_values(np.array([[8.0, 2.0, 4.0, 16.0]]))
    assert made["lr_positive"][0] == pytest.approx(4)
    assert made["dor"][0] == pytest.approx(16)
    assert made["f1"][0] == pytest.approx(16 / 22)
    assert made["kappa"][0] == pytest.approx((0.8 - 0.5333333333) / (1 - 0.5333333333))


def test_an_estimate_that_all_rows_leave_undefined_is_not_drawn() -> None:
    """Infinite log loss of a score of 0 for what happened; no ranks and no line without events."""
    ones = np.ones((1, 2))
    wrong = WeightedEstimates(check_columns([1, 0], [0.0, 0.2], list("ab")), 0.5, TABLE).estimates(
        ones
    )
    assert np.isinf(wrong["log_loss"][0])
    assert wrong["brier"][0] == pytest.approx((1 + 0.04) / 2)
    healthy = WeightedEstimates(
        check_columns([0, 0], [0.6, 0.2], list("ab")), 0.5, TABLE
    ).estimates(ones)
    assert healthy["specificity"][0] == 0.5
    assert not {"auroc", "average_precision", "calibration_slope"} & set(healthy)


def test_the_estimates_of_tables_by_hand() -> None:
    """Fourteen estimates of 8 and 2 positives, 4 and 16 negatives, as of two tables at once."""
    made = confusion_values(np.array([[8.0, 2.0, 4.0, 16.0], [1.0, 3.0, 5.0, 1.0]]))
    by_hand = {
        "sensitivity": (8 / 10, 1 / 4),
        "specificity": (16 / 20, 1 / 6),
        "ppv": (8 / 12, 1 / 6),
        "npv": (16 / 18, 1 / 4),
        "lr_positive": (0.8 / 0.2, 0.25 / (5 / 6)),
        "lr_negative": (0.2 / 0.8, 0.75 * 6),
        "dor": (8 * 16 / 8, 1 / 15),
        "accuracy": (24 / 30, 2 / 10),
        "balanced_accuracy": (0.8, (1 / 4 + 1 / 6) / 2),
        "youden": (0.6, 1 / 4 + 1 / 6 - 1),
        "f1": (16 / 22, 2 / 10),
        "mcc": ((128 - 8) / math.sqrt(12 * 10 * 20 * 18), -14 / math.sqrt(6 * 4 * 6 * 4)),
        "f2": (40 / 52, 5 / 22),
    }
    for name, values in by_hand.items():
        assert made[name].tolist() == pytest.approx(values), name
    assert {*made} - {*by_hand} == {"kappa"}


@pytest.mark.parametrize("label", [0, 1])
def test_a_draw_of_one_class_leaves_agreement_undefined(label: int) -> None:
    """F1 without positives and kappa without either class are no number."""
    columns = check_columns([label, label, 1 - label], [0.6, 0.2, 0.7], list("abc"))
    engine = WeightedEstimates(columns, 0.5, TABLE)
    made = engine.estimates(np.array([[1.0, 2.0, 0.0]]))
    assert np.isnan(made["kappa"][0])
    assert np.isnan(made["f1"][0]) == (label == 0)


@pytest.mark.parametrize(
    ("labels", "scores", "missing"),
    [
        ([1, 0, 1, 0], [0.4, 0.5, 0.6, 0.3], set()),
        ([1, 0, 1, 0], [0.4, 0.5, 1.0, 0.3], set()),
        ([1, 0, 1, 0], [0.4, 0.5, 0.0, 0.3], set()),
        ([1, 0, 1, 0], [0.6, 0.5, 0.7, 0.3], {"calibration_slope"}),
        ([1, 0, 1, 0], [0.3, 0.3, 0.3, 0.3], {"calibration_slope"}),
        ([1, 1, 1, 1], [0.4, 0.5, 0.6, 0.3], {"calibration_intercept", "calibration_slope"}),
        (
            [0, 0, 0, 0],
            [0.4, 0.5, 0.6, 0.3],
            {"calibration_intercept", "calibration_slope", "auroc", "average_precision"},
        ),
        ([1, 1, 0, 0], [0.3, np.nextafter(0.3, 1)] * 2, {"calibration_slope"}),
    ],
)
def test_what_all_rows_leave_undefined_is_left_out(
    labels: list[int], scores: list[float], missing: set[str]
) -> None:
    """Infinite log odds or losses, separation, one score, one class: the others are there."""
    columns = check_columns(labels, scores, None)
    made = WeightedEstimates(columns, 0.45, TABLE).estimates(np.ones((2, 4)))
    always = {measure.key for measure in TABLE if measure.formula or measure.engine}
    assert set(made) == always - missing
    assert all(values.shape == (2,) for values in made.values())


def test_weights_of_patients_without_scores_of_their_own_count() -> None:
    """The last patient has no positives and no losses but certain ones: still a place for each."""
    columns = check_columns([1, 0, 0, 0], [0.6, 0.3, 0.5, 0.1], list("aabc"))
    engine = WeightedEstimates(columns, 0.5, TABLE)
    assert engine.n_units == 3
    made = engine.estimates(np.array([[1.0, 2.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 3.0]]))
    assert made["brier"].tolist() == pytest.approx(
        [(0.16 + 0.09 + 0.5 + 0.01) / 5, (0.16 + 0.09 + 0.25) / 3, (0.16 + 0.09 + 0.03) / 5]
    )
    logs = -np.log([0.6, 0.7, 0.5, 0.9])
    assert made["log_loss"].tolist() == pytest.approx(
        [logs @ [1, 1, 2, 1] / 5, logs @ [1, 1, 1, 0] / 3, logs @ [1, 1, 0, 3] / 5]
    )
    assert made["auroc"].tolist() == [1.0, 1.0, 1.0]
    assert made["specificity"].tolist() == pytest.approx([2 / 4, 1 / 2, 1.0])


def test_weighted_ranks_are_those_of_repeated_rows_with_ties() -> None:
    """AUROC and average precision of forty draws of few scores, some without a class."""
    rng = np.random.default_rng(7)
    labels, scores = rng.random(30) < 0.4, rng.integers(0, 6, 30) / 5
    codes = np.arange(30) // 3
    weights = rng.multinomial(6, np.full(10, 0.1), size=40).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = WeightedRanks(labels, scores, codes).estimates(weights)
    seen = 0
    for draw, times in enumerate(weights):
        rows = np.repeat(np.arange(30), times[codes].astype(int))
        y, x = labels[rows], scores[rows]
        if y.all() or not y.any():
            assert np.isnan(made["auroc"][draw])
            assert np.isnan(made["average_precision"][draw])
            continue
        seen += 1
        assert made["auroc"][draw] == pytest.approx(roc_auc_score(y, x))
        assert made["average_precision"][draw] == pytest.approx(average_precision_score(y, x))
    assert seen > 30
    with np.errstate(divide="ignore", invalid="ignore"):
        one = WeightedRanks(np.array([True, False]), np.array([0.5, 0.2]), np.arange(2))
        made = one.estimates(np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    assert np.isnan(made["auroc"]).tolist() == [True, True, False]
    assert np.isnan(made["average_precision"]).tolist() == [True, True, False]
