"""Tests of what was left out of a cohort: counted by hand, carried on, forgotten by a part."""

import copy
from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort, LeftOut
from prevalens.cohorts.left_out import stated_left_out
from prevalens.exceptions import InvalidInputError


def four() -> Cohort:
    """Four classes: c of patients p and q, who have others as well; d of r alone, twice."""
    return Cohort(
        images=[f"{row}.png" for row in range(8)],
        labels=list("aabbccdd"),
        patients=list("ppqqpqrr"),
        positive="a",
        classes=("a", "b", "c", "d"),
    )


def test_classes_that_are_dropped_are_counted_with_their_patients() -> None:
    """In the order of the classes; a second call adds, whatever the classes are made of since."""
    cohort = four().drop_classes(["d", "c"], reason="rare")
    one_by_one = four().drop_classes("c", reason="rare").drop_classes("d", reason="rare")
    expected = (
        LeftOut(reason="class 'c', rare", images=2, patients=2),
        LeftOut(reason="class 'd', rare", images=2, patients=1),
    )

    assert four().left_out == ()
    assert cohort.left_out == one_by_one.left_out == expected
    assert cohort.one_vs_rest("a").left_out == expected
    assert cohort.join_patients([("p", "q")]).left_out == expected
    assert copy.deepcopy(cohort).left_out == expected
    assert cohort.fingerprint == cohort.take(np.arange(4)).fingerprint


def test_a_part_of_the_rows_forgets_what_the_whole_left_out() -> None:
    """The counts are of the whole, so that a site's flow would count other sites' images."""
    cohort = four().drop_classes("d")

    assert cohort.take([5, 4, 3, 2, 1, 0]).left_out == cohort.left_out
    assert cohort.take([0, 1, 2]).left_out == ()
    assert cohort.where(patient="p").left_out == ()


def test_two_cohorts_together_left_out_what_both_did() -> None:
    """One record each, as their patients may be the same."""
    first = four().drop_classes(["c", "d"])
    second = Cohort(
        images=["x.png", "y.png"], labels=["a", "b"], patients=["v", "w"], positive="a",
        classes=("a", "b"), left_out=(LeftOut(reason="blurred", images=3),),
    )  # fmt: skip

    assert first.concat(second).left_out == first.left_out + second.left_out


def test_independent_images_have_no_patients_to_count() -> None:
    """A path is no patient."""
    cohort = Cohort(images=["1", "2", "3"], labels=list("abc"), patients=None, positive="a")

    assert [each.patients for each in cohort.drop_classes("c").left_out] == [None]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"reason": " ", "images": 1}, "`reason` must say why"),
        ({"reason": "a", "images": -1}, "`images` must be a whole number >= 0"),
        ({"reason": "a", "images": 1, "patients": 2}, "1 images are of at most as many"),
    ],
)
def test_what_cannot_be_counted_so_is_refused(given: dict[str, Any], told: str) -> None:
    """No reason, a negative count, more patients than images."""
    with pytest.raises(InvalidInputError, match=told):
        LeftOut(**given)


def test_what_the_cohort_tells_is_not_stated_twice() -> None:
    """A cohort's own records, given again, are told once; counts by reason become records."""
    known = four().drop_classes("d").left_out
    blurred = LeftOut(reason="blurred", images=3)

    assert stated_left_out("excluded", [*known, blurred], known) == (blurred,)
    assert stated_left_out("excluded", {"blurred": 3}) == (blurred,)
    with pytest.raises(InvalidInputError, match="made of LeftOut, got a tuple"):
        stated_left_out("excluded", [("blurred", 3)])  # type: ignore[list-item]
    with pytest.raises(InvalidInputError, match="made of LeftOut, got a str"):
        Cohort(
            images=["1", "2"], labels=["a", "b"], patients=["p", "q"], positive="a",
            left_out=("blurred",),  # type: ignore[arg-type]
        )  # fmt: skip
