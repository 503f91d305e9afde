"""The record of a decision says nothing that its results do not."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import (
    AcceptanceCriteria,
    BoundCriterion,
    NonInferiorityCriterion,
    accept_model,
)
from prevalens.reports.acceptance_record import AcceptanceRecord, document_of
from prevalens.reports.document import Paragraph


def test_a_decision_that_was_turned_round_is_refused(predictions: Predictions) -> None:
    """`accepted` cannot be edited alone."""
    bound = BoundCriterion(measure="sensitivity", at_least=0.99)
    criteria = AcceptanceCriteria(name="Strict", threshold=0.5, bounds=[bound])
    plain = accept_model(predictions, predictions, criteria).to_dict()

    assert plain["accepted"] is False
    assert AcceptanceRecord.from_dict(plain).to_dict() == plain
    with pytest.raises(InvalidInputError, match="every criterion is met"):
        AcceptanceRecord.from_dict(plain | {"accepted": True})


def test_the_page_begins_with_the_decision(predictions: Predictions) -> None:
    """How many criteria are not met, then each with its reason; no comparison is invented."""
    bounds = [
        BoundCriterion(measure="sensitivity", at_least=low, judged_by="value")
        for low in (0.999, 0.01)
    ]
    criteria = AcceptanceCriteria(name="Two", threshold=0.5, bounds=bounds)
    document = document_of(accept_model(predictions, predictions, criteria).record)

    assert document.lead == [Paragraph("Not accepted: 1 of 2 criteria are not met.", "warning")]
    assert [passage.title for passage in document.passages[:2]] == [
        "What is not met",
        "Against the old model",
    ]
    assert document.passages[1].blocks[0] == Paragraph(
        "No comparison with the old model was asked for."
    )


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [("new", "upper", 17.0), ("old", "lower", -0.5), ("difference", "upper", 1.5)],
)
def test_an_estimate_that_cannot_be_is_refused(
    predictions: Predictions, place: str, name: str, value: float
) -> None:
    """A share lies in [0, 1], and a difference of two in [-1, 1]."""
    criteria = AcceptanceCriteria(
        name="a",
        threshold=0.5,
        non_inferiority=[NonInferiorityCriterion(measure="sensitivity", margin=0.1)],
    )
    plain = accept_model(predictions, predictions, criteria).to_dict()
    plain["results"][0][place][name] = value
    with pytest.raises(InvalidInputError, match=rf"sensitivity.* must lie in .*{value:g}"):
        AcceptanceRecord.from_dict(plain)
