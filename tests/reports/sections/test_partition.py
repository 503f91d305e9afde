"""The partition: what was counted is said, what was not is said not to be."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Paragraph
from prevalens.reports.sections.partition import SECTION
from prevalens.splits import Partition

ROWS = np.arange(60)


def cohort(prefix: str = "p") -> Cohort:
    """Sixty images of twelve patients, every third of them sick."""
    return Cohort(
        images=[f"{prefix}{row}.png" for row in ROWS],
        labels=["sick" if row % 3 == 0 else "well" for row in ROWS],
        patients=[f"{prefix}{row // 5}" for row in ROWS],
        positive="sick",
        covariates={"sex": np.where(ROWS // 5 % 2 == 0, "f", "m")},
    )


def divided(test: np.ndarray, held: Cohort, **changes: object) -> Partition:
    """A partition made by hand."""
    given = {
        "train": np.setdiff1d(ROWS, test),
        "validation": np.array([], int),
        "test": test,
        "cohort_fingerprint": held.fingerprint,
        "n_rows": 60,
    }
    return Partition(**(given | changes))  # type: ignore[arg-type]


def reported(held: Cohort, rows: np.ndarray) -> Predictions:
    """Predictions of some of its rows."""
    return Predictions.of(held, rows, np.random.default_rng(0).random(len(rows)))


def words(report: ClinicalReport) -> str:
    """All prose of the section."""
    blocks = SECTION.show(report.record)
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def test_patients_that_cross_are_counted_in_the_cohort() -> None:
    """A split by image has all twelve patients in both parts, whatever the partition states."""
    held = cohort()
    test = ROWS[ROWS % 5 == 0]
    public = divided(test, held)
    report = ClinicalReport(reported(held, test), threshold=0.5, partition=public, cohort=held)
    part = report["partition"]

    assert (part["patients_crossing"], part["crossing_from"]) == (12, "counted")
    assert "12 patients have images in more than one part" in words(report)


def test_whole_patients_are_counted_and_the_reported_part_is_named() -> None:
    """Two patients in the test part, none crossing; images and sick ones by hand."""
    held, test = cohort(), ROWS[50:]
    report = ClinicalReport(
        reported(held, test), threshold=0.5, partition=divided(test, held), cohort=held
    )
    part = report["partition"]
    tested = next(each for each in part["parts"] if each["name"] == "test")

    assert part["patients_crossing"] == 0
    assert "No patient has images in more than one part (counted in the cohort)" in words(report)
    assert tested == {
        "name": "test",
        "images": 10,
        "patients": 2,
        "positive_images": 3,
        "reported": True,
    }
    assert part["baseline"][0]["cells"]["test"] == "5 (50%)"


def test_without_the_cohort_nothing_is_claimed() -> None:
    """Where the partition does not know, neither does the report."""
    held, test = cohort(), ROWS[50:]
    unknown = divided(test, held)
    object.__setattr__(unknown, "patients_crossing", None)
    report = ClinicalReport(reported(held, test), threshold=0.5, partition=unknown)

    assert report["partition"]["crossing_from"] == "not checked"
    assert "was not checked" in words(report)
    stated = divided(test, held, patients_crossing=3)
    report = ClinicalReport(reported(held, test), threshold=0.5, partition=stated)
    assert "3 patients have images in more than one part" in words(report)


def test_rows_that_were_trained_on_are_warned_of() -> None:
    """Reported images of the train part make the estimates worthless."""
    held, test = cohort(), ROWS[50:]
    report = ClinicalReport(
        reported(held, ROWS[:20]), threshold=0.5, partition=divided(test, held), cohort=held
    )

    assert "among those trained on" in words(report)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cohort": cohort("q")}, "drawn on another cohort"),
        ({"partition": None}, "give `partition` too"),
    ],
)
def test_another_cohort_is_refused(changes: dict[str, object], told: str) -> None:
    """The fingerprints of cohort and partition must agree; a cohort alone has no use."""
    held, test = cohort(), ROWS[50:]
    given = {"partition": divided(test, held), "cohort": held}
    with pytest.raises(InvalidInputError, match=told):
        ClinicalReport(reported(held, test), threshold=0.5, **(given | changes))  # type: ignore[arg-type]


def test_predictions_of_another_cohort_are_refused() -> None:
    """Images that the cohort does not hold are named."""
    held, test = cohort(), ROWS[50:]
    with pytest.raises(InvalidInputError, match="10 of the reported images are not in the cohort"):
        ClinicalReport(
            reported(cohort("q"), test), threshold=0.5, partition=divided(test, held), cohort=held
        )
