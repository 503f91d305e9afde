"""What is not in the report is listed with its remedy."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Listing, Paragraph
from prevalens.reports.sections.not_included import SECTION


def test_missing_parts_are_listed_with_their_remedy() -> None:
    """A bare table of predictions is told what would fill the gaps."""
    held = Predictions(labels=[0, 1], scores=[0.1, 0.9], patients=None)
    (listing,) = SECTION.show(ClinicalReport(held, threshold=0.5).record)

    assert isinstance(listing, Listing)
    assert any(item.startswith("Subgroups: name covariates in `by`") for item in listing.items)
    assert any(item.startswith("Data source: give `provenance`") for item in listing.items)
    assert any("train_prevalence" in item for item in listing.items)


def test_what_is_there_is_not_listed(report: ClinicalReport) -> None:
    """A report with subgroups, a stated prevalence and a source lacks none of them."""
    parts = {absent["part"] for absent in report["not_included"]}

    assert parts == {
        "Against simple baselines",
        "Would more patients help",
        "Beside the study that made the model",
        "How the rows were divided",
        "Comparison with another model",
        "Rows left out before scoring",
        "Referral to a human",
        "Sites",
    }


def test_a_whole_report_says_so(report: ClinicalReport) -> None:
    """Where nothing is absent one sentence stands."""
    record = type(report.record).from_dict(report.to_dict() | {"not_included": []})
    (paragraph,) = SECTION.show(record)

    assert isinstance(paragraph, Paragraph)
