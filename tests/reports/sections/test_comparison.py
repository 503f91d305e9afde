"""Two models on the same rows, each at its own threshold, in the record and on the page."""

import numpy as np
import pytest

from prevalens.decisions import correct_prior_shift
from prevalens.metrics import compare_models, holm, sensitivity
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.sections.comparison import SECTION, Comparison


def worse(predictions: Predictions) -> Predictions:
    """The same rows with scores half of which are noise."""
    noise = np.random.default_rng(5).random(len(predictions))
    return predictions.with_scores((predictions.scores + noise) / 2, train_prevalence=0.5)


def compared(predictions: Predictions, other: Predictions, **settings: object) -> Comparison:
    """Return the part of a report that compares two models."""
    report = ClinicalReport(predictions, threshold=0.5, compare=other, **settings)  # type: ignore[arg-type]
    part = SECTION.of(report.record)
    assert part is not None
    return part


def test_differences_are_this_model_minus_the_other(predictions: Predictions) -> None:
    """The metrics' own contrasts, with patients, and a p value."""
    other = worse(predictions)
    found = compared(predictions, other, confidence_level=0.9)
    direct = compare_models(
        predictions.labels,
        predictions.scores,
        other.scores,
        patients=predictions.patients,
        confidence_level=0.9,
    )

    assert found.differences["auroc"].difference.value == direct.difference.value
    assert found.differences["auroc"].difference.lower == direct.difference.lower
    assert found.differences["auroc"].difference.value > 0
    assert set(found.differences) == {
        *("auroc", "average_precision", "brier", "sensitivity", "specificity")
    }
    assert found.mcnemar.clustered is not None


def test_each_model_has_its_own_threshold(predictions: Predictions) -> None:
    """The other model's sensitivity is that at its threshold; McNemar's counts are too."""
    other = predictions.with_scores(predictions.scores / 2, train_prevalence=0.5)
    same = compared(predictions, other)
    own = compared(predictions, other, compare_threshold=0.25)
    direct = sensitivity(predictions.labels, other.scores >= 0.25, patients=predictions.patients)

    assert own.differences["sensitivity"].second.value == direct.value
    assert own.differences["sensitivity"].difference.value == 0
    assert (own.mcnemar.first_only, own.mcnemar.second_only) == (0, 0)
    assert same.differences["sensitivity"].difference.value > 0


def test_p_values_are_adjusted_for_all_measures(predictions: Predictions) -> None:
    """Holm's method over the five, beside each p value."""
    found = compared(predictions, worse(predictions)).differences
    expected = holm({name: each.p_value for name, each in found.items()})

    assert {name: each.p_holm for name, each in found.items()} == pytest.approx(expected)


def test_briers_compare_risks_not_raw_scores(predictions: Predictions) -> None:
    """Scores of 50/50 training are corrected first, each from its own training prevalence."""
    corrected = correct_prior_shift(
        predictions.scores, train_prevalence=0.5, target_prevalence=predictions.prevalence
    )
    first = compared(predictions, worse(predictions)).differences["brier"].first

    assert first.value == pytest.approx(np.mean((corrected - predictions.labels) ** 2))


def test_the_page_shows_both_and_the_test(predictions: Predictions) -> None:
    """A section of its own, with the hypothesis named; without another model, none."""
    text = str(ClinicalReport(predictions, threshold=0.5, compare=worse(predictions)))
    alone = ClinicalReport(predictions, threshold=0.5)

    assert "Comparison with another model\n---" in text
    plain = " ".join(text.split())
    assert "both models have the same value in the population" in plain
    assert ". Difference over patients (Obuchowski 1998)" in plain
    assert alone["comparison"] is None
    assert SECTION.show(alone.record) == []


def test_a_model_against_itself_is_no_error(predictions: Predictions) -> None:
    """Every difference is 0, nothing is nan, and no p value is made up."""
    found = compared(predictions, predictions).differences

    assert {each.difference.value for each in found.values()} == {0.0}
    assert all(each.p_value in {None, 1.0} for each in found.values())
