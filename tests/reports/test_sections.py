"""The order of a report, and that what is absent is said to be."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Document, Gallery, Listing, Paragraph, Table
from prevalens.reports.sections import document_of
from prevalens.splits import Partition


def words(document: Document) -> str:
    """All prose of a document."""
    blocks = [*document.lead, *(b for s in document.sections for b in s.blocks)]
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def test_sections_come_in_the_order_a_reader_needs(report: ClinicalReport) -> None:
    """Who was studied first, then the table, the estimates, and at the end what is missing."""
    names = [section.name for section in document_of(report.to_dict()).sections]
    wanted = ["who", "table", "threshold", "discrimination", "calibration"]
    wanted += ["patients", "subgroups", "misses", "methods", "guidelines", "missing"]

    assert [name for name in names if name in wanted] == wanted


def test_synthetic_rows_are_said_to_be_first(report: ClinicalReport) -> None:
    """The first paragraph of a synthetic study is the warning."""
    first = document_of(report.to_dict()).lead[0]

    assert first.tone == "warning"
    assert "synthetic" in first.text


def test_independent_images_are_warned_of() -> None:
    """Without patients the lead says what follows if that is wrong."""
    told = Predictions(labels=[0, 1, 1], scores=[0.2, 0.3, 0.9], patients=None)
    document = document_of(ClinicalReport(told, threshold=0.5).to_dict())

    assert "every interval here is too short" in words(document)
    assert "patients" not in [section.name for section in document.sections]


def test_every_estimate_stands_in_one_table(report: ClinicalReport) -> None:
    """Each estimate of the record has a row somewhere, once."""
    record = report.to_dict()
    tables = [b for s in document_of(record).sections for b in s.blocks if isinstance(b, Table)]
    keys = [key for table in tables for key in table.keys if key]

    assert len(keys) == len(set(keys))
    expected = {f"estimates.{name}" for name in record["estimates"] if name != "prevalence"}
    assert expected <= set(keys)


def test_a_partition_that_leaks_is_warned_of(predictions: Predictions) -> None:
    """Patients that cross make the estimates optimistic; whole patients do not."""
    for crossing, text in ((3, "these estimates are optimistic"), (0, "No patient has images in")):
        partition = Partition(
            train=np.array([0]),
            validation=np.array([1]),
            test=np.array([2]),
            cohort_fingerprint="x",
            n_rows=3,
            patients_crossing=crossing,
        )
        report = ClinicalReport(predictions, threshold=0.5, partition=partition)
        assert text in words(document_of(report.to_dict()))


def test_missing_parts_are_listed_with_their_remedy() -> None:
    """A bare table of predictions is told what would fill the gaps."""
    told = Predictions(labels=[0, 1], scores=[0.1, 0.9], patients=None)
    section = document_of(ClinicalReport(told, threshold=0.5).to_dict()).sections[-1]
    (listing,) = section.blocks

    assert isinstance(listing, Listing)
    assert any(item.startswith("Subgroups: name covariates in `by`") for item in listing.items)
    assert any("patient ids" in item for item in listing.items)


@pytest.mark.parametrize(("limit", "shown"), [(2, 2), (0, 0)])
def test_misses_are_shown_as_many_as_asked(
    predictions: Predictions, limit: int, shown: int
) -> None:
    """The gallery holds the misses in order; none asked, none shown."""
    report = ClinicalReport(predictions, threshold=0.5, worst=limit)
    blocks = [b for s in document_of(report.to_dict()).sections for b in s.blocks]
    galleries = [block for block in blocks if isinstance(block, Gallery)]

    assert sum(len(gallery.items) for gallery in galleries) == shown


def test_no_misses_is_a_finding_too() -> None:
    """Where nothing was missed the section says so."""
    told = Predictions(labels=[0, 1, 1], scores=[0.1, 0.9, 0.8], patients=None)

    assert "No positive image was called negative" in words(
        document_of(ClinicalReport(told, threshold=0.5).to_dict())
    )
