"""The report itself: its arguments, its round trip, its files."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from prevalens.decisions import choose_threshold, correct_prior_shift
from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates
from prevalens.metrics.registry import keys_where
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.html_page import html_page
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.report_record import document_of
from prevalens.splits import Partition

NAMES = {
    *("sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative", "dor", "accuracy"),
    *("balanced_accuracy", "youden", "f1", "mcc", "kappa", "auroc", "average_precision", "brier"),
    *("log_loss", "calibration_intercept", "calibration_slope", "prevalence"),
}
ALWAYS = {
    "value",
    "lower",
    "upper",
    "confidence_level",
    "method",
    "unit",
    "n",
    "events",
    "patients",
}


def test_every_promised_estimate_is_there(report: ClinicalReport) -> None:
    """The twenty names, each with the nine things a reader needs."""
    estimates = report.to_dict()["estimates"]

    assert set(estimates) >= NAMES
    assert all(set(estimate) >= ALWAYS for estimate in estimates.values())


def test_json_gives_the_same_report_back(report: ClinicalReport, tmp_path: Path) -> None:
    """Written, read and compared; every page drawn from the copy is the same."""
    report.save(tmp_path / "r.json")
    copy = ClinicalReport.from_dict(json.loads((tmp_path / "r.json").read_text("utf-8")))
    for suffix in (".html", ".md", ".txt", ".tex"):
        report.save(tmp_path / f"one{suffix}")
        copy.save(tmp_path / f"two{suffix}")
        one, two = ((tmp_path / f"{name}{suffix}").read_text("utf-8") for name in ("one", "two"))
        assert one == two

    assert copy == report


def test_the_record_is_a_copy(report: ClinicalReport) -> None:
    """Changing what `to_dict` gave changes no report."""
    report.to_dict()["estimates"]["auroc"]["value"] = 1.0

    assert report.to_dict()["estimates"]["auroc"]["value"] != 1.0


@pytest.mark.parametrize("seed", range(12))
def test_any_rows_make_a_whole_report(seed: int) -> None:
    """Whatever labels, scores, patients and names: JSON without nan, and every page."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    names = np.array(["a", "b", "<i>&", "|x|", " y", "c"])
    told = Predictions(
        labels=rng.integers(0, 2, n),
        scores=rng.choice([0.0, 0.5, 1.0, 1e-300, 1 - 1e-16, *rng.random(3)], n),
        patients=None if seed % 3 == 0 else rng.choice(names, n),
        covariates={"site": rng.choice(names, n)},
        provenance=str(rng.choice(names)),
        train_prevalence=None if seed % 2 else 0.3,
    )
    report = ClinicalReport(told, threshold=float(rng.random()), by="site", prevalence=0.01)
    record = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    page = html_page(document_of(report.record), generator="test")

    assert ClinicalReport.from_dict(record) == report
    assert markdown_page(document_of(report.record))
    assert "nan" not in re.findall(r">([^<]*)<", page.lower())


def test_a_chosen_point_brings_its_rule(predictions: Predictions) -> None:
    """An operating point's threshold, origin, rule and guarantee reach the record."""
    point = choose_threshold(predictions, sensitivity=0.7, confidence=0.8)
    settings = ClinicalReport(predictions, threshold=point).to_dict()["settings"]

    assert settings["threshold"] == point.threshold
    assert settings["threshold_origin"] == "validation"
    assert (settings["threshold_rule"], settings["threshold_guarantee"]) == (
        point.rule,
        point.guarantee,
    )


def test_a_bare_number_is_exploratory(predictions: Predictions) -> None:
    """Nothing is called pre-specified unless the author says so."""
    settings = ClinicalReport(predictions, threshold=0.5).to_dict()["settings"]

    assert settings["threshold_origin"] == "exploratory"


