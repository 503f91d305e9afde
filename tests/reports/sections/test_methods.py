"""The methods say what was done, and only that."""

import json

from prevalens.decisions import OperatingPoint, choose_threshold
from prevalens.metrics.references import REFERENCES, cited_in
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.references import OWN


def text_of(report: ClinicalReport) -> str:
    """All sentences of the methods."""
    return " ".join(report["methods"]["sentences"])


def test_every_estimates_method_is_named(report: ClinicalReport) -> None:
    """Each method that stands beside an estimate stands in the methods too."""
    text = text_of(report)

    assert all(estimate["method"] in text for estimate in report["estimates"].values())


def test_the_threshold_is_called_what_it_is(predictions: Predictions) -> None:
    """Pre-specified, chosen on validation rows, or exploratory: in words."""
    for origin, words in (
        ("pre-specified", "before these rows were looked at"),
        ("validation", "chosen on validation rows, not on these"),
        ("exploratory", "may be optimistic"),
    ):
        made = ClinicalReport(predictions, threshold=0.5, threshold_origin=origin)
        assert words in text_of(made)


def test_a_promised_threshold_brings_rule_and_promise(predictions: Predictions) -> None:
    """Number, origin, rule, promise and its paper, in this order, each a sentence."""
    point = OperatingPoint(
        threshold=0.25, rule="by hand", guarantee="At least 0.9 are found.", estimates={}
    )
    made = ClinicalReport(predictions, threshold=point, threshold_origin="validation")

    assert (
        "The threshold, 0.25, was chosen on validation rows, not on these. Rule: by hand. "
        "At least 0.9 are found (Angelopoulos 2021)." in text_of(made)
    )


def test_independence_is_the_authors_word() -> None:
    """Without patient ids the methods say who said so, and cite no correction."""
    held = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.9, 0.4, 0.3], patients=None)
    report = ClinicalReport(held, threshold=0.5)

    assert "as stated by the author" in text_of(report)
    assert not any("Saerens" in entry for entry in report["methods"]["references"])


def test_a_correction_brings_its_references(report: ClinicalReport) -> None:
    """Where scores were corrected, Saerens and van den Goorbergh are cited."""
    cited = " ".join(report["methods"]["references"])

    assert "Saerens" in cited
    assert "van den Goorbergh" in cited
    assert "from 0.5 among the training rows" in text_of(report)


def test_everything_cited_anywhere_is_listed(predictions: Predictions) -> None:
    """Each "Name YYYY" in the record's sentences and methods stands in the list of references."""
    report = ClinicalReport(
        predictions,
        threshold=choose_threshold(predictions, sensitivity=0.7, confidence=0.8),
        prevalence=0.1,
        by="site",
        compare=predictions.with_scores(predictions.scores**2, train_prevalence=0.5),
        patient_score="mean",
    )
    record = report.to_dict() | {"guidelines": []}
    listed = record["methods"].pop("references")
    for cited in cited_in(json.dumps(record, ensure_ascii=False)):
        found = [full for key, full in {**REFERENCES, **OWN}.items() if key.endswith(cited)]
        assert set(found) & set(listed), cited


def test_holm_is_named_where_several_tests_are(predictions: Predictions) -> None:
    """With subgroups the adjustment is in the methods; without it is not."""
    many = ClinicalReport(predictions, threshold=0.5, by="site")
    one = ClinicalReport(predictions, threshold=0.5)

    assert "(Holm 1979)" in text_of(many)
    assert any(entry.startswith("Holm S.") for entry in many["methods"]["references"])
    assert "Holm" not in text_of(one)
