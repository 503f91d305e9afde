"""Two classes out of several: one against the rest, one label of several, grades from one up."""

from typing import TYPE_CHECKING, Any

import numpy as np

from prevalens._numbers import as_floats, refuse_other_order
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Numbers

if TYPE_CHECKING:
    from prevalens.predictions.predictions import Predictions


def check_cohort(cohort: Any) -> Cohort:
    """Return a cohort, or say what to call without one."""
    if isinstance(cohort, Cohort):
        return cohort
    raise InvalidInputError(
        f"`cohort` must be a Cohort, got {type(cohort).__name__}. For labels and ids "
        "alone call Predictions(labels=..., scores=..., patients=...)."
    )


def told_of(cohort: Cohort, given: Any) -> tuple[Any, tuple[str, ...], Numbers]:
    """Return labels, names of the classes and scores of a cohort's rows, as `Predictions` has them.

    Args:
        cohort: The rows.
        given: Scores as in `Predictions.of`.
    """
    names = cohort.names if isinstance(cohort, MultilabelCohort) else cohort.classes
    refuse_other_order("scores", given, names)
    scores = as_floats("scores", given)
    if isinstance(cohort, MultilabelCohort):
        return cohort.targets, cohort.names, scores
    classes = cohort.classes
    if len(classes) > 2:
        return cohort.labels, classes, scores
    code = classes.index(cohort.positive)
    if scores.ndim == 2 and scores.shape[1] == 2:
        scores = scores[:, [1 - code, code]]
    return cohort.is_positive.astype(np.int64), (classes[1 - code], classes[code]), scores


def one_class(predictions: "Predictions", code: int) -> dict[str, Any]:
    """Return the fields of class `code` against all others; a label keeps rows where not known."""
    name, shares = predictions.classes[code], predictions.train_prevalence
    if predictions.is_multilabel:
        return _fields(
            predictions.labels[:, code] == 1,
            predictions.scores[:, code],
            ("not " + name, name),
            None if shares is None else shares[code],  # type: ignore[index]
        )
    rest = [other for other in predictions.classes if other != name]
    if isinstance(shares, float) and code == 0:
        shares = 1 - shares
    return _fields(
        predictions.labels == code,
        _of_every_class(predictions)[:, code],
        (rest[0] if len(rest) == 1 else "not " + name, name),
        shares if predictions.is_binary else None,
    )


def from_grade(predictions: "Predictions", code: int) -> dict[str, Any]:
    """Return the fields of grade `code` or a higher one against the lower ones."""
    name = predictions.classes[code]
    return _fields(
        predictions.labels >= code,
        _of_every_class(predictions)[:, code:].sum(axis=1),
        (f"below {name}", f"{name} or more"),
        None,
    )


def _of_every_class(predictions: "Predictions") -> Numbers:
    scores = predictions.scores
    return np.column_stack([1 - scores, scores]) if predictions.is_binary else scores


def _fields(labels: Any, scores: Any, classes: tuple[str, str], shares: Any) -> dict[str, Any]:
    return {
        "labels": labels.astype(np.int64),
        "scores": np.ascontiguousarray(np.clip(scores, 0, 1)),
        "classes": classes,
        "train_prevalence": shares,
        "ordered": False,
    }
