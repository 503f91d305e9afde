"""Tests of subgroups of each label: its known rows alone, and all p values adjusted together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prevalens.metrics import auroc, compare_groups, holm, sensitivity
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.verification import verify_run


@pytest.fixture(scope="module")
def sited(finding_rows: Predictions) -> Predictions:
    """Findings of two sites, by patient."""
    who = np.array([int(name[1:]) for name in finding_rows.patients])  # type: ignore[union-attr]
    sites = np.array(["north", "south"])[who % 2]
    return replace(finding_rows, covariates={"site": sites})


def test_a_level_is_compared_with_all_other_known_rows(sited: Predictions) -> None:
    """Estimates and differences are the metrics' own, on the rows where the label is known."""
    report = ClinicalReport(sited, threshold=0.5, by="site", worst=0)
    mass = report["label_subgroups"][0]
    north = mass["groups"][0]["levels"][0]
    known = ~np.isnan(sited.labels[:, 0])
    inside = (sited.covariates["site"] == "north")[known]  # type: ignore[index]
    labels, scores = sited.labels[known, 0], sited.scores[known, 0]
    whose = np.asarray(sited.patients)[known]
    ranked = auroc(labels[inside], scores[inside], patients=whose[inside])
    found = sensitivity(labels[inside], scores[inside] >= 0.5, patients=whose[inside])
    own = compare_groups(labels, scores, inside, measure="auroc", patients=whose)

    assert (mass["name"], north["level"]) == ("mass", "north")
    assert north["images"] == inside.sum() < (sited.covariates["site"] == "north").sum()  # type: ignore[index]
    assert north["estimates"]["auroc"]["value"] == pytest.approx(ranked.value)
    assert north["estimates"]["auroc"]["lower"] == pytest.approx(ranked.lower)
    assert north["estimates"]["sensitivity"]["value"] == pytest.approx(found.value)
    assert north["differences"]["auroc"]["difference"]["value"] == pytest.approx(
        own.difference.value
    )
    assert north["differences"]["auroc"]["p_value"] == pytest.approx(own.p_value)


def test_p_values_are_adjusted_over_all_labels(sited: Predictions) -> None:
    """Holm's method once, not once a label."""
    part = ClinicalReport(sited, threshold=0.5, by="site", worst=0)["label_subgroups"]
    tests = {
        (each["name"], level["level"], key): contrast
        for each in part
        for group in each["groups"]
        for level in group["levels"]
        for key, contrast in level["differences"].items()
    }
    known = {k: each["p_value"] for k, each in tests.items() if each["p_value"] is not None}
    adjusted = holm({str(k): p for k, p in known.items()})

    assert len({name for name, _, _ in known}) == 3
    for place in known:
        assert tests[place]["p_holm"] == pytest.approx(adjusted[str(place)])


def test_a_site_where_a_label_is_known_of_few_is_kept_back(sited: Predictions) -> None:
    """Of that label alone, and the next smallest with it: a total would give it away."""
    labels = sited.labels.copy()
    north = sited.covariates["site"] == "north"  # type: ignore[index]
    kept = np.flatnonzero(north)[:3]
    labels[np.setdiff1d(np.flatnonzero(north), kept), 1] = np.nan
    held = replace(sited, labels=labels)
    part = ClinicalReport(held, by="site", worst=0)["label_subgroups"]

    assert [level["suppressed"] for level in part[1]["groups"][0]["levels"]] == [True, True]
    assert [level["suppressed"] for level in part[0]["groups"][0]["levels"]] == [False, False]
    assert "sensitivity" not in part[0]["groups"][0]["levels"][0]["estimates"]


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_each_label_has_a_part_of_its_own(sited: Predictions, suffix: str) -> None:
    """Named in its captions; how many tests were made is said once; read back it is the same."""
    report = ClinicalReport(sited, threshold=0.5, by="site", worst=0)
    page = report.page(suffix)
    told = " ".join(page.split())

    for name in sited.classes:
        assert f"Estimates of {name} by site" in told
    assert told.count("between a level and all other rows were tested") == 1
    assert "adjusted by Holm" in told
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page
    assert report["settings"]["by"] == ["site"]


def test_subgroups_of_labels_are_recomputed(sited: Predictions, tmp_path: Path) -> None:
    """A report whose covariates were saved with the predictions is verified with them."""
    report = ClinicalReport(sited, threshold=0.5, by="site", worst=0)
    sited.save(tmp_path / "predictions.csv")
    report.save(tmp_path / "report.json")

    assert verify_run(tmp_path).ok
    text = (tmp_path / "report.json").read_text("utf-8")
    value = report["label_subgroups"][0]["groups"][0]["levels"][0]["estimates"]["auroc"]["value"]
    (tmp_path / "report.json").write_text(text.replace(str(value), str(value - 1e-4)), "utf-8")
    assert any("label_subgroups" in each for each in verify_run(tmp_path).differences)
