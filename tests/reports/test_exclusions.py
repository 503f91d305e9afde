"""Tests of the flow of images where a cohort left out classes before it was divided."""

from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort, LeftOut
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.class_sections.class_study import SECTION
from prevalens.reports.document import Flow
from prevalens.splits import Partition

ODD = "class 'odd', one patient alone: 2 images of 1 patient"


def cohort() -> Cohort:
    """14 images of three classes, two a patient, and two of a fourth class that is dropped."""
    return Cohort(
        images=[f"{row}.png" for row in range(16)],
        labels=np.array(["well", "sick", "worse", "odd"])[[*([0, 1, 2] * 5)[:14], 3, 3]],
        patients=[f"p{row // 2}" for row in range(16)],
        positive="sick",
    ).drop_classes("odd", reason="one patient alone")


def flow(*, reported: int, **settings: Any) -> dict[str, list[str]]:
    """Return the boxes of a flow: 8 images trained on, and some of the other 6 reported."""
    held = cohort()
    partition = Partition(
        train=np.arange(8), validation=np.array([], int), test=np.arange(8, 14),
        cohort_fingerprint=held.fingerprint, n_rows=14, method="by hand",
    )  # fmt: skip
    predictions = Predictions.of(
        held, np.arange(8, 8 + reported), np.full((reported, 3), [0.5, 0.25, 0.25])
    )
    report = ClinicalReport(
        predictions, partition=partition, cohort=held, worst=0, **settings
    ).record
    (found,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
    return {box.title: list(box.lines) for box in found.boxes}


def test_a_class_that_was_dropped_stands_before_the_cohort() -> None:
    """With its images, patients and reason; what else was left out is stated or not provided."""
    silent, stated = flow(reported=6), flow(reported=6, excluded={"blurred": 3})

    assert list(silent)[:4] == ["Before exclusions", "Excluded", "Cohort", "Train"]
    assert silent["Before exclusions"] == ["at least 16 images"]
    assert silent["Excluded"] == [ODD, "others: not provided"]
    assert silent["Cohort"] == ["14 images of 7 patients"]
    assert stated["Before exclusions"] == ["19 images"]
    assert stated["Excluded"] == [ODD, "blurred: 3 images"]
    assert flow(reported=6, excluded=cohort().left_out)["Excluded"] == [ODD]


def test_what_was_left_out_of_the_test_part_comes_after_it() -> None:
    """Classes before the cohort was divided, two images after: both are counted."""
    held = cohort()
    partition = Partition(
        train=np.arange(8), validation=np.array([], int), test=np.arange(8, 14),
        cohort_fingerprint=held.fingerprint, n_rows=14, method="by hand",
    )  # fmt: skip
    predictions = Predictions.of(held, np.arange(8, 12), np.full((4, 3), [0.5, 0.25, 0.25]))
    report = ClinicalReport(
        predictions, partition=partition, cohort=held, worst=0, excluded={"blurred": 2}
    ).record
    (found,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
    told = [(box.title, list(box.lines)) for box in found.boxes]

    assert [title for title, _ in told] == [
        *("Before exclusions", "Excluded", "Cohort", "Train", "Excluded", "Reported"),
    ]
    assert told[0][1] == ["16 images"]
    assert told[1][1] == [ODD]
    assert told[4][1] == ["blurred: 2 images"]


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_records_without_a_partition_are_told_with_their_patients(suffix: str) -> None:
    """As a cross-fitted study has them; a record read back says the same."""
    held = Predictions(
        labels=[0, 1, 2], scores=np.eye(3), patients=["a", "b", "c"], classes=("x", "y", "z")
    )
    gone = [LeftOut(reason="class 'odd', too rare", images=5, patients=2)]
    report = ClinicalReport(held, excluded=gone, worst=0)

    assert report["class_study"]["excluded"] == [
        {"reason": "class 'odd', too rare", "images": 5, "patients": 2}
    ]
    page = " ".join(report.page(suffix).replace("&#39;", "'").split())
    assert "class 'odd', too rare: 5 images of 2 patients" in page
    assert "8 images" in page
    assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == report.page(suffix)
