"""Several labels a row: each label has the estimates of two classes on its known rows."""

import json

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, multilabel_estimates

RNG = np.random.default_rng(7)
LABELS = np.where(RNG.random((90, 3)) < 0.1, np.nan, (RNG.random((90, 3)) < 0.4).astype(float))
SCORES = np.clip(np.nan_to_num(LABELS) * 0.3 + RNG.random((90, 3)) * 0.7, 0, 1)
PATIENTS = np.arange(90) // 2
NAMES = ["mass", "node", "fluid"]


def test_a_label_has_the_estimates_of_two_classes() -> None:
    """On its known rows, at its own threshold, value and limits are those of `all_estimates`."""
    thresholds = {"mass": 0.3, "node": 0.5, "fluid": 0.6}
    made = multilabel_estimates(
        LABELS, SCORES, names=NAMES, thresholds=thresholds, patients=PATIENTS
    )
    rows = ~np.isnan(LABELS[:, 1])
    alone = all_estimates(LABELS[rows, 1], SCORES[rows, 1], threshold=0.5, patients=PATIENTS[rows])

    for key, found in made.per_label["node"].items():
        assert (found.value, found.lower, found.upper, found.n) == pytest.approx(
            (alone[key].value, alone[key].lower, alone[key].upper, alone[key].n)
        )
    assert made.unknown["node"] == int((~rows).sum())
    assert "sensitivity" in made.per_label["mass"]


def test_plain_values_survive_json_and_no_threshold_no_predictions() -> None:
    """What needs predictions is left out, not filled with zeros."""
    made = multilabel_estimates(LABELS, SCORES, names=NAMES, patients=PATIENTS)

    assert json.loads(json.dumps(made.to_dict(), allow_nan=False)) == made.to_dict()
    assert set(made.per_label["mass"]) == {"prevalence", "auroc", "average_precision", "brier"}
    assert "subset_accuracy" not in made.overall
    with pytest.raises(InvalidInputError, match="confidence_level"):
        multilabel_estimates(LABELS, SCORES, names=NAMES, confidence_level=95)
