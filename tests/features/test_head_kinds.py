"""Each kind of head against its closed form."""

import numpy as np
import pytest

from prevalens.features.head_kinds import KINDS

ROWS = np.array([[-1.0], [-1.0], [-1.0], [1.0]], dtype=np.float32)
LABELS = np.array([0, 0, 0, 1])


def log_odds(kind: str, penalty: float, at: float) -> float:
    """Return the log-odds of the second class at one feature value."""
    (head,) = KINDS[kind].fit(ROWS, LABELS, [penalty], n_classes=2, seed=0)
    scores = head(np.array([[at]], dtype=np.float32))[0]
    return float(np.log(scores[1] / scores[0]))


def test_a_logistic_head_is_at_the_least_of_its_loss() -> None:
    """Where mean loss plus half the penalty times the squared weight has no slope.

    With residuals r = score - label these are mean(r) = 0 and mean(r x) + penalty w = 0.
    """
    alike, by_class = np.full(4, 1 / 4), np.array([1 / 6, 1 / 6, 1 / 6, 1 / 2])
    for kind, weights in (("logistic", alike), ("balanced_logistic", by_class)):
        for penalty in (0.05, 1.0):
            (head,) = KINDS[kind].fit(ROWS, LABELS, [penalty], n_classes=2, seed=0)
            residuals = head(ROWS)[:, 1] - LABELS
            weight = (log_odds(kind, penalty, 1) - log_odds(kind, penalty, -1)) / 2
            assert weights @ residuals == pytest.approx(0, abs=1e-3)
            assert weights @ (residuals * ROWS[:, 0]) + penalty * weight == pytest.approx(
                0, abs=1e-3
            )


def test_a_centroid_head_compares_squared_distances() -> None:
    """Centres -1 and 1: (x + 1)^2 / 2 - (x - 1)^2 / 2 = 2 x, divided by the penalty."""
    for at in (-1.0, 0.0, 0.5):
        assert log_odds("centroid", 4.0, at) == pytest.approx(2 * at / 4, abs=1e-6)


def test_penalties_are_fitted_in_their_order() -> None:
    """The weaker the penalty, the surer the head; each equals the one fitted alone."""
    for kind in ("logistic", "balanced_logistic", "centroid"):
        heads = KINDS[kind].fit(ROWS, LABELS, [10.0, 1.0, 0.1], n_classes=2, seed=0)
        sure = [head(ROWS)[3, 1] for head in heads]
        assert sure == sorted(sure)
        for penalty, head in zip((10.0, 1.0, 0.1), heads, strict=True):
            (alone,) = KINDS[kind].fit(ROWS, LABELS, [penalty], n_classes=2, seed=0)
            np.testing.assert_allclose(head(ROWS), alone(ROWS), atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_was_not_seen_scores_0(kind: str) -> None:
    """Of three classes the second is absent: its column is 0, the others sum to 1."""
    (head,) = KINDS[kind].fit(ROWS, 2 * LABELS, [1.0], n_classes=3, seed=0)
    scores = head(ROWS)

    assert scores.shape == (4, 3)
    np.testing.assert_array_equal(scores[:, 1], 0)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_an_mlp_learns_what_no_line_tells_apart() -> None:
    """Exclusive or in two features, from 400 rows of noise around its corners."""
    random = np.random.default_rng(0)
    corners = random.integers(0, 2, (400, 2))
    rows = (2 * corners - 1 + random.normal(0, 0.2, (400, 2))).astype(np.float32)
    labels = corners[:, 0] ^ corners[:, 1]
    right = {}
    for kind in ("mlp", "logistic"):
        (head,) = KINDS[kind].fit(rows, labels, [0.01], n_classes=2, seed=0)
        right[kind] = np.mean((head(rows)[:, 1] > 0.5) == labels)

    assert right["mlp"] > 0.98
    assert right["logistic"] < 0.8
