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


@pytest.mark.parametrize("soft", [[0.25], [[0.25]], [[0.75, 0.25]]])
def test_soft_labels_weigh_both_classes(soft: Any) -> None:
    """A quarter positive at an even score and a share of 1/5: log(5)/4 + 3 log(5/4)/4."""
    expected = math.log(5) / 4 + 3 * math.log(5 / 4) / 4
    assert value(models.LogitAdjustedLoss(0.2), soft, [[0.5]]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("logit", [-80.0, -40.0, -20.0, 20.0, 40.0, 80.0])
def test_beyond_16_log_odds_the_loss_still_grows(logit: float) -> None:
    """The loss of a positive is log(1 + 4 exp(-x)) at a share of 1/5, from logits or a softmax."""
    expected = np.logaddexp(0, math.log(4) - logit)
    loss = models.LogitAdjustedLoss(0.2, from_logits=True)
    assert value(loss, [1.0], [[logit]]) == pytest.approx(expected, rel=1e-4, abs=1e-7)

    pair = np.exp(-np.logaddexp(0, [logit, -logit]))
    scored = value(models.LogitAdjustedLoss(0.2), [1.0], [pair])
    assert scored == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_a_network_that_is_wrong_and_sure_still_learns() -> None:
    """At a logit of -40 for a positive the gradient of the logit is -1, not 0."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid", use_bias=False)(inputs))
    model.layers[-1].kernel.assign([[-40.0]])
    model.compile(keras.optimizers.SGD(1.0), models.LogitAdjustedLoss(0.5))
    model.fit(np.ones((4, 1)), np.ones(4), epochs=1, batch_size=4, verbose=0)

    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model.layers[-1].kernel), [[-39.0]], rtol=1e-5
    )


def test_shares_that_cannot_be_are_refused() -> None:
    """Shares that do not sum to 1 and a negative strength are refused."""
    with pytest.raises(InvalidInputError, match="must hold 3 shares that sum to 1"):
        models.LogitAdjustedLoss([0.5, 0.2, 0.2])
    with pytest.raises(InvalidInputError, match=r"`strength` must lie in \[0, inf\], got -1"):
        models.LogitAdjustedLoss(0.2, strength=-1)
