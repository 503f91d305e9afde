"""The logit-adjusted loss, from closed forms."""

import math
from typing import Any

import numpy as np
import pytest

from prevalens import models
from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras


def value(loss: Any, labels: list[float], scores: Any) -> float:
    """Return the mean loss."""
    answer = loss(np.array(labels, "float32"), np.array(scores, "float32"))
    return float(keras.ops.convert_to_numpy(answer))


@pytest.mark.parametrize("prevalence", [0.5, [0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
def test_in_balance_it_is_the_cross_entropy(prevalence: Any) -> None:
    """With equal shares the loss is minus the log of the true class' score."""
    classes = len(prevalence) if isinstance(prevalence, list) else 2
    scores = [[0.2, 0.8, 0.0][:classes]] if classes > 1 else [[0.8]]
    loss = models.LogitAdjustedLoss(prevalence)

    assert value(loss, [1.0], scores) == pytest.approx(-math.log(0.8), rel=1e-5)


def test_a_rare_positive_costs_more() -> None:
    """At a share of 1/5 an even score stands for 1/5: losses log 5 and log 5/4."""
    loss = models.LogitAdjustedLoss(0.2)

    assert value(loss, [1.0], [[0.5]]) == pytest.approx(math.log(5), rel=1e-5)
    assert value(loss, [0.0], [[0.5]]) == pytest.approx(math.log(5 / 4), rel=1e-5)


def test_the_least_loss_is_at_balanced_scores() -> None:
    """Of 10 rows alike, 2 positive, the best constant score is 1/2, not 1/5."""
    loss = models.LogitAdjustedLoss(0.2)
    labels = [1.0] * 2 + [0.0] * 8
    losses = {share: value(loss, labels, [[share]] * 10) for share in (0.2, 0.4, 0.5, 0.6)}

    assert min(losses, key=losses.__getitem__) == 0.5


def test_without_strength_it_is_plain_and_its_config_makes_it_anew() -> None:
    """Strength 0 ignores the shares; the loss made from its config gives the same value."""
    plain = models.LogitAdjustedLoss(0.2, strength=0.0)
    again = models.LogitAdjustedLoss.from_config(models.LogitAdjustedLoss(0.2).get_config())

    assert value(plain, [1.0], [[0.5]]) == pytest.approx(math.log(2), rel=1e-5)
    assert value(again, [1.0], [[0.5]]) == pytest.approx(math.log(5), rel=1e-5)


def test_shares_that_cannot_be_are_refused() -> None:
    """Shares that do not sum to 1 and a negative strength are refused."""
    with pytest.raises(InvalidInputError, match="must hold 3 shares that sum to 1"):
        models.LogitAdjustedLoss([0.5, 0.2, 0.2])
    with pytest.raises(InvalidInputError, match=r"`strength` must lie in \[0, inf\], got -1"):
        models.LogitAdjustedLoss(0.2, strength=-1)
