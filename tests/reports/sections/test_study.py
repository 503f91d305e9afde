"""The flow counts images and patients, and what was left out."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Flow
from prevalens.reports.sections.study import SECTION, Study, repeated_rows


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
