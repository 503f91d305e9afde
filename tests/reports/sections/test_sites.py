"""Sites in a report: pooled, drawn and told, where the author named their column."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import pool_sites
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.sections.sites import SECTION


def moved(predictions: Predictions, sites: list[str]) -> Predictions:
    """The same rows with other sites, one name a patient."""
    codes = predictions.patient_codes
    assert codes is not None
    return Predictions(
        labels=predictions.labels,
        scores=predictions.scores,
        patients=predictions.patients,
        covariates={"hospital": np.array(sites)[codes]},
    )


def test_a_measure_is_what_the_rows_pool_to(predictions: Predictions) -> None:
    """Mean, limits of the next site, and each site with its weight."""
    report = ClinicalReport(predictions, threshold=0.5, site="site")
    found = report["sites"]["pooled"]["auroc"]
    made = pool_sites(
        predictions.labels,
        predictions.scores,
        (predictions.covariates or {})["site"],
        patients=predictions.patients,
    )

    assert found["mean"]["value"] == made.mean.value
    assert [found["prediction_lower"], found["prediction_upper"]] == list(made.prediction or ())
    assert {row["site"]: row["weight"] for row in found["sites"]} == dict(made.weights)
    assert list(report["sites"]["pooled"]) == [
        *("auroc", "sensitivity", "specificity", "observed_expected", "calibration_slope")
    ]


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_every_format_shows_sites(predictions: Predictions, suffix: str) -> None:
    """Mean of sites and next site; the page draws a forest with both below the sites."""
    report = ClinicalReport(predictions, threshold=0.5, site="site")
    page = report.page(suffix)

    assert "Measures over the sites of site" in page
    assert "Next site" in page
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
    if suffix == ".html":
        assert 'id="chart-forest-sites-auroc-title"' in page
        assert "<img src=x" not in page
        assert "Next site: " in page
    assert any(paper.startswith("Viechtbauer") for paper in report["methods"]["references"])


def test_small_sites_are_neither_shown_nor_pooled(predictions: Predictions) -> None:
    """A site of four patients, and the next smallest to protect it, are named alone."""
    held = moved(predictions, ["a"] * 4 + ["b"] * 8 + ["c"] * 14 + ["d"] * 14)
    report = ClinicalReport(held, threshold=0.5, site="hospital")
    part = report["sites"]

    assert "2 sites neither shown nor pooled: fewer than 5 patients" in " ".join(
        str(report).split()
    )
    assert part["suppressed"] == ["a", "b"]
    assert [row["site"] for row in part["pooled"]["specificity"]["sites"]] == ["c", "d"]
    assert part["pooled"]["specificity"]["prediction_lower"] is None
    with pytest.raises(InvalidInputError, match="has 2, of which 2 are too small"):
        ClinicalReport(moved(predictions, ["a"] * 4 + ["b"] * 36), threshold=0.5, site="hospital")


def test_a_site_without_positives_is_named(predictions: Predictions) -> None:
    """It is not pooled for sensitivity, and for specificity it is."""
    codes = predictions.patient_codes
    assert codes is not None
    holders = set(codes[predictions.labels == 1].tolist())
    names = [
        ("with", "more")[k % 2] if k in holders else ("with", "none")[k % 2] for k in range(40)
    ]
    report = ClinicalReport(moved(predictions, names), threshold=0.5, site="hospital")
    pooled = report["sites"]["pooled"]
    (left,) = [row for row in pooled["sensitivity"]["sites"] if row["estimate"] is None]

    assert (left["site"], left["left_out"]) == ("none", "no positive images")
    assert "no positive images" in str(report)
    assert all(row["estimate"] for row in pooled["specificity"]["sites"] if row["site"] != "more")


def test_it_answers_for_heterogeneity_and_is_absent_without_a_column(
    predictions: Predictions,
) -> None:
    """TRIPOD+AI 23b is answered where sites are pooled; else the report says what is missing."""
    rows = {
        (row["guideline"], row["item"]): row
        for row in ClinicalReport(predictions, threshold=0.5, site="site")["guidelines"]
    }
    without = ClinicalReport(predictions, threshold=0.5)

    assert (rows["TRIPOD+AI", "23b"]["where"], rows["TRIPOD+AI", "23b"]["state"]) == (
        "sites",
        "answered",
    )
    assert rows["TRIPOD+AI", "12d"]["state"] == "partly"
    assert without["sites"] is None
    assert SECTION.show(without.record) == []
    assert "Sites" in [absent["part"] for absent in without["not_included"]]
    with pytest.raises(InvalidInputError, match="no covariate 'clinic'"):
        ClinicalReport(predictions, threshold=0.5, site="clinic")
