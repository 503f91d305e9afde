"""The AUC-margin loss, beside a search for LibAUC's minimum and maximum."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
from prevalens.models import AucMarginLoss  # noqa: E402

pytestmark = pytest.mark.keras


def value(loss: Any, labels: Any, scores: Any) -> float:
    """Return the loss of a batch."""
    answer = loss(np.array(labels, "float32"), np.array(scores, "float32"))
    return float(keras.ops.convert_to_numpy(answer))


def searched(labels: Any, scores: Any, *, p: float, margin: float) -> float:
    """Return the minimum over a and b, and the maximum over alpha, of LibAUC's formula."""
    yes, no = labels == 1, labels == 0

    def spread(centres: Any) -> float:
        a, b = centres
        return float(
            (1 - p) * np.mean((scores - a) ** 2 * yes) + p * np.mean((scores - b) ** 2 * no)
        )

    pull = p * (1 - p) * margin + np.mean(p * scores * no - (1 - p) * scores * yes)
    dual = minimize_scalar(
        lambda alpha: -(2 * alpha * pull - p * (1 - p) * alpha**2),
        bounds=(0, 50),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(minimize(spread, [0.5, 0.5], tol=1e-14).fun - dual.fun)


@pytest.mark.parametrize("p", [None, 0.1, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_saddle_point_of_the_formula(p: float | None, seed: int) -> None:
    """Random scores of 30 rows, the share of the batch and others: equal to 1e-6."""
    random = np.random.default_rng(seed)
    labels = (random.random(30) < 0.3).astype(float)
    labels[:2] = (0, 1)
    scores = np.clip(random.normal(0.3 + 0.3 * labels, 0.2), 0, 1)
    margin = float(random.uniform(0.2, 1))
    found = value(AucMarginLoss(margin=margin, prevalence=p), labels, scores[:, None])

    share = labels.mean() if p is None else p
    assert found == pytest.approx(searched(labels, scores, p=share, margin=margin), abs=1e-6)


def test_by_hand() -> None:
    """Positives 0.9 and 0.7, negatives 0.2 twice: (0.01 + 0 + (1 - 0.6)^2) / 4."""
    found = value(AucMarginLoss(), [1, 1, 0, 0], [[0.9], [0.7], [0.2], [0.2]])

    assert found == pytest.approx((0.01 + 0.16) / 4, abs=1e-6)


def test_beyond_the_margin_only_the_spread_counts() -> None:
    """With a margin of 1/2 and means 0.6 apart nothing is lacking."""
    found = value(AucMarginLoss(margin=0.5), [1, 1, 0, 0], [[0.9], [0.7], [0.2], [0.2]])

    assert found == pytest.approx(0.01 / 4, abs=1e-6)


def test_labels_are_averaged_and_the_unknown_left_out() -> None:
    """A label without negatives in the batch counts nothing, nor does a row of nan."""
    labels = [[1, 1], [1, 1], [0, 1], [0, np.nan], [np.nan, 1]]
    scores = [[0.9, 0.1], [0.7, 0.2], [0.2, 0.3], [0.2, 0.4], [0.5, 0.5]]

    assert value(AucMarginLoss(), labels, scores) == pytest.approx(0.17 / 4, abs=1e-6)


def test_two_columns_of_a_softmax_are_one_score() -> None:
    """The last column is the positive class'."""
    pair = [[0.1, 0.9], [0.3, 0.7], [0.8, 0.2], [0.8, 0.2]]

    assert value(AucMarginLoss(), [1, 1, 0, 0], pair) == pytest.approx(0.17 / 4, abs=1e-6)


def test_it_teaches_a_network_to_rank() -> None:
    """From kernel 0 one feature out of two is found, and the AUROC goes from 1/2 to near 1."""
    random = np.random.default_rng(0)
    labels = (np.arange(64) % 4 == 0).astype("float32")
    rows = random.normal(size=(64, 2)).astype("float32")
    rows[:, 0] += 4 * labels
    inputs = keras.Input((2,))
    model = keras.Model(
        inputs, keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")(inputs)
    )
    model.compile(keras.optimizers.Adam(0.1), AucMarginLoss())
    model.fit(rows, labels, batch_size=64, epochs=30, verbose=0)
    scores = model.predict(rows, verbose=0)[:, 0]

    assert np.mean(scores[labels == 1][:, None] > scores[labels == 0]) > 0.98


def test_weights_of_rows_are_refused_and_its_config_makes_it_anew() -> None:
    """The loss is of pairs; the loss made from its config gives the same value."""
    loss = AucMarginLoss(margin=0.7, prevalence=[0.2])
    with pytest.raises(InvalidInputError, match="takes no weights of rows"):
        loss(np.ones((2, 1)), np.ones((2, 1)), sample_weight=np.ones(2))
    again = AucMarginLoss.from_config(loss.get_config())
    scores = [[0.9], [0.7], [0.2], [0.2]]
    assert value(again, [1, 1, 0, 0], scores) == value(loss, [1, 1, 0, 0], scores)
    with pytest.raises(InvalidInputError, match=r"`margin` must lie in \(0, 1\], got 0"):
        AucMarginLoss(margin=0)
