"""Dirichlet calibration is the smallest penalised loss; patients choose its penalties."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from prevalens.decisions import ClassRecalibration, fit_class_recalibration, recalibrate
from prevalens.decisions.dirichlet_map import (
    INTERCEPT,
    OFF_DIAGONAL,
    check_dirichlet,
    choose_penalties,
    fit_dirichlet,
)
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.splits import PatientKFold

CLASSES = ("a", "b", "c")


def drawn(n_rows: int = 600, *, leak: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return labels 6 : 3 : 1 and log scores that are too sure; some of b's leaks into c's."""
    rng = np.random.default_rng(5)
    labels = rng.choice(3, n_rows, p=[0.6, 0.3, 0.1])
    logits = rng.normal(0, 2, (n_rows, 3)) + 3 * np.eye(3)[labels]
    logits[:, 2] += leak * logits[:, 1]
    return labels, log_softmax(logits, axis=1)


def predictions(leak: float = 0.0) -> Predictions:
    """The same of patients with three rows each."""
    labels, logs = drawn(leak=leak)
    owner = np.arange(len(labels)) // 3
    return Predictions(labels=labels, scores=np.exp(logs), patients=owner, classes=CLASSES)


@pytest.mark.parametrize(("beside", "intercept"), [(0.01, 0.1), (1.0, 0.001), (10.0, 10.0)])
def test_it_is_what_another_search_finds(beside: float, intercept: float) -> None:
    """By the definition, without slopes of its own: scipy's BFGS from nine other numbers."""
    labels, logs = drawn(leak=0.8)

    def loss(numbers: np.ndarray) -> float:
        matrix, offsets = numbers[:9].reshape(3, 3), numbers[9:]
        scores = log_softmax(logs @ matrix.T + offsets, axis=1)
        rest = [matrix[i, j] ** 2 for i in range(3) for j in range(3) if i != j]
        value = -float(scores[np.arange(len(labels)), labels].mean())
        return value + beside * float(np.mean(rest)) + intercept * float(np.mean(offsets**2))

    plain = minimize(loss, np.random.default_rng(0).normal(0, 0.3, 12), method="BFGS",
                     options={"gtol": 1e-9, "maxiter": 5000})  # fmt: skip
    matrix, offsets = fit_dirichlet(labels, logs, off_diagonal=beside, intercept=intercept)
    mine = np.append(matrix.reshape(-1), offsets)

    assert loss(mine) <= plain.fun + 1e-10
    np.testing.assert_allclose(mine, plain.x, atol=2e-4)


