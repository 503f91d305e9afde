"""A scale and offsets of log scores are those of the largest likelihood."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from prevalens.decisions import ClassRecalibration, fit_class_recalibration
from prevalens.decisions.class_scaling import fit_own_scales, fit_shared_scale
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


def drawn(n_rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return labels 6 : 3 : 1 and log scores that are too sure and of other shares."""
    rng = np.random.default_rng(5)
    labels = rng.choice(3, n_rows, p=[0.6, 0.3, 0.1])
    logits = rng.normal(0, 2, (n_rows, 3)) + 3 * np.eye(3)[labels]
    return labels, log_softmax(logits, axis=1)


def test_it_is_what_a_search_without_slopes_finds() -> None:
    """Nelder and Mead, on the mean log loss of scale and two offsets, the last 0."""
    labels, logs = drawn()

    def loss(numbers: np.ndarray) -> float:
        scores = log_softmax(numbers[0] * logs + np.append(numbers[1:], 0), axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    plain = minimize(
        loss,
        [1, 0, 0],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 5000},
    )
    scale, offsets = fit_shared_scale(labels, logs)

    assert scale == pytest.approx(plain.x[0], abs=1e-5)
    np.testing.assert_allclose(offsets[:2] - offsets[2], plain.x[1:], atol=1e-5)
    assert offsets.sum() == pytest.approx(0)


def test_the_mean_score_of_each_class_is_its_share() -> None:
    """Which is what the offsets' own slopes being 0 means."""
    labels, logs = drawn()
    scale, offsets = fit_shared_scale(labels, logs)
    scores = softmax(scale * logs + offsets, axis=1)

    np.testing.assert_allclose(scores.mean(axis=0), np.bincount(labels) / len(labels), atol=1e-7)


@pytest.mark.parametrize(("sign", "told"), [(1, "without an error"), (-1, "do not go with")])
def test_scores_without_a_best_scale_are_refused(sign: int, told: str) -> None:
    """Classes that are parted, and scores that are turned round."""
    labels = np.arange(60) % 3
    noise = np.random.default_rng(1).normal(0, 0.5 if sign == 1 else 2, (60, 3))
    logs = log_softmax(sign * 3 * np.eye(3)[labels] + noise, axis=1)
    with pytest.raises(InvalidInputError, match=told):
        fit_shared_scale(labels, logs)


def test_a_fitted_map_is_written_and_read(tmp_path: Path) -> None:
    """With its offsets; those of another number of classes are refused."""
    labels, logs = drawn()
    rows = Predictions(labels=labels, scores=np.exp(logs), patients=None, classes=("a", "b", "c"))
    made = fit_class_recalibration(rows, method="bias_corrected")
    made.save(tmp_path / "map.json")
    scale, offsets = fit_shared_scale(labels, np.log(np.clip(rows.scores, 1e-7, 1)))

    assert ClassRecalibration.load(tmp_path / "map.json") == made
    expected = softmax(scale * np.log(np.clip(rows.scores, 1e-7, 1)) + offsets, axis=1)
    np.testing.assert_allclose(made.correct(rows.scores), expected)
    with pytest.raises(InvalidInputError, match="`offsets` are 3 finite numbers"):
        ClassRecalibration(("a", "b", "c"), 1.0, offsets=(0.5, -0.5))


def test_a_scale_of_each_class_is_what_a_search_without_slopes_finds() -> None:
    """Powell's, on the mean log loss of three scales and two offsets, the last 0."""
    labels, logs = drawn()

    def loss(numbers: np.ndarray) -> float:
        scores = log_softmax(numbers[:3] * logs + np.append(numbers[3:], 0), axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    plain = minimize(loss, [1, 1, 1, 0, 0], method="Powell", options={"xtol": 1e-10, "ftol": 1e-15})
    scales, offsets = fit_own_scales(labels, logs)

    assert loss(np.append(scales, offsets[:2] - offsets[2])) <= plain.fun + 1e-12
    np.testing.assert_allclose(scales, plain.x[:3], atol=1e-3)
    np.testing.assert_allclose(offsets[:2] - offsets[2], plain.x[3:], atol=1e-3)


def test_a_map_of_own_scales_is_written_and_read(tmp_path: Path) -> None:
    """Scores are those by hand; scales beside a temperature, or of another number, are refused."""
    labels, logs = drawn()
    rows = Predictions(labels=labels, scores=np.exp(logs), patients=None, classes=("a", "b", "c"))
    made = fit_class_recalibration(rows, method="vector")
    made.save(tmp_path / "map.json")
    clipped = np.log(np.clip(rows.scores, 1e-7, 1))
    scales, offsets = fit_own_scales(labels, clipped)

    assert ClassRecalibration.load(tmp_path / "map.json") == made
    np.testing.assert_allclose(
        made.correct(rows.scores), softmax(scales * clipped + offsets, axis=1)
    )
    for given in ({"temperature": 2.0, "scales": (1.0, 1.0, 1.0)}, {"scales": (1.0, -1.0, 1.0)}):
        with pytest.raises(InvalidInputError, match="`scales` are 3 numbers above 0"):
            ClassRecalibration(("a", "b", "c"), **given)  # type: ignore[arg-type]
