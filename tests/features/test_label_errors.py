"""Planted wrong labels are found, and sound ones are left alone."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.features import cross_fit_head, find_label_errors


def test_by_hand() -> None:
    """Class 1 scores 0.7 on its rows on average, class 0 0.65: two rows are confident of another.

    Row 2 (label 0, score 0.9) and row 5 (label 1, score 0.3, that is 0.7 for class 0); row 1, at
    0.5, is confident of neither.
    """
    found = find_label_errors([0.05, 0.5, 0.9, 0.9, 0.9, 0.3], [0, 0, 0, 1, 1, 1])

    assert found.rows.tolist() == [2, 5]
    assert (found.labels.tolist(), found.suggested.tolist()) == ([0, 1], [1, 0])
    np.testing.assert_allclose(found.margins, [-0.8, -0.4])
    assert len(found) == 2


def test_several_classes_and_one_that_is_absent() -> None:
    """A class without rows has no usual score, and is suggested to nobody."""
    scores = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.85, 0.05], [0.0, 0.1, 0.9]]
    found = find_label_errors(scores, [0, 1, 0, 1])

    assert found.rows.tolist() == [2]
    assert found.suggested.tolist() == [1]


def test_planted_errors_are_found_and_no_others() -> None:
    """Of 300 images of 100 patients 15 labels are turned: 10 or more are found, nothing else is."""
    random = np.random.default_rng(0)
    patients = np.repeat(np.arange(100), 3)
    truth = patients % 3 == 0
    features = random.normal(size=(300, 5)) + 3 * truth[:, None]
    turned = random.choice(300, 15, replace=False)
    labels = truth.copy()
    labels[turned] ^= True
    scores = cross_fit_head(features, labels, patients, penalties=(0.1,)).scores

    found = set(find_label_errors(scores, labels).rows.tolist())
    assert len(found) >= 10
    assert found <= set(turned.tolist())


def test_codes_without_a_column_are_refused() -> None:
    """A code of 2 has no score where there are two classes, nor has nan."""
    with pytest.raises(InvalidInputError, match=r"codes from 0 to 1, got labels \[0, 2\]"):
        find_label_errors([0.1, 0.2], [0, 2])
    with pytest.raises(InvalidInputError, match="must be finite"):
        find_label_errors([0.1, np.nan], [0, 1])


@pytest.mark.parametrize("code", [0.7, np.nan, np.ma.masked])
def test_a_code_is_whole_and_not_missing(code: object) -> None:
    """0.7 is no class 0, and what lies under a mask is none."""
    labels = np.ma.array([0.0, 0.0, 1.0, 1.0])
    labels[1] = code
    with pytest.raises(InvalidInputError, match="codes from 0 to 1, got labels"):
        find_label_errors([0.1, 0.2, 0.9, 0.8], labels)