def test_order_of_rows_changes_no_estimate(predictions: Predictions) -> None:
    """Shuffled rows give the same estimates to rounding."""
    order = np.random.default_rng(2).permutation(len(predictions))
    one = ClinicalReport(predictions, threshold=0.5).to_dict()["estimates"]
    two = ClinicalReport(predictions.take(order), threshold=0.5).to_dict()["estimates"]
    for name, estimate in one.items():
        for part in ("value", "lower", "upper"):
            assert two[name][part] == pytest.approx(estimate[part], rel=1e-8), name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 1.5}, r"`threshold` must lie in \[0, 1\]"),
        ({"threshold_origin": "prespecified"}, "Did you mean 'pre-specified'"),
        ({"prevalence": 0}, r"`prevalence` must lie in \(0, 1\)"),
        ({"confidence_level": 95}, r"`confidence_level` must lie in \(0, 1\)"),
        ({"by": ["sites"]}, "Did you mean 'site'"),
        ({"by": "sites"}, "Did you mean 'site'"),
        ({"patient_score": "median"}, "`patient_score` must be one of"),
        ({"worst": -1}, "`worst` must be a whole number"),
        ({"compare_threshold": 0.5}, "give `compare` too"),
        ({"excluded": {"blank": -1}}, r"`excluded\['blank'\]` must be a whole number"),
    ],
)
def test_a_wrong_argument_is_named(
    predictions: Predictions, changes: dict[str, object], message: str
) -> None:
    """Rule, value and remedy for each."""
    with pytest.raises(InvalidInputError, match=message):
        ClinicalReport(predictions, **({"threshold": 0.5} | changes))  # type: ignore[arg-type]


def test_several_classes_are_reported_one_by_one() -> None:
    """Three classes are refused with the way to do it."""
    told = Predictions(labels=[0, 1, 2], scores=np.eye(3), patients=None, classes=("a", "b", "c"))
    with pytest.raises(InvalidInputError, match="one_vs_rest"):
        ClinicalReport(told, threshold=0.5)
    assert ClinicalReport(told.one_vs_rest("b"), threshold=0.5)


def test_other_rows_are_no_comparison(predictions: Predictions) -> None:
    """Two models are compared on the same rows only."""
    with pytest.raises(InvalidInputError, match="`labels` differ"):
        ClinicalReport(predictions, threshold=0.5, compare=predictions.take(range(5)))


