"""A cohort in a notebook: what is counted, and which images are shown."""

import numpy as np
import pytest

from prevalens.cohorts import Cohort
from prevalens.cohorts.cohort_card import rows_in_turn
from prevalens.exceptions import InvalidInputError


def test_classes_and_patients_take_turns(cohort: Cohort) -> None:
    """The first four rows are of both classes and of four patients; every row comes once."""
    rows = rows_in_turn(cohort)

    assert sorted(rows) == list(range(len(cohort)))
    assert cohort.label_names[rows[:4]].tolist() == ["well", "sick", "well", "sick"]
    assert len(set(cohort.patients[rows[:4]].tolist())) == 4


def test_images_that_are_there_are_shown(image_cohort: Cohort) -> None:
    """Pictures carry their class, path and row; one that cannot be read is left out."""
    first = rows_in_turn(image_cohort)[0]
    image_cohort.path(first).write_bytes(b"no picture")
    shown = image_cohort.show(5)

    assert len(shown) == 5
    assert f"row {first}" not in repr(shown)
    assert shown._repr_html_().count("<img") == 5
    assert np.asarray(shown.items[0][1]).shape == (20, 24, 3)
    with pytest.raises(InvalidInputError, match="whole number >= 1"):
        image_cohort.show(0)


def test_a_cohort_says_what_it_holds(cohort: Cohort, image_cohort: Cohort) -> None:
    """Counts of images and patients by class; where no file is there it says so."""
    without, pictured = cohort._repr_html_(), image_cohort._repr_html_()

    assert "sick (positive)" in without
    assert "No image is there" in without
    assert pictured.count("<img") == 6


def test_a_name_from_the_data_is_text() -> None:
    """A class that is a tag stays a word."""
    made = Cohort(
        images=["a.png", "b.png"], labels=["<b>", "well"], patients=["p", "q"], positive="well"
    )

    assert "<b>" not in made._repr_html_()
    assert "&lt;b&gt;" in made._repr_html_()
