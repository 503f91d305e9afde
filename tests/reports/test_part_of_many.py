"""What is shown alike of each class and of each label."""

import numpy as np
import pytest

from prevalens.metrics import all_estimates
from prevalens.metrics.inputs import Columns
from prevalens.reports.part_of_many import rare_warning, roc_chart, roc_part
from prevalens.reports.record_parts import estimate_parts

LABELS = np.array([True, True, False, False])
SCORES = np.array([0.9, 0.4, 0.6, 0.1])


def test_the_rare_are_named_and_many_are_not() -> None:
    """A sentence each, and what it means; no warning where there is none."""
    (shown,) = rare_warning(["mel has 2 patients"])

    assert shown.items == [
        "Mel has 2 patients.",
        "Intervals from so few may cover less than stated.",
    ]
    assert rare_warning([]) == []


@pytest.mark.parametrize("label", [True, False])
def test_rows_of_one_kind_have_no_curve(label: bool) -> None:
    """And nothing is drawn."""
    part = roc_part(Columns(np.full(4, label), SCORES, None))

    assert part is None
    assert roc_chart(0, "mel", part, {}) == []


def test_the_curve_and_the_prediction_are_those_of_the_rows() -> None:
    """By hand: of scores .9+ .6- .4+ .1- the curve rises, goes right, rises, goes right."""
    part = roc_part(Columns(LABELS, SCORES, None))
    assert part is not None
    assert (part.x, part.y) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    estimates = estimate_parts(dict(all_estimates(LABELS, SCORES, threshold=0.5)))
    (bare,) = roc_chart(3, "mel", part, estimates)
    (marked,) = roc_chart(3, "mel", part, estimates, decided="Where it is predicted")

    assert (bare.name, bare.title) == ("roc_3", "ROC curve of mel")
    assert [line.name for line in bare.lines] == ["Score", "Chance"]
    assert [line.name for line in marked.lines] == ["Score", "Prediction", "Chance"]
    assert (marked.lines[1].x, marked.lines[1].y) == ([0.5], [0.5])
    assert "Where it is predicted the sensitivity is 0.500" in marked.description
