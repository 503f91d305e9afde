"""The card of a classifier: what it refuses, and what its numbers do to scores."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier_card import ClassifierCard, correct, read_card

SETTINGS: dict[str, Any] = {
    "classes": ("well", "sick"),
    "threshold": 0.5,
    "train_prevalence": 0.5,
}
THREE: dict[str, Any] = {
    "classes": ("a", "b", "c"),
    "threshold": None,
    "train_prevalence": (0.2, 0.3, 0.5),
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"classes": ("a", "a")}, "must be 2 or more different names"),
        ({"classes": ()}, "must be 2 or more different names"),
        ({"threshold": 1.5}, r"`threshold` must lie in \[0, 1\], got 1.5"),
        ({"threshold": None}, r"`threshold` must be a number, got None"),
        ({"train_prevalence": 0.0}, r"`train_prevalence` must lie in \(0, 1\), got 0.0"),
        ({"temperature": 0}, r"`temperature` must lie in \(0, inf\], got 0"),
        ({**THREE, "train_prevalence": 0.5}, "a number for each of the 3 classes"),
        ({**THREE, "train_prevalence": (0.5, 0.5, 0.5)}, "3 shares that sum to 1"),
        ({**THREE, "prevalence": (0.5, 0.5)}, "`prevalence` must hold a number for each of the 3"),
        ({**THREE, "multilabel": True}, "`threshold` must hold a number for each of the 3 labels"),
    ],
)
def test_an_impossible_card_is_refused(change: dict[str, Any], text: str) -> None:
    """Each refused field is named with its value."""
    with pytest.raises(InvalidInputError, match=text):
        ClassifierCard(**{**SETTINGS, **change})


def test_labels_have_shares_of_their_own() -> None:
    """Three labels may each be on half of the images; there is no one positive class."""
    card = ClassifierCard(
        classes=("a", "b", "c"),
        threshold=[0.1, 0.2, 0.3],
        train_prevalence=[0.5, 0.5, 0.5],
        multilabel=True,
    )

    assert card.threshold == (0.1, 0.2, 0.3)
    with pytest.raises(InvalidInputError, match="is the one positive class"):
        _ = card.positive


@pytest.mark.parametrize("settings", [SETTINGS, THREE, {**SETTINGS, "prevalence": 0.1}])
def test_a_record_makes_the_card_anew(settings: dict[str, Any]) -> None:
    """What `to_dict` gives is what `read_card` takes."""
    card = ClassifierCard(**settings)

    assert read_card(card.to_dict(), source="a file") == card


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.2, 5))
def test_two_classes_are_three_with_an_absent_one(
    score: float, there: float, here: float, temperature: float
) -> None:
    """With a third score of 0 the correction for classes is that for two, whatever the numbers."""
    shared = {"threshold": None, "temperature": temperature}
    two = ClassifierCard(
        **{**SETTINGS, "train_prevalence": there, "prevalence": here, "temperature": temperature}
    )
    three = ClassifierCard(
        classes=("well", "sick", "other"),
        train_prevalence=((1 - there) / 2, there / 2, 0.5),
        prevalence=((1 - here) / 2, here / 2, 0.5),
        **shared,
    )
    one = correct(np.array([[score]]), two, ops=np)
    with np.errstate(divide="ignore"):
        several = correct(np.array([[1 - score, score, 0.0]]), three, ops=np)

    np.testing.assert_allclose(several[0], [1 - one[0, 0], one[0, 0], 0], rtol=1e-9, atol=1e-12)
