"""Tests of an estimate by its name."""

import numpy as np
import pytest

from prevalens.metrics import all_estimates, net_benefit
from prevalens.metrics.influences import COMPARABLE
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.single_estimate import single_estimate


@pytest.mark.parametrize("name", COMPARABLE)
def test_each_name_gives_the_estimate_of_the_table(name: str) -> None:
    """The same as `all_estimates`, and net benefit as its own function."""
    rng = np.random.default_rng(0)
    labels, scores, patients = rng.random(60) < 0.4, rng.random(60), np.arange(60) // 6
    columns = check_columns(labels, scores, patients)
    at = None if name in {"auroc", "average_precision", "brier"} else 0.3
    made = single_estimate(name, columns, threshold=at, confidence_level=0.95)
    if name == "net_benefit":
        assert made == net_benefit(labels, scores, 0.3, patients=patients).model[0]
    else:
        assert made == all_estimates(labels, scores, threshold=0.3, patients=patients)[name]


@pytest.mark.parametrize("name", COMPARABLE)
def test_the_level_and_the_threshold_are_the_estimates(name: str) -> None:
    """A score of the threshold is a call; limits aim at the confidence level."""
    columns = check_columns([1, 1, 0, 0, 1, 0], [0.5, 0.2, 0.5, 0.1, 0.7, 0.3], None)
    at = None if name in {"auroc", "average_precision", "brier"} else 0.5
    made = single_estimate(name, columns, threshold=at, confidence_level=0.8)
    assert made.confidence_level == 0.8
    by_hand = {"sensitivity": 2 / 3, "specificity": 2 / 3, "accuracy": 2 / 3}
    by_hand |= {"net_benefit": 1 / 6, "brier": (0.25 * 2 + 0.64 + 0.01 + 0.09 * 2) / 6}
    by_hand |= {"auroc": (2.5 + 1 + 3) / 9}
    if name in by_hand:
        assert made.value == pytest.approx(by_hand[name])
