"""Heads: the output's bias, pooling, and the type of the scores."""

import math
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models.heads import add_output, output_bias, pool  # noqa: E402

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(("prevalence", "bias"), [(0.5, 0.0), (0.25, -math.log(3)), (None, 0.0)])
def test_the_sigmoid_bias_is_the_log_odds(prevalence: float | None, bias: float) -> None:
    """The bias of one output is log(p / (1 - p))."""
    assert output_bias(prevalence, n_classes=2, output="sigmoid") == [pytest.approx(bias)]


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@pytest.mark.parametrize(
    ("settings", "shares"),
    [
        ({"output": "sigmoid", "n_classes": 2, "prevalence": 0.03}, [0.03]),
        ({"output": "softmax", "n_classes": 2, "prevalence": 0.1}, [0.9, 0.1]),
        (
            {"output": "softmax", "n_classes": 3, "prevalence": [0.7, 0.2, 0.1]},
            [0.7, 0.2, 0.1],
        ),
        (
            {
                "output": "sigmoid",
                "n_classes": 3,
                "multilabel": True,
                "prevalence": [0.5, 0.1, 0.9],
            },
            [0.5, 0.1, 0.9],
        ),
        ({"output": "sigmoid", "n_classes": 1, "multilabel": True}, [0.5]),
    ],
)
def test_an_untrained_output_answers_the_prevalence(
    settings: dict[str, Any], shares: list[float], scale: float
) -> None:
    """The scores are the prevalence itself, whatever the features' scale."""
    features = keras.Input((4,))
    scores = add_output(features, **settings)
    rows = scale * np.random.default_rng(0).normal(size=(5, 4))
    answer = keras.Model(features, scores).predict(rows, verbose=0)

    np.testing.assert_allclose(answer, np.tile(shares, (5, 1)), rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"n_classes": 3, "output": "sigmoid"}, '"sigmoid" is for 2 classes, got 3'),
        (
            {"n_classes": 3, "output": "softmax", "multilabel": True},
            'labels need "sigmoid"',
        ),
        (
            {"n_classes": 3, "output": "sigmoid", "multilabel": True, "prevalence": [0.5, 0.5]},
            "With 3 labels `prevalence` must name the share of each",
        ),
        ({"n_classes": 1, "output": "softmax"}, "`n_classes` must be a whole number >= 2, got 1"),
        ({"n_classes": 2, "output": "relu"}, "must be one of 'sigmoid', 'softmax', got 'relu'"),
        ({"n_classes": 2, "output": "sigmoid", "dropout": 1.0}, r"`dropout` must lie in \[0, 1\)"),
        (
            {"n_classes": 3, "output": "softmax", "prevalence": 0.2},
            "`prevalence` must name the share of each, got 0.2",
        ),
        (
            {"n_classes": 3, "output": "softmax", "prevalence": [0.5, 0.2, 0.2]},
            "must hold 3 shares that sum to 1",
        ),
        (
            {"n_classes": 2, "output": "sigmoid", "prevalence": 1.0},
            r"`prevalence` must lie in \(0, 1\), got 1.0",
        ),
    ],
)
def test_an_impossible_output_is_refused(settings: dict[str, object], text: str) -> None:
    """Each refusal names the setting, its value and the rule."""
    with pytest.raises(InvalidInputError, match=text):
        add_output(keras.Input((4,)), **settings)  # type: ignore[arg-type]


def test_pooling_is_the_mean_or_the_maximum() -> None:
    """Pooling answers each channel's mean or maximum; pooled features pass through."""
    maps = np.arange(12.0).reshape(1, 2, 2, 3)
    features = keras.Input((2, 2, 3))
    for name, wanted in (("avg", maps.mean((1, 2))), ("max", maps.max((1, 2)))):
        model = keras.Model(features, pool(features, pooling=name))
        np.testing.assert_allclose(model.predict(maps, verbose=0), wanted)
    flat = keras.Input((3,))

    assert pool(flat, pooling="avg") is flat


def test_scores_are_float32_under_mixed_precision() -> None:
    """The output keeps float32 whatever the policy."""
    features = keras.layers.Dense(2, dtype="mixed_bfloat16")(keras.Input((4,)))

    assert add_output(features, n_classes=2, output="sigmoid").dtype == "float32"