def test_heavy_penalties_leave_a_scale_of_each_class() -> None:
    """No offset and nothing beside the diagonal: what Powell's search of three scales finds."""
    labels, logs = drawn()
    matrix, offsets = fit_dirichlet(labels, logs, off_diagonal=1e6, intercept=1e6)

    def loss(scales: np.ndarray) -> float:
        scores = log_softmax(scales * logs, axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    plain = minimize(loss, np.ones(3), method="Powell", options={"xtol": 1e-10, "ftol": 1e-15})
    np.testing.assert_allclose(np.diag(matrix), plain.x, atol=1e-3)
    assert np.abs(matrix - np.diag(np.diag(matrix))).max() < 1e-4
    assert np.abs(offsets).max() < 1e-4


def test_penalties_are_those_of_the_smallest_loss_on_held_out_patients() -> None:
    """Every pair by hand, over the folds of patients; no patient is fitted on and held out."""
    held = predictions(leak=0.8).take(range(300))
    labels, logs = held.labels, np.log(np.clip(held.scores, 1e-7, 1))
    codes = held.patient_codes
    assert codes is not None
    losses = {}
    for pair in [(one, two) for one in OFF_DIAGONAL for two in INTERCEPT]:
        total = 0.0
        cut = PatientKFold(5, seed=0, allow_missing_classes=True)
        for fit, rest in cut.split(None, labels, codes):
            assert not set(codes[fit]) & set(codes[rest])
            matrix, offsets = fit_dirichlet(
                labels[fit], logs[fit], off_diagonal=pair[0], intercept=pair[1]
            )
            scores = log_softmax(logs[rest] @ matrix.T + offsets, axis=1)
            total -= scores[np.arange(len(rest)), labels[rest]].sum()
        losses[pair] = total
    chosen = choose_penalties(labels, logs, codes, classes=CLASSES)

    assert losses[chosen] == pytest.approx(min(losses.values()), rel=1e-5)


def test_it_mends_what_a_scale_of_each_class_cannot() -> None:
    """A score that leaks into another class: cross-fitted by patient, the log loss is smaller."""
    held = predictions(leak=0.8)
    losses = {}
    for method in ("vector", "dirichlet"):
        made = recalibrate(held, method=method, n_folds=3)
        own = made.scores[np.arange(len(made)), made.labels]
        losses[method] = -np.log(own).mean()
    assert losses["dirichlet"] < losses["vector"] - 0.005


def test_a_map_is_applied_written_and_read(tmp_path: Path) -> None:
    """As softmax of matrix and offsets by hand; a matrix of another shape is refused."""
    held = predictions(leak=0.8)
    made = fit_class_recalibration(held, method="dirichlet")
    made.save(tmp_path / "map.json")
    logs = np.log(np.clip(held.scores, 1e-7, 1))
    expected = softmax(logs @ np.array(made.matrix).T + made.offsets, axis=1)

    assert ClassRecalibration.load(tmp_path / "map.json") == made
    np.testing.assert_allclose(made.correct(held.scores), expected)
    for given in (
        {"matrix": ((1.0, 0.0), (0.0, 1.0))},
        {"matrix": ((1.0, 0.0, np.nan),) * 3},
        {"matrix": ((1.0, 0.0, 0.0),) * 3, "temperature": 1.0},
        {"matrix": ((1.0, 0.0, 0.0),) * 3, "scales": (1.0, 1.0, 1.0)},
    ):
        with pytest.raises(InvalidInputError, match=r"`matrix` has 3 rows|`scales` are"):
            ClassRecalibration(CLASSES, **given)  # type: ignore[arg-type]
    text = (tmp_path / "map.json").read_text("utf-8")
    (tmp_path / "map.json").write_text(text.replace('"matrix": [', '"matrix": [[1.0],', 1), "utf-8")
    with pytest.raises(InvalidInputError, match="edited or cut"):
        ClassRecalibration.load(tmp_path / "map.json")


def test_swapped_columns_are_not_mended_in_silence() -> None:
    """A matrix could exchange them back; the classes are named instead."""
    held = predictions()
    swapped = held.with_scores(held.scores[:, [1, 0, 2]])
    with pytest.raises(InvalidInputError, match=r"do not go with \['a', 'b'\]"):
        fit_class_recalibration(swapped, method="dirichlet")
    check_dirichlet(
        np.eye(3) + np.array([5.0, -2.0, 0.0]), classes=CLASSES
    )  # columns as a whole are free


@pytest.mark.parametrize(
    ("labels", "patients", "told"),
    [
        ([0, 1, 2] * 20, [*range(60)], "parts the classes without an error"),
        ([0, 1] * 29 + [2, 2], [*range(58), 58, 58], r"\['c'\] have fewer.*'bias_corrected'"),
    ],
)
def test_what_has_no_map_is_refused(labels: list[int], patients: list[int], told: str) -> None:
    """Classes that are parted, and a class of one patient, who cannot be held out."""
    rng = np.random.default_rng(1)
    scores = softmax(6 * np.eye(3)[labels] + rng.normal(0, 0.5, (60, 3)), axis=1)
    held = Predictions(labels=labels, scores=scores, patients=patients, classes=CLASSES)
    with pytest.raises(InvalidInputError, match=told):
        fit_class_recalibration(held, method="dirichlet")
