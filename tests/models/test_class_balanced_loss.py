"""The class-balanced loss, from closed forms."""

import math
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models import ClassBalancedLoss  # noqa: E402
from prevalens.models.class_balanced_loss import class_weights  # noqa: E402

pytestmark = pytest.mark.keras


def value(loss: Any, labels: Any, scores: Any) -> float:
    """Return the mean loss."""
    answer = loss(np.array(labels, "float32"), np.array(scores, "float32"))
    return float(keras.ops.convert_to_numpy(answer))


def test_weights_go_from_alike_to_the_inverse_of_the_counts() -> None:
    """At beta 0 all weigh 1; near 1 those of 10, 20 and 40 images weigh as 4 : 2 : 1."""
    assert class_weights([10, 20, 40], beta=0) == [1, 1, 1]
    np.testing.assert_allclose(
        class_weights([10, 20, 40], beta=1 - 1e-9), np.array([4, 2, 1]) * 3 / 7, rtol=1e-5
    )


def test_a_rare_class_costs_its_weight() -> None:
    """At beta 1/2 counts of 1 and 2 weigh 1.2 and 0.8: losses 1.2 log 2 and 0.8 log 2."""
    loss = ClassBalancedLoss([1, 2], beta=0.5)

    assert value(loss, [0.0], [[0.5]]) == pytest.approx(1.2 * math.log(2), rel=1e-5)
    assert value(loss, [1.0], [[0.5]]) == pytest.approx(0.8 * math.log(2), rel=1e-5)
    assert value(loss, [0.5], [[0.5]]) == pytest.approx(math.log(2), rel=1e-5)


def test_three_classes_and_logits() -> None:
    """Of equal counts it is the cross-entropy, from scores and from logits of 1,000 too."""
    scores = [[0.2, 0.3, 0.5]]
    assert value(ClassBalancedLoss([5, 5, 5]), [1.0], scores) == pytest.approx(
        -math.log(0.3), rel=1e-5
    )
    sure = ClassBalancedLoss([5, 5, 5], from_logits=True)
    assert value(sure, [0.0], [[0.0, 1000.0, 0.0]]) == pytest.approx(1000, rel=1e-5)


def test_its_config_makes_it_anew() -> None:
    """The loss made from its config gives the same value."""
    loss = ClassBalancedLoss([1, 2], beta=0.5, from_logits=True)
    again = ClassBalancedLoss.from_config(loss.get_config())

    assert value(again, [0.0], [[3.0]]) == value(loss, [0.0], [[3.0]])


def test_a_class_without_images_is_refused() -> None:
    """Counts are whole numbers of at least 1, beta is below 1."""
    with pytest.raises(InvalidInputError, match="`counts` must be a whole number >= 1, got 0"):
        ClassBalancedLoss([0, 5])
    with pytest.raises(InvalidInputError, match="a number for each class"):
        ClassBalancedLoss([5])
    with pytest.raises(InvalidInputError, match=r"`beta` must lie in \[0, 1\), got 1"):
        ClassBalancedLoss([5, 5], beta=1)
