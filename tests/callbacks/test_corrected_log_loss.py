"""The validation loss after correction to the cohort's prevalence."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
callbacks = pytest.importorskip("prevalens.callbacks", exc_type=ImportError)
pytestmark = pytest.mark.keras


def value(labels: Any, scores: Any, weights: Any = None, **settings: Any) -> float:
    """Return the metric of one batch."""
    metric = callbacks.CorrectedLogLoss(**{"train_prevalence": 0.5, "prevalence": 0.2, **settings})
    metric.update_state(np.asarray(labels), np.asarray(scores, "float32"), weights)
    return float(metric.result())


@pytest.mark.parametrize("from_logits", [False, True])
def test_odds_of_one_at_half_are_odds_of_a_quarter_at_a_fifth(*, from_logits: bool) -> None:
    """A score of 0.5 becomes 0.2: the loss is -log 0.2 of a positive and -log 0.8 of a negative."""
    scores = [[0.0], [0.0]] if from_logits else [[0.5], [0.5]]
    expected = [-math.log(0.2), -math.log(0.8)]

    mean = value([1.0, 0.0], scores, from_logits=from_logits)
    assert mean == pytest.approx(np.mean(expected), rel=1e-5)
    only = value([1.0, 0.0], scores, np.array([0.0, 3.0]), from_logits=from_logits)
    assert only == pytest.approx(expected[1], rel=1e-5)


@given(score=st.floats(0.01, 0.99), positive=st.booleans())
def test_two_classes_by_shares_are_the_same_as_by_one(score: float, positive: bool) -> None:
    """The share of positives alone, and the shares of both in a softmax, give one loss."""
    one = value([float(positive)], [[score]])
    both = value([float(positive)], [[score]], train_prevalence=[0.5, 0.5], prevalence=[0.8, 0.2])

    assert one == pytest.approx(both, rel=1e-5)
    assert value([1.0], [[score]], prevalence=0.5) == pytest.approx(-math.log(score), rel=1e-4)


def test_several_classes_are_corrected_each() -> None:
    """Even scores of three classes become the shares 0.5, 0.3 and 0.2; labels may be one-hot."""
    settings = {"train_prevalence": [1 / 3] * 3, "prevalence": [0.5, 0.3, 0.2]}
    scores, labels = np.full((3, 3), 1 / 3), np.arange(3)
    expected = -np.mean(np.log([0.5, 0.3, 0.2]))

    assert value(labels, scores, **settings) == pytest.approx(expected, rel=1e-5)
    assert value(np.eye(3), scores, **settings) == pytest.approx(expected, rel=1e-5)
    logits = np.zeros((3, 3))
    assert value(labels, logits, from_logits=True, **settings) == pytest.approx(expected, rel=1e-5)


def test_a_saved_model_brings_its_metric_back() -> None:
    """The configuration makes an equal metric."""
    metric = callbacks.CorrectedLogLoss(train_prevalence=0.5, prevalence=0.1, name="c")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))

    assert again.get_config() == metric.get_config()


def test_the_adjuster_follows_it(capsys: pytest.CaptureFixture[str]) -> None:
    """As `val_corrected_loss` it is lower-is-better, and judges each epoch."""
    metric = callbacks.CorrectedLogLoss(train_prevalence=0.5, prevalence=0.2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", weighted_metrics=[metric])
    rows, labels = np.ones((8, 2), "float32"), np.array([0, 1] * 4, "float32")
    adjuster = callbacks.LRA(monitor="val_corrected_loss", verbose=0)
    history = model.fit(
        rows, labels, validation_data=(rows, labels), epochs=2, verbose=0, callbacks=[adjuster]
    ).history

    assert adjuster.rule.mode == "min"
    assert [row.value for row in adjuster.record.rows] == history["val_corrected_loss"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prevalence": 0.0}, "`prevalence` must"),
        ({"prevalence": [0.5, 0.4]}, "which sum to 1"),
        ({"prevalence": [0.5, 0.3, 0.2]}, "as many classes, got 2 and 3"),
    ],
)
def test_shares_that_are_none_are_refused(settings: dict[str, Any], message: str) -> None:
    """A share of 0, shares that do not sum to 1, and another number of classes."""
    with pytest.raises(InvalidInputError, match=message):
        value([1.0], [[0.5]], **settings)
