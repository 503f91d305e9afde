"""Dirichlet calibration of the log scores of several classes, with its penalties; pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from prevalens.exceptions import InvalidInputError
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.typing import Codes, Labels, Scores

OFF_DIAGONAL = (10.0, 1.0, 0.1, 0.01, 0.001)
"""Penalties on the matrix beside its diagonal that are tried."""
INTERCEPT = (1.0, 0.1, 0.01)
"""Penalties on the offsets that are tried."""

_FOLDS = 5
_ROUGH = 1e-6  # slope at which the search for penalties is near enough

Map = tuple[NDArray[np.float64], NDArray[np.float64]]


def fit_dirichlet(
    labels: Labels,
    logs: Scores,
    *,
    off_diagonal: float,
    intercept: float,
    start: Map | None = None,
    slope: float = 1e-9,
) -> Map:
    """Return the matrix and offsets of the smallest penalised log loss.

    The loss is the mean over rows of the log loss of softmax(matrix @ logs + offsets), plus
    `off_diagonal` times the mean square of the matrix beside its diagonal, plus `intercept` times
    the mean square of the offsets.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        logs: Log scores, shape `(n_rows, n_classes)`.
        off_diagonal: Penalty on the matrix beside its diagonal, above 0.
        intercept: Penalty on the offsets, above 0.
        start: Where the search begins; by default at the map that changes nothing.
        slope: Largest slope of the loss at which the search ends.

    Returns:
        The matrix `(n_classes, n_classes)` and offsets `(n_classes,)`.

    Raises:
        InvalidInputError: the map parts the classes without an error, so that no diagonal is the
            best.

    References:
        Kull et al. (2019), NeurIPS: Dirichlet calibration with off-diagonal and intercept
        regularisation.
    """
    n, k = logs.shape
    own = np.zeros((n, k))
    own[np.arange(n), labels] = 1
    beside = off_diagonal * (1 - np.eye(k)) / (k * (k - 1))

    def loss(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        matrix, offsets = numbers[: k * k].reshape(k, k), numbers[k * k :]
        found = log_softmax(logs @ matrix.T + offsets, axis=1)
        left = (np.exp(found) - own) / n
        value = -float((found * own).sum()) / n
        value += float((beside * matrix**2).sum()) + intercept * float((offsets**2).mean())
        slopes = left.T @ logs + 2 * beside * matrix
        return value, np.append(slopes, left.sum(axis=0) + 2 * intercept * offsets / k)

    settings: dict[str, Any] = {"gtol": slope, "ftol": 1e-15, "maxiter": 3000, "maxfun": 6000}
    begin = (np.eye(k), np.zeros(k)) if start is None else start
    numbers = np.append(begin[0].reshape(-1), begin[1])
    found = minimize(loss, numbers, jac=True, method="L-BFGS-B", options=settings).x
    matrix, offsets = found[: k * k].reshape(k, k), found[k * k :]
    made = logs @ matrix.T + offsets
    if (made[np.arange(n), labels] >= made.max(axis=1)).all():
        raise InvalidInputError(
            "No Dirichlet map corrects these scores: it parts the classes without an error. Check "
            "the order of the classes, or give more rows."
        )
    return matrix, offsets


def check_dirichlet(matrix: NDArray[np.float64], *, classes: Sequence[str]) -> None:
    """Refuse a map that mends scores which do not go with their classes, such as swapped columns.

    Args:
        matrix: Its matrix, shape `(n_classes, n_classes)`; what is added to a whole column
            changes nothing, so each class is held against the mean of the others.
        classes: Names of the classes.

    Raises:
        InvalidInputError: a higher score of a class does not raise it above the others.
    """
    k = len(classes)
    own = np.diag(matrix)
    others = (matrix.sum(axis=0) - own) / (k - 1)
    wrong = [name for name, up in zip(classes, (own > others).tolist(), strict=True) if not up]
    if wrong:
        raise InvalidInputError(
            f"No Dirichlet map corrects these scores: higher ones do not go with {wrong}. Check "
            "the order of the classes, or give more rows."
        )


def choose_penalties(
    labels: Labels, logs: Scores, patients: Codes, *, classes: Sequence[str]
) -> tuple[float, float]:
    """Return the penalties of the smallest log loss on held-out patients; of equal ones the larger.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        logs: Log scores, shape `(n_rows, n_classes)`.
        patients: Number of each row's patient, shape `(n_rows,)`.
        classes: Names of the classes, for errors.

    Returns:
        The penalty beside the diagonal, and that on the offsets.

    Raises:
        InvalidInputError: a class comes from one patient alone, who cannot be held out and fitted
            on.
    """
    owners = [len(np.unique(patients[labels == code])) for code in range(len(classes))]
    few = [name for name, count in zip(classes, owners, strict=True) if count < 2]
    if few:
        raise InvalidInputError(
            "The penalties of a Dirichlet map are chosen on held-out patients, so that each class "
            f"needs two, but {few} have fewer. Use method='vector' or 'bias_corrected', or give "
            "more rows."
        )
    cut = PatientKFold(min(_FOLDS, *owners), seed=0, allow_missing_classes=True)
    folds = list(cut.split(None, labels, patients))
    losses: dict[tuple[float, float], float] = {}
    for intercept in INTERCEPT:
        starts: list[Map | None] = [None] * len(folds)
        for beside in OFF_DIAGONAL:
            total = 0.0
            for number, (fit, held) in enumerate(folds):
                made = fit_dirichlet(
                    labels[fit],
                    logs[fit],
                    off_diagonal=beside,
                    intercept=intercept,
                    start=starts[number],
                    slope=_ROUGH,
                )
                starts[number] = made
                found = log_softmax(logs[held] @ made[0].T + made[1], axis=1)
                total -= float(found[np.arange(len(held)), labels[held]].sum())
            losses[beside, intercept] = total
    return min(losses, key=lambda pair: losses[pair])
