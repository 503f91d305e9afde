"""Tests of the table of measures of several classes: every value against scikit-learn or a hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from prevalens.metrics import all_class_measures, all_measures, multiclass_estimates
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_measures import class_estimates
from prevalens.metrics.references import REFERENCES
from prevalens.metrics.settings import Settings

RNG = np.random.default_rng(5)
Y = RNG.choice(4, 400, p=[0.5, 0.25, 0.15, 0.1])
RAW = RNG.random((400, 4)) + 0.7 * np.eye(4)[Y]
S = RAW / RAW.sum(axis=1, keepdims=True)
P = S.argmax(axis=1)
ONE_HOT = np.eye(4)[Y]
PATIENTS = RNG.integers(0, 150, 400)
MADE = multiclass_estimates(Y, S, classes="abcd", patients=PATIENTS, ordered=True).overall


def ece(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean distance of share and mean score over ten bins between deciles, by hand."""
    edges = np.quantile(scores, np.linspace(0, 1, 11)[1:-1])
    bins = [(edges < s).sum() for s in scores]
    return sum(
        abs((truth - scores)[[b == which for b in bins]].sum()) for which in range(10)
    ) / len(truth)


EXPECTED = {
    "accuracy": sk.accuracy_score(Y, P),
    "balanced_accuracy": sk.balanced_accuracy_score(Y, P),
    "macro_specificity": np.mean([sk.recall_score(c != Y, c != P) for c in range(4)]),
    "macro_ppv": sk.precision_score(Y, P, average="macro"),
    "macro_npv": np.mean([sk.precision_score(c != Y, c != P) for c in range(4)]),
    "macro_f1": sk.f1_score(Y, P, average="macro"),
    "weighted_ppv": sk.precision_score(Y, P, average="weighted"),
    "weighted_f1": sk.f1_score(Y, P, average="weighted"),
    "mcc": sk.matthews_corrcoef(Y, P),
    "kappa": sk.cohen_kappa_score(Y, P),
    "linear_kappa": sk.cohen_kappa_score(Y, P, weights="linear"),
    "quadratic_kappa": sk.cohen_kappa_score(Y, P, weights="quadratic"),
    "top_2_accuracy": sk.top_k_accuracy_score(Y, S, k=2),
    "top_3_accuracy": sk.top_k_accuracy_score(Y, S, k=3),
    "grade_distance": sk.mean_absolute_error(Y, P),
    "macro_auroc": sk.roc_auc_score(Y, S, multi_class="ovr", average="macro"),
    "weighted_auroc": sk.roc_auc_score(Y, S, multi_class="ovr", average="weighted"),
    "hand_till_auroc": sk.roc_auc_score(Y, S, multi_class="ovo", average="macro"),
    "micro_auroc": sk.roc_auc_score(ONE_HOT, S, average="micro"),
    "macro_average_precision": sk.average_precision_score(ONE_HOT, S, average="macro"),
    "weighted_average_precision": sk.average_precision_score(ONE_HOT, S, average="weighted"),
    "micro_average_precision": sk.average_precision_score(ONE_HOT, S, average="micro"),
    "multiclass_brier": 4 * sk.mean_squared_error(ONE_HOT, S),
    "log_loss": sk.log_loss(Y, S),
    "ranked_probability_score": np.mean(
        [np.mean(((S[:, : c + 1].sum(axis=1)) - (c >= Y)) ** 2) for c in range(3)]
    ),
    "classwise_calibration_error": np.mean([ece(ONE_HOT[:, c], S[:, c]) for c in range(4)]),
}


def test_every_measure_has_a_value_from_elsewhere() -> None:
    """No entry of the table goes unchecked."""
    assert [measure.key for measure in all_class_measures()] == list(MADE) == list(EXPECTED)


@pytest.mark.parametrize("key", EXPECTED)
def test_values_agree_with_scikit_learn_or_a_hand_count(key: str) -> None:
    """And each has an interval over patients around it, or above it for a biased one."""
    estimate = MADE[key]
    assert estimate.value == pytest.approx(EXPECTED[key])
    assert estimate.patients == np.unique(PATIENTS).size
    assert estimate.lower <= estimate.value <= estimate.upper
    assert estimate.upper - estimate.lower > 0.005


def test_measures_of_grades_are_of_grades_alone() -> None:
    """Classes without an order have no weighted kappa, nor a ranked score."""
    plain = multiclass_estimates(Y, S, classes="abcd").overall
    graded = {measure.key for measure in all_class_measures() if measure.graded}
    assert graded == MADE.keys() - plain.keys()
    assert {"linear_kappa", "quadratic_kappa", "ranked_probability_score"} <= graded


def test_only_the_measures_asked_for_are_computed() -> None:
    """By their keys, in the order asked for."""
    columns = check_class_columns(Y, S, None, classes="abcd")
    made = class_estimates(columns, Settings(None, 0.95), ["kappa", "accuracy"])
    assert list(made) == ["kappa", "accuracy"]


def test_a_key_means_one_thing_and_every_paper_is_listed() -> None:
    """A key that two classes have too has the same title there."""
    titles = {measure.key: measure.title for measure in all_measures()}
    for measure in all_class_measures():
        assert titles.get(measure.key, measure.title) == measure.title
        assert set(measure.references) <= set(REFERENCES)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(*(st.integers(0, 9) for _ in range(5))), min_size=2, max_size=30),
    graded=st.booleans(),
)
def test_no_rows_give_a_value_outside_its_range(rows: list[tuple[int, ...]], graded: bool) -> None:
    """Whatever the table: a value in its range and inside its limits, or a reason."""
    table = np.array(rows, dtype=float)
    scores = (table[:, :3] + 0.01) / (table[:, :3] + 0.01).sum(axis=1, keepdims=True)
    labels, patients = table[:, 3].astype(int) % 3, table[:, 4].astype(int)
    made = multiclass_estimates(
        labels, scores, classes="abc", patients=patients, ordered=graded
    ).overall
    for measure in all_class_measures():
        if measure.key not in made:
            continue
        estimate = made[measure.key]
        if estimate.value is None:
            assert estimate.not_estimable
            continue
        assert measure.low - 1e-9 <= estimate.value <= measure.high + 1e-9, measure.key
        if estimate.lower is not None and estimate.upper is not None:
            assert estimate.lower <= estimate.value + 1e-9, measure.key
            assert estimate.value <= estimate.upper + 1e-9, measure.key
