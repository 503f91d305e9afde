"""The flow counts images and patients, and what was left out."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Flow, Table
from prevalens.reports.sections.study import SECTION, Study, repeated_rows
from prevalens.splits import Partition


def study_of(predictions: Predictions, **settings: object) -> Study:
    """Return the part of a report at a threshold of 0.5."""
    found = SECTION.of(ClinicalReport(predictions, threshold=0.5, **settings).record)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_patients_are_positive_negative_or_both() -> None:
    """Counted by hand: a is positive, b negative, c has both."""
    held = Predictions(labels=[1, 1, 0, 0, 1], scores=[0.5] * 5, patients=["a", "a", "b", "c", "c"])
    study = study_of(held)

    assert (study.images, study.positive_images, study.negative_images) == (5, 3, 2)
    assert (study.patients, study.positive_patients) == (3, 1)
    assert (study.negative_patients, study.mixed_patients) == (1, 1)
    assert (study.least_images, study.median_images, study.most_images) == (1, 2.0, 2)


def test_independent_images_count_no_patients() -> None:
    """Without ids the flow says None, not a number of patients nobody counted."""
    study = study_of(Predictions(labels=[1, 0], scores=[0.5, 0.5], patients=None))

    assert study.patients is None
    assert study.mixed_patients is None


@pytest.mark.parametrize(
    ("excluded", "told"),
    [
        (None, ["not provided"]),
        ({}, ["none"]),
        ({"no label": 3, "blank": 1}, ["no label: 3 images", "blank: 1 image"]),
    ],
)
def test_what_was_left_out_has_a_place_in_the_flow(
    predictions: Predictions, excluded: dict[str, int] | None, told: list[str]
) -> None:
    """Not provided, none, and counts by reason are three different things."""
    report = ClinicalReport(predictions, threshold=0.5, excluded=excluded).record
    (flow,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
    (box,) = [box for box in flow.boxes if box.title == "Excluded"]

    assert box.lines == told


def divided(*, reported: int) -> dict[str, list[str]]:
    """Return the boxes of a flow: 8 images trained on, and some of the other 6 reported."""
    labels = np.array([0, 1] * 7)
    cohort = Cohort(
        images=[f"{row}.png" for row in range(14)],
        labels=np.array(["well", "sick"])[labels],
        patients=[f"p{row // 2}" for row in range(14)],
        positive="sick",
    )
    rows = np.arange(8, 8 + reported)
    partition = Partition(
        train=np.arange(8), validation=np.array([], int), test=np.arange(8, 14),
        cohort_fingerprint=cohort.fingerprint, n_rows=14, method="by hand",
    )  # fmt: skip
    report = ClinicalReport(
        Predictions.of(cohort, rows, np.linspace(0, 1, reported)),
        threshold=0.5, partition=partition, cohort=cohort, excluded={"blank": 2}, worst=0,
    ).record  # fmt: skip
    (flow,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
    return {box.title: list(box.lines) for box in flow.boxes}


def test_the_counts_of_a_flow_add_up() -> None:
    """What was left out was before the cohort where the whole part is reported, in it otherwise."""
    whole, less = divided(reported=6), divided(reported=4)

    assert list(whole)[:5] == ["Before exclusions", "Excluded", "Cohort", "Train", "Reported"]
    assert whole["Before exclusions"] == ["16 images"]
    assert whole["Cohort"] == ["14 images of 7 patients"]
    assert whole["Train"] == ["8 images of 4 patients", "4 sick, 4 well"]
    assert whole["Reported"] == ["6 images of 3 patients", "3 sick, 3 well"]
    assert list(less)[:4] == ["Cohort", "Train", "Excluded", "Reported"]


def test_a_flow_without_parts_starts_before_the_exclusions(predictions: Predictions) -> None:
    """What is not known is said, and no arrow comes from nowhere."""
    boxes = []
    for excluded in (None, {"blank": 3}):
        report = ClinicalReport(predictions, threshold=0.5, excluded=excluded, worst=0).record
        (flow,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
        boxes.append(flow.boxes[0])

    assert [box.title for box in boxes] == ["Before exclusions"] * 2
    assert [list(box.lines) for box in boxes] == [
        ["not provided"], [f"{len(predictions) + 3} images"]
    ]  # fmt: skip


def test_the_last_boxes_are_the_confusion_matrix(predictions: Predictions) -> None:
    """Their counts add up to the images that are reported."""
    report = ClinicalReport(predictions, threshold=0.5).record
    (flow,) = [block for block in SECTION.show(report) if isinstance(block, Flow)]
    counts = [int(line.split()[0]) for box in flow.boxes[-2:] for line in box.lines]

    assert sum(counts) == len(predictions)


def test_a_table_pasted_twice_is_noticed() -> None:
    """Every row twice; a single repeated row, or a coarse model, is no pasted table."""
    rng = np.random.default_rng(0)
    once = {"labels": rng.integers(0, 2, 50), "scores": rng.random(50), "patients": np.arange(50)}
    twice = {name: np.tile(column, 2) for name, column in once.items()}

    assert repeated_rows(Predictions(**twice)) == 50
    assert repeated_rows(Predictions(**once)) == 0
    coarse = Predictions(labels=[0, 1] * 20, scores=[0.2, 0.8] * 20, patients=None)
    assert repeated_rows(coarse) == 0
    named = Predictions(**twice, images=[f"{k}.png" for k in range(100)])
    assert repeated_rows(named) == 0


def test_patients_of_each_class_stand_in_the_table() -> None:
    """By hand: a and b have positives alone, c negatives alone, d both."""
    held = Predictions(
        labels=[1, 1, 1, 0, 0, 1, 0],
        scores=[0.9, 0.8, 0.7, 0.2, 0.1, 0.6, 0.3],
        patients=list("aabccdd"),
    )
    report = ClinicalReport(held, threshold=0.5, worst=0).record
    (table,) = [
        block
        for block in SECTION.show(report)
        if isinstance(block, Table) and block.caption == "Images and patients of each class"
    ]

    assert [row[1:] for row in table.rows] == [
        ("4", "2"),
        ("3", "1"),
        ("none", "1"),
        ("7", "4"),
    ]
