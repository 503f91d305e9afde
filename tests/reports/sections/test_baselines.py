"""What the model must beat: paired differences in the record, and what the page says of them."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import compare_models, holm
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def rivals(predictions: Predictions) -> dict[str, Predictions]:
    """Noise, and the model's own scores: one that it beats, and one that it cannot."""
    noise = np.random.default_rng(5).random(len(predictions))
    return {"thumbnail": predictions.with_scores(noise), "covariates": predictions}


def test_differences_are_the_models_minus_each_baselines(predictions: Predictions) -> None:
    """The metrics' own paired contrasts over patients; p adjusted over all four."""
    others = rivals(predictions)
    found = ClinicalReport(predictions, threshold=0.5, baselines=others)["baselines"]
    direct = {
        (name, key): compare_models(
            predictions.labels,
            predictions.scores,
            other.scores,
            measure=key,
            patients=predictions.patients,
        )
        for name, other in others.items()
        for key in ("auroc", "average_precision")
    }
    known = {place: each.p_value for place, each in direct.items() if each.p_value is not None}

    for (name, key), each in direct.items():
        part = found["differences"][name][key]
        assert part["difference"]["value"] == each.difference.value
        assert part["difference"]["lower"] == each.difference.lower
        assert part["p_holm"] == holm(known).get((name, key))


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_a_baseline_that_is_not_beaten_is_named(predictions: Predictions, suffix: str) -> None:
    """Its own scores are no worse than itself; noise is; without baselines, no section."""
    report = ClinicalReport(predictions, threshold=0.5, baselines=rivals(predictions))
    page = report.page(suffix)

    assert "This model minus each baseline on the same rows" in page
    assert "ranks better than covariates: the interval" in " ".join(page.split())
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
    alone = ClinicalReport(predictions, threshold=0.5)
    assert "each baseline" not in alone.page(suffix)


def test_baselines_are_of_the_same_rows(predictions: Predictions) -> None:
    """Others are refused, and so is what is no mapping of predictions."""
    with pytest.raises(InvalidInputError, match="rows"):
        ClinicalReport(predictions, threshold=0.5, baselines={"a": predictions.take([0, 1, 2])})
    with pytest.raises(InvalidInputError, match="predictions by name, got a Predictions"):
        ClinicalReport(predictions, threshold=0.5, baselines=predictions)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="`baselines` must be a Predictions"):
        ClinicalReport(predictions, threshold=0.5, baselines={"a": [1]})  # type: ignore[dict-item]
