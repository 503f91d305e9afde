"""What a model of several classes must beat: paired differences, and what the page says of them."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import compare_multiclass, holm
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def rivals(held: Predictions) -> dict[str, Predictions]:
    """Noise, and the model's own scores read anew: one that it beats, and one that it cannot."""
    noise = np.random.default_rng(5).dirichlet([1, 1, 1], len(held))
    return {"thumbnail": held.with_scores(noise), "covariates": held.with_scores(held.scores)}


def test_differences_are_the_models_minus_each_baselines(graded_rows: Predictions) -> None:
    """The metrics' own paired contrasts over patients; p adjusted over all that have one."""
    held, others = graded_rows, rivals(graded_rows)
    found = ClinicalReport(held, baselines=others, worst=0)["baselines"]["differences"]
    direct = {
        (name, key): compare_multiclass(
            held.labels,
            held.scores,
            other.scores,
            classes=held.classes,
            measure=key,
            patients=held.patients,
            ordered=True,
        )
        for name, other in others.items()
        for key in ("macro_auroc", "macro_average_precision")
    }
    known = {place: each.p_value for place, each in direct.items() if each.p_value is not None}

    assert {(name, key) for name, of in found.items() for key in of} == set(direct)
    for (name, key), each in direct.items():
        part = found[name][key]
        assert part["difference"]["value"] == pytest.approx(each.difference.value, abs=1e-12)
        assert part["difference"]["lower"] == pytest.approx(each.difference.lower)
        assert part["p_holm"] == pytest.approx(holm(known).get((name, key)))
    assert found["thumbnail"]["macro_auroc"]["difference"]["lower"] > 0
    assert found["covariates"]["macro_auroc"]["difference"]["value"] == 0


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_a_baseline_that_is_not_beaten_is_named(graded_rows: Predictions, suffix: str) -> None:
    """By its macro AUROC; without baselines the section is named absent."""
    report = ClinicalReport(graded_rows, baselines=rivals(graded_rows), worst=0)
    page = report.page(suffix)
    told = " ".join(page.split())

    assert "This model minus each baseline on the same rows" in page
    assert "ranks better than covariates: the interval of the difference in macro AUROC" in told
    assert "adjusted by Holm" in told
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
    alone = ClinicalReport(graded_rows, worst=0)
    assert "each baseline" not in alone.page(suffix)
    assert "Against simple baselines" in [each["part"] for each in alone["not_included"]]


def test_baselines_are_of_the_same_rows_and_classes(graded_rows: Predictions) -> None:
    """Others are refused."""
    few = graded_rows.take([0, 1, 2])
    with pytest.raises(InvalidInputError, match="rows"):
        ClinicalReport(graded_rows, baselines={"a": few})
    one = graded_rows.one_vs_rest("mild")
    with pytest.raises(InvalidInputError, match="same classes in the same order"):
        ClinicalReport(graded_rows, baselines={"a": one})
