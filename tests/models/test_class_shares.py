"""Shares of classes sum to 1, those of labels need not."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.models.class_shares import check_shares, class_shares, label_shares


def test_one_share_is_that_of_the_positive_class() -> None:
    """A share of 1/5 is 4/5 and 1/5; shares of each class stay as they are."""
    assert class_shares(0.2, n_classes=2) == [0.8, 0.2]
    assert class_shares((0.5, 0.25, 0.25), n_classes=3) == [0.5, 0.25, 0.25]


def test_labels_need_not_sum_to_1() -> None:
    """Three labels may each be on nine images of ten."""
    assert label_shares([0.9, 0.9, 0.9]) == [0.9, 0.9, 0.9]


def test_shares_of_the_wrong_sum_or_number_are_refused() -> None:
    """The text says how many there must be and what came."""
    with pytest.raises(InvalidInputError, match=r"2 shares .* got \[0\.5, 0\.6\]"):
        check_shares("prevalence", [0.5, 0.6])
    with pytest.raises(InvalidInputError, match="3 shares that sum to 1"):
        class_shares([0.5, 0.5], n_classes=3)
    with pytest.raises(InvalidInputError, match=r"must name the share of each, got 0\.5"):
        class_shares(0.5, n_classes=3)
    with pytest.raises(InvalidInputError, match=r"must lie in \(0, 1\), got 1"):
        label_shares(1)
