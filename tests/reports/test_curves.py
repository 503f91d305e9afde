"""The points of the charts."""

import numpy as np
import pytest

from prevalens.metrics import auroc, prevalence
from prevalens.predictions import Predictions
from prevalens.reports.curves import curves


def test_scores_are_counted_in_bins_of_each_class() -> None:
    """Shares of a class sum to 1; a score of exactly 1 falls in the last bin."""
    told = Predictions(labels=[0, 0, 1, 1], scores=[0.02, 0.97, 1.0, 0.52], patients=None)
    found = curves(told, correction=None, confidence_level=0.95)["scores"]

    assert len(found["edges"]) == 21
    assert (found["negative"][0], found["negative"][19]) == (0.5, 0.5)
    assert (found["positive"][10], found["positive"][19]) == (0.5, 0.5)


def test_corrected_scores_are_counted_after_correction() -> None:
    """A score of 0.5 corrected from 50 % to 10 % is counted at 0.1."""
    told = Predictions(labels=[0, 1], scores=[0.5, 0.5], patients=None)
    correction = {"train_prevalence": 0.5, "target_prevalence": 0.12}
    found = curves(told, correction=correction, confidence_level=0.95)["corrected_scores"]

    assert found["positive"][2] == 1
    assert sum(found["negative"]) == pytest.approx(1)


def test_a_class_without_rows_has_no_share() -> None:
    """One class only: the other's shares are all zero, not nan."""
    told = Predictions(labels=[1, 1], scores=[0.5, 0.6], patients=None)

    assert sum(curves(told, correction=None, confidence_level=0.95)["scores"]["negative"]) == 0


def test_roc_and_precision_by_hand() -> None:
    """Scores 0.8, 0.4, 0.35, 0.1 with labels 1, 0, 1, 0, one call more at a time."""
    told = Predictions(labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=None)
    found = curves(told, correction=None, confidence_level=0.95)

    assert found["roc"] == {
        "false_positive_share": [0, 0, 0.5, 0.5, 1],
        "sensitivity": [0, 0.5, 0.5, 1, 1],
    }
    assert found["precision_recall"]["sensitivity"] == [0.5, 0.5, 1, 1]
    assert found["precision_recall"]["ppv"] == pytest.approx([1, 0.5, 2 / 3, 0.5])


def test_long_curves_are_thinned_but_keep_their_shape() -> None:
    """50,000 rows leave a few hundred points whose area is the AUROC to a thousandth."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 50_000)
    scores = 1 / (1 + np.exp(-(rng.normal(size=50_000) + labels)))
    told = Predictions(labels=labels, scores=scores, patients=None)
    roc = curves(told, correction=None, confidence_level=0.95)["roc"]
    rise, run = np.array(roc["sensitivity"]), np.diff(roc["false_positive_share"])
    area = float(np.sum((rise[1:] + rise[:-1]) / 2 * run))

    assert len(roc["sensitivity"]) <= 302
    assert area == pytest.approx(auroc(labels, scores).value, abs=1e-3)
    assert (roc["sensitivity"][0], roc["sensitivity"][-1]) == (0, 1)


def test_reliability_compares_like_groups() -> None:
    """Ten groups of 100 rows; each share of positives has the metrics' interval over patients."""
    rng = np.random.default_rng(1)
    scores = np.arange(1000) / 1000
    labels = (rng.random(1000) < scores).astype(int)
    told = Predictions(labels=labels, scores=scores, patients=np.arange(1000) // 2)
    found = curves(told, correction=None, confidence_level=0.9)["reliability"]
    first = prevalence(labels[:100], patients=told.patients[:100], confidence_level=0.9)

    assert found["images"] == [100] * 10
    assert found["mean_score"][0] == pytest.approx(0.0495)
    assert (found["share_positive"][0], found["lower"][0]) == (first.value, first.lower)


def test_equal_scores_are_one_group() -> None:
    """A constant score has a single group, not ten of chance."""
    told = Predictions(labels=[0, 1] * 20, scores=[0.5] * 40, patients=None)

    assert curves(told, correction=None, confidence_level=0.95)["reliability"]["images"] == [40]
