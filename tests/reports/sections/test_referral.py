"""What two thresholds refer stands in a report where it was asked for."""

import pytest

from prevalens.decisions import choose_referral
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.sections.referral import SECTION


def test_counts_and_estimates_are_those_of_the_rows(predictions: Predictions) -> None:
    """Images by label and decision add up, and the estimates are counted on them."""
    report = ClinicalReport(predictions, threshold=0.5, refer=(0.3, 0.7))
    part, scores = report["referral"], predictions.scores
    negative, positive = part["counts"]

    assert sum(negative) + sum(positive) == len(predictions)
    assert positive[0] == ((scores < 0.3) & (predictions.labels == 1)).sum()
    assert negative[2] == ((scores >= 0.7) & (predictions.labels == 0)).sum()
    assert part["estimates"]["sensitivity"]["events"] == positive[1] + positive[2]
    assert part["estimates"]["referred"]["events"] == negative[1] + positive[1]
    assert part["guarantee"] is None


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_every_format_shows_it(predictions: Predictions, suffix: str) -> None:
    """The thresholds, the promise and the share at the stated prevalence are on the page."""
    chosen = choose_referral(predictions, sensitivity=0.6, specificity=0.6, confidence=0.5)
    report = ClinicalReport(predictions, threshold=0.5, prevalence=0.05, refer=chosen)
    page = report.page(suffix)

    assert "Referral to a human" in page
    assert "Referred, at 5.0 % positive" in page
    assert "Each is promised with 0.75 (Bonferroni)." in page
    assert report["referral"]["guarantee"] == chosen.guarantee
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == page


def test_it_answers_how_undecided_results_are_handled(predictions: Predictions) -> None:
    """STARD-AI 19 is answered in part where images are referred, and is open otherwise."""
    for refer, state in (((0.3, 0.7), "partly"), (None, "to be completed by the authors")):
        report = ClinicalReport(predictions, threshold=0.5, refer=refer)
        rows = {(row["guideline"], row["item"]): row for row in report["guidelines"]}
        assert rows["STARD-AI", "19"]["state"] == state


def test_without_the_question_it_is_absent(predictions: Predictions) -> None:
    """The report says what would bring it in."""
    report = ClinicalReport(predictions, threshold=0.5)

    assert report["referral"] is None
    assert SECTION.show(report.record) == []
    assert "Referral to a human" in [absent["part"] for absent in report["not_included"]]


@pytest.mark.parametrize("refer", [(0.7, 0.3), (0.1,), "0.1", (0.2, 1.5)])
def test_what_is_no_pair_of_thresholds_is_refused(predictions: Predictions, refer: object) -> None:
    """Two thresholds in [0, 1], the lower first."""
    with pytest.raises(InvalidInputError, match="refer"):
        ClinicalReport(predictions, threshold=0.5, refer=refer)  # type: ignore[arg-type]
