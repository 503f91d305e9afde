"""Two models on the same rows, in the record and on the page."""

import numpy as np
import pytest

from prevalens.decisions import correct_prior_shift
from prevalens.metrics import compare_models
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.comparisons import comparison, risks


def worse(predictions: Predictions) -> Predictions:
    """The same rows with scores half of which are noise."""
    noise = np.random.default_rng(5).random(len(predictions))
    return predictions.with_scores((predictions.scores + noise) / 2, train_prevalence=0.5)


def test_differences_are_this_model_minus_the_other(predictions: Predictions) -> None:
    """The metrics' own contrasts, with patients, and a p value."""
    other = worse(predictions)
    found = comparison(predictions, other, threshold=0.5, confidence_level=0.9)
    direct = compare_models(
        predictions.labels,
        predictions.scores,
        other.scores,
        patients=predictions.patients,
        confidence_level=0.9,
    )

    assert found["estimates"]["auroc"] == direct.to_dict()
    assert found["estimates"]["auroc"]["difference"]["value"] > 0
    assert set(found["estimates"]) == {
        *("auroc", "average_precision", "brier", "sensitivity", "specificity")
    }
    assert found["mcnemar"]["clustered"] is not None


def test_briers_compare_risks_not_raw_scores(predictions: Predictions) -> None:
    """Scores of 50/50 training are corrected first, each from its own training prevalence."""
    target = predictions.prevalence
    corrected = correct_prior_shift(
        predictions.scores, train_prevalence=0.5, target_prevalence=target
    )
    found = comparison(predictions, worse(predictions), threshold=0.5, confidence_level=0.95)
    first = found["estimates"]["brier"]["first"]["value"]

    assert first == pytest.approx(np.mean((corrected - predictions.labels) ** 2))
    assert np.array_equal(risks(predictions), corrected)
    as_given = predictions.with_scores(predictions.scores)
    assert np.array_equal(risks(as_given), predictions.scores)


def test_the_page_shows_both_and_the_test(predictions: Predictions) -> None:
    """A section of its own, with the hypothesis named; without another model, none."""
    text = str(ClinicalReport(predictions, threshold=0.5, compare=worse(predictions)))
    alone = ClinicalReport(predictions, threshold=0.5)

    assert "Against another model" in text
    assert "both models have the same auroc" in " ".join(text.split())
    assert alone.to_dict()["comparison"] is None
    assert "Against another model" not in str(alone)


def test_a_model_against_itself_is_no_error(predictions: Predictions) -> None:
    """Every difference is 0, nothing is nan, and no p value is made up."""
    found = comparison(predictions, predictions, threshold=0.5, confidence_level=0.95)

    assert {c["difference"]["value"] for c in found["estimates"].values()} == {0.0}
    assert all(c["p_value"] in {None, 1.0} for c in found["estimates"].values())
