"""The focal loss of several labels, from its formula and beside Keras'."""

import math
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models import FocalLoss  # noqa: E402

pytestmark = pytest.mark.keras


def value(loss: Any, labels: Any, scores: Any) -> float:
    """Return the mean loss."""
    answer = loss(np.array(labels, "float32"), np.array(scores, "float32"))
    return float(keras.ops.convert_to_numpy(answer))


def test_it_is_the_formula() -> None:
    """A label there at 0.8, one not there at 0.4: (0.04 log(1/0.8) + 0.16 log(1/0.6)) / 2."""
    expected = (0.04 * math.log(1 / 0.8) + 0.16 * math.log(1 / 0.6)) / 2
    assert value(FocalLoss(), [[1, 0]], [[0.8, 0.4]]) == pytest.approx(expected, rel=1e-5)

    weighted = (0.9 * 0.04 * math.log(1 / 0.8) + 0.3 * 0.16 * math.log(1 / 0.6)) / 2
    found = value(FocalLoss(alpha=[0.9, 0.7]), [[1, 0]], [[0.8, 0.4]])
    assert found == pytest.approx(weighted, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_where_all_is_known_it_is_keras_own(gamma: float) -> None:
    """Keras' binary focal cross-entropy of random scores and labels, to 1e-5."""
    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 2, (8, 5)), random.uniform(0.01, 0.99, (8, 5))
    theirs = keras.losses.BinaryFocalCrossentropy(gamma=gamma)

    assert value(FocalLoss(gamma=gamma), labels, scores) == pytest.approx(
        value(theirs, labels, scores), rel=1e-5
    )


def test_an_unknown_label_counts_nothing() -> None:
    """With nan the loss is that of the other labels alone; with nothing known it is 0."""
    alone = value(FocalLoss(), [[1]], [[0.8]])

    assert value(FocalLoss(), [[1, np.nan]], [[0.8, 0.4]]) == pytest.approx(alone, rel=1e-6)
    assert value(FocalLoss(), [[np.nan, np.nan]], [[0.8, 0.4]]) == 0


def test_from_logits_it_grows_beyond_16() -> None:
    """Wrong and sure at a logit of -50: (1 - s)^2 is 1, and the loss 50."""
    loss = FocalLoss(from_logits=True)

    assert value(loss, [[1]], [[-50.0]]) == pytest.approx(50, rel=1e-5)
    assert value(loss, [[0]], [[50.0]]) == pytest.approx(50, rel=1e-5)


def test_unknown_labels_leave_the_gradient_whole() -> None:
    """A step with nan among the labels leaves finite weights, and none for the unknown label."""
    inputs = keras.Input((1,))
    model = keras.Model(
        inputs, keras.layers.Dense(2, "sigmoid", kernel_initializer="zeros")(inputs)
    )
    model.compile(keras.optimizers.SGD(1.0), FocalLoss())
    model.fit(np.ones((2, 1)), np.array([[1.0, np.nan], [1.0, np.nan]]), verbose=0)
    kernel = keras.ops.convert_to_numpy(model.layers[-1].kernel)[0]

    assert kernel[0] > 0
    assert kernel[1] == 0


def test_its_config_makes_it_anew() -> None:
    """The loss made from its config gives the same value."""
    loss = FocalLoss(gamma=1.5, alpha=0.25)
    again = FocalLoss.from_config(loss.get_config())

    assert value(again, [[1, 0]], [[0.8, 0.4]]) == value(loss, [[1, 0]], [[0.8, 0.4]])
    with pytest.raises(InvalidInputError, match=r"`alpha` must lie in \(0, 1\), got 1"):
        FocalLoss(alpha=1.0)
