"""Logarithms of scores, and labels as shares, from closed forms."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models.log_probabilities import label_shares_of, log_probabilities  # noqa: E402

pytestmark = pytest.mark.keras


def numbers(tensor: Any) -> Any:
    """Return a tensor as an array."""
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("logit", [-80.0, -3.0, 0.0, 3.0, 80.0])
def test_logits_give_both_logarithms(logit: float) -> None:
    """They are -log(1 + exp(x)) and -log(1 + exp(-x)), for one output and for a softmax of two."""
    expected = [[-np.logaddexp(0, logit), -np.logaddexp(0, -logit)]]
    one = log_probabilities(np.array([[logit]], "float32"), from_logits=True)
    two = log_probabilities(np.array([[0, logit]], "float32"), from_logits=True)

    np.testing.assert_allclose(numbers(one), expected, rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(numbers(two), expected, rtol=1e-5, atol=1e-30)


def test_scores_give_their_logarithms_down_to_the_smallest_number() -> None:
    """A score of 1e-30 is log-odds of -69; one that was rounded to 1 is half a step below."""
    scores = np.array([[0.25], [1e-30], [1.0]], "float32")
    found = numbers(log_probabilities(scores, from_logits=False))

    expected = [
        [np.log(0.75), np.log(0.25)],
        [0, -30 * np.log(10)],
        [-25 * np.log(2), 0],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_labels_become_shares() -> None:
    """Numbers, soft labels of two classes, and shares that are given."""
    assert numbers(label_shares_of(np.array([0.0, 1.0, 0.25]), n_classes=2)).tolist() == [
        [1, 0],
        [0, 1],
        [0.75, 0.25],
    ]
    assert numbers(label_shares_of(np.array([[2.0]]), n_classes=3)).tolist() == [[0, 0, 1]]
    given = [[0.25, 0.25, 0.5]]
    assert numbers(label_shares_of(np.array(given), n_classes=3)).tolist() == given