def test_an_unknown_suffix_writes_nothing(report: ClinicalReport, tmp_path: Path) -> None:
    """The five formats are listed; no file is left."""
    with pytest.raises(InvalidInputError, match=r"'\.html', '\.json'.*got '\.pdf'"):
        report.save(tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_what_prints_is_the_text(report: ClinicalReport) -> None:
    """`print(report)` shows the terminal table; its name is one line."""
    assert "Sensitivity" in str(report)
    assert repr(report).startswith("ClinicalReport(")
    assert "\n" not in repr(report)


def test_the_models_own_scores_are_shown_before_the_corrected_ones() -> None:
    """Calibration before correction is that of a report on the uncorrected scores alone."""
    rng = np.random.default_rng(3)
    raw = rng.uniform(0.05, 0.95, 200)
    told = {"labels": (rng.random(200) < raw**2).astype(int), "patients": np.arange(200) % 40}
    own = Predictions(scores=raw, **told, train_prevalence=0.5)
    scores = correct_prior_shift(raw, train_prevalence=0.5, target_prevalence=0.3)

    both = ClinicalReport(Predictions(scores=scores, **told), threshold=0.3, uncorrected=own)
    alone = ClinicalReport(own, threshold=0.3)["estimates"]
    held = both["calibration"]
    assert held["uncorrected"]["train_prevalence"] == 0.5
    assert held["uncorrected"]["estimates"]["brier"] == alone["brier"]
    assert "sensitivity" not in held["uncorrected"]["estimates"]
    assert held["corrected"] is None
    assert "Calibration before correction, at the prevalence of 50" in str(both)
    assert ClinicalReport.from_dict(both.to_dict()).to_dict() == both.to_dict()


def test_estimates_are_those_of_the_metrics(predictions: Predictions) -> None:
    """The report passes labels, scores and patients on and adds nothing."""
    held = ClinicalReport(predictions, threshold=0.4, confidence_level=0.9)["estimates"]
    estimates = all_estimates(
        predictions.labels,
        predictions.scores,
        threshold=0.4,
        patients=predictions.patients,
        confidence_level=0.9,
        measures=keys_where(lambda measure: measure.group != "utility"),
    )

    assert held == {name: estimate.to_dict() for name, estimate in estimates.items()}


ODD = {
    "one class": ([1, 1, 1], [0.2, 0.9, 0.4]),
    "no positives": ([0, 0, 0], [0.2, 0.9, 0.4]),
    "constant": ([0, 1, 0], [0.5, 0.5, 0.5]),
    "separated": ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    "all one": ([0, 1, 1], [1.0, 1.0, 1.0]),
    "all zero": ([0, 1, 1], [0.0, 0.0, 0.0]),
    "one row": ([1], [0.3]),
    "four positives": ([1] * 4 + [0] * 30, list(np.linspace(0.9, 0.1, 34))),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("whose", ["independent", "each", "one patient"])
def test_odd_rows_make_a_report_not_an_error(kind: str, whose: str) -> None:
    """Every estimate has a value or a reason; JSON holds no nan; every format can be written."""
    labels, scores = ODD[kind]
    patients = {
        "independent": None,
        "each": [f"p{k}" for k in range(len(labels))],
        "one patient": ["p"] * len(labels),
    }[whose]
    held = Predictions(labels=labels, scores=scores, patients=patients, train_prevalence=0.5)
    for changes in ({}, {"prevalence": 0.1, "compare": held}):
        report = ClinicalReport(held, threshold=0.5, **changes)
        record = json.loads(json.dumps(report.to_dict(), allow_nan=False))

        for estimate in record["estimates"].values():
            missing = bool(estimate.get("not_estimable") or estimate.get("infinite"))
            assert (estimate["value"] is None) == missing
        assert ClinicalReport.from_dict(record) == report
        assert "nan" not in str(report).split()
        assert html_page(document_of(report.record), generator="test")


def test_an_edited_number_is_refused(report: ClinicalReport) -> None:
    """nan, True, a text, limits on the wrong side and an AUROC of 17 are no estimates."""
    for value in (float("nan"), True, "0.9", 17, -1):
        record = report.to_dict()
        record["estimates"]["auroc"] |= {"value": value, "lower": None, "upper": None}
        with pytest.raises(InvalidInputError):
            ClinicalReport.from_dict(record)
    record = report.to_dict()
    record["estimates"]["auroc"]["lower"] = 1.0
    with pytest.raises(InvalidInputError, match=r"estimates\[\.\.\.\]"):
        ClinicalReport.from_dict(record)


def test_one_seed_gives_the_same_bytes(predictions: Predictions, tmp_path: Path) -> None:
    """Two reports of the same rows are the same page, byte for byte, also by a NumPy name."""
    for name, by in (("one", ["site"]), ("two", list(np.array(["site"])))):
        ClinicalReport(predictions, threshold=0.5, by=by).save(tmp_path / f"{name}.html")

    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_partition_of_another_cohort_is_refused(predictions: Predictions) -> None:
    """More rows than its cohort has cannot have come from it."""
    small = Partition(
        train=np.array([0]), validation=np.array([1]), test=[2], cohort_fingerprint="x", n_rows=3
    )
    with pytest.raises(InvalidInputError, match="it is another cohort's"):
        ClinicalReport(predictions, threshold=0.5, partition=small)


def test_a_notebook_shows_the_report_in_a_frame(report: ClinicalReport) -> None:
    """The page keeps its own style, and nothing of it is markup of the notebook."""
    shown = report._repr_html_()

    assert shown.startswith("<iframe")
    assert shown.count("<") == 2
