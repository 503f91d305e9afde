"""The layer of a mean: hand counts, and its record."""

import numpy as np
import pytest
from scipy.special import expit, logit

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models.mean_log_odds import MeanLogOdds  # noqa: E402

pytestmark = pytest.mark.keras
FIRST = np.array([[0.2, 0.8], [0.5, 0.1]], np.float32)
SECOND = np.array([[0.6, 0.3], [0.5, 0.9]], np.float32)


def answer(layer: MeanLogOdds, *scores: np.ndarray) -> np.ndarray:
    """Call the layer on tensors."""
    made = layer([keras.ops.convert_to_tensor(one) for one in scores])
    return keras.ops.convert_to_numpy(made)


def test_each_output_has_a_mean_of_its_own() -> None:
    """Temperature first, then the shift, then the mean."""
    layer = MeanLogOdds([1.0, 2.0], [[0.0, 0.5], [1.0, -0.5]], classes=False)
    odds = (logit(FIRST) + [0.0, 0.5] + logit(SECOND) / 2 + [1.0, -0.5]) / 2

    np.testing.assert_allclose(answer(layer, FIRST, SECOND), expit(odds), rtol=1e-5)


def test_scores_of_classes_sum_to_one() -> None:
    """The geometric mean of 0.2 and 0.8 beside that of 0.8 and 0.2 is a half each."""
    layer = MeanLogOdds([1.0, 1.0], [[0.0, 0.0]] * 2, classes=True)
    one = np.array([[0.2, 0.8]], np.float32)

    np.testing.assert_allclose(answer(layer, one, one[:, ::-1].copy()), [[0.5, 0.5]], rtol=1e-5)
    np.testing.assert_allclose(answer(layer, one, one), one, rtol=1e-5)


def test_scores_of_zero_and_one_have_log_odds() -> None:
    """Both are taken 1e-7 inwards, so that they cancel, and nothing is NaN."""
    layer = MeanLogOdds([1.0, 1.0], [[0.0]] * 2, classes=False)
    zero, one = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)

    np.testing.assert_allclose(answer(layer, zero, one), [[0.5]], atol=1e-6)


def test_its_record_makes_it_anew() -> None:
    """What Keras writes into a file is all that it needs, and is seen to hold the shape."""
    layer = MeanLogOdds([1.0, 2.0], [[0.0, 0.5], [1.0, -0.5]], classes=True)
    again = MeanLogOdds.from_config(layer.get_config())

    assert layer.compute_output_shape([(None, 2), (None, 2)]) == (None, 2)
    np.testing.assert_array_equal(answer(again, FIRST, SECOND), answer(layer, FIRST, SECOND))
