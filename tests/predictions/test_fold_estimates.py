"""The mean over folds, and its limits, by hand."""

import math

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, sensitivity
from prevalens.predictions import Predictions
from prevalens.predictions.fold_estimates import within_folds

RNG = np.random.default_rng(4)
LABELS = np.tile([0, 1, 1, 0], 15)
ROWS = Predictions(
    labels=LABELS,
    scores=np.clip(0.3 * LABELS + 0.6 * RNG.random(60), 0, 1),
    patients=[f"p{k // 2}" for k in range(60)],
)
FOLDS = np.repeat([0, 1, 2], 20)


def test_the_mean_of_three_folds_by_hand() -> None:
    """Value and both limits from the folds' own estimates, at the level asked for."""
    own = [
        auroc(part.labels, part.scores, patients=part.patients, confidence_level=0.9)
        for part in (ROWS.take(fold == FOLDS) for fold in range(3))
    ]
    value = sum(one.value or 0 for one in own) / 3
    low = math.sqrt(sum(((one.value or 0) - (one.lower or 0)) ** 2 for one in own)) / 3
    high = math.sqrt(sum(((one.value or 0) - (one.upper or 0)) ** 2 for one in own)) / 3
    made = within_folds(ROWS, FOLDS, "auroc", threshold=None, confidence_level=0.9)

    assert (made.value, made.lower, made.upper) == pytest.approx((value, value - low, value + high))
    assert (made.n, made.events, made.patients, made.confidence_level) == (60, 30, 30, 0.9)
    assert made.note == "Folds: " + ", ".join(f"{one.value:.3f}" for one in own) + "."


def test_a_measure_at_a_threshold() -> None:
    """The mean of the sensitivities at the threshold; a score equal to it is positive."""
    at = float(ROWS.scores[1])
    own = [
        sensitivity(part.labels, part.scores >= at, patients=part.patients).value
        for part in (ROWS.take(fold == FOLDS) for fold in range(3))
    ]
    made = within_folds(ROWS, FOLDS, "sensitivity", threshold=at, confidence_level=0.95)

    assert made.value == pytest.approx(np.mean([one or 0.0 for one in own]))


def test_a_fold_of_one_class_has_no_mean() -> None:
    """Its AUROC does not exist, so the mean does not; the reason and how many folds are said."""
    folds = np.where(LABELS == 1, 1, 0)
    made = within_folds(ROWS, folds, "auroc", threshold=None, confidence_level=0.95)

    assert made.value is None
    assert made.not_estimable is not None
    assert made.not_estimable.startswith("in 2 of 2 folds: no ")


@pytest.mark.parametrize(
    ("measure", "threshold", "told"),
    [
        ("auroc", 0.5, "'auroc' takes no `threshold`"),
        ("sensitivity", None, "'sensitivity' needs `threshold`"),
        ("aurok", None, "Did you mean 'auroc'"),
        ("sensitivity", 1.5, r"`threshold` must lie in \[0, 1\]"),
    ],
)
def test_settings_without_use_are_refused(measure: str, threshold: float | None, told: str) -> None:
    """A threshold too many or too few, and a measure that is none."""
    with pytest.raises(InvalidInputError, match=told):
        within_folds(ROWS, FOLDS, measure, threshold=threshold, confidence_level=0.95)


def test_the_mean_over_folds_of_a_measure_of_three_classes() -> None:
    """Macro AUROC of each fold by hand; no threshold is taken, and there is no one positive."""
    labels = np.tile([0, 1, 2], 20)
    scores = np.random.default_rng(1).dirichlet([1, 1, 1], 60)
    rows = Predictions(
        labels=labels,
        scores=scores,
        patients=[f"p{k // 3}" for k in range(60)],
        classes=("a", "b", "c"),
    )
    made = within_folds(rows, FOLDS, "macro_auroc", threshold=None, confidence_level=0.95)
    by_hand = [
        auroc(labels[part] == code, scores[part, code]).value
        for part in (np.flatnonzero(fold == FOLDS) for fold in range(3))
        for code in range(3)
    ]

    assert made.value == pytest.approx(np.mean(by_hand))  # type: ignore[arg-type]
    assert (made.n, made.events, made.patients) == (60, None, 20)
    with pytest.raises(
        InvalidInputError, match="of several classes or labels takes no `threshold`"
    ):
        within_folds(rows, FOLDS, "macro_auroc", threshold=0.5, confidence_level=0.95)
    with pytest.raises(InvalidInputError, match="`measure`"):
        within_folds(rows, FOLDS, "auroc", threshold=None, confidence_level=0.95)
