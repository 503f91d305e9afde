"""Recalibration of several classes, and of several labels: one temperature, or a map for each."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from prevalens._checks import check_choice, check_kind, check_number, check_path
from prevalens._records import Part, Record
from prevalens.decisions.class_scaling import fit_own_scales, fit_shared_scale, fit_temperature
from prevalens.decisions.dirichlet_map import check_dirichlet, choose_penalties, fit_dirichlet
from prevalens.decisions.recalibration import METHODS, Recalibration, fit_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.checking import checked_scores
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

CLASS_METHODS = ("temperature", "platt", "bias_corrected", "vector", "dirichlet")
_LEAST = 1e-7  # a float32 softmax reaches 0, whose logarithm is infinite


class ClassMapPart(Part, frozen=True, kw_only=True):
    """The map of one class or label."""

    method: Literal["in_the_large", "temperature", "platt", "isotonic"]
    slope: float
    intercept: float
    steps: list[tuple[float, float]]


class ClassRecalibrationRecord(Record, frozen=True, kw_only=True):
    """What a file of a recalibration of several classes or labels holds."""

    FORMAT: ClassVar[str] = "prevalens class recalibration"
    REMEDY: ClassVar[str] = "Restore it, or fit anew."

    classes: list[str]
    multilabel: bool
    temperature: float | None
    offsets: list[float] | msgspec.UnsetType = msgspec.UNSET
    scales: list[float] | msgspec.UnsetType = msgspec.UNSET
    matrix: list[list[float]] | msgspec.UnsetType = msgspec.UNSET
    maps: list[ClassMapPart]


@dataclass(frozen=True)
class ClassRecalibration:
    """A fitted map from scores of several classes, or labels, to recalibrated ones.

    Args:
        classes: Names of the columns of scores, in their order.
        temperature: What the log scores are divided by before the softmax; None where each
            class has its own map.
        maps: The map of each class or label; of classes the results are divided by their sum.
        multilabel: Whether the columns are labels, of which a row may have several.
        offsets: What is added to the log scores of each class after the temperature, or after
            `scales`; empty for nothing.
        scales: What the log scores of each class are multiplied by, in place of a temperature.
        matrix: What the log scores of all classes are multiplied by, a row for each class, in
            place of both.

    Raises:
        InvalidInputError: a temperature is not above 0, offsets are not one a class, or a matrix
            is not square.

    Examples:
        >>> from prevalens.decisions import fit_class_recalibration
        >>> validation = Predictions(
        ...     labels=[0, 1, 2, 0, 0, 1] * 10, patients=None, classes=("a", "b", "c"),
        ...     scores=[[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1]] * 20,
        ... )
        >>> fitted = fit_class_recalibration(validation, method="temperature")
        >>> float(fitted.correct([[0.8, 0.1, 0.1]]).sum().round(6))
        1.0
    """

    classes: tuple[str, ...]
    temperature: float | None = None
    maps: tuple[Recalibration, ...] = ()
    multilabel: bool = False
    offsets: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    matrix: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.temperature is not None:
            check_number("temperature", self.temperature, low=0, open_low=True, open_high=True)
        if self.scales and (
            self.temperature is not None
            or len(self.scales) != len(self.classes)
            or not all(0 < scale < np.inf for scale in self.scales)
        ):
            raise InvalidInputError(
                f"`scales` are {len(self.classes)} numbers above 0 in place of a `temperature`, "
                f"one a class, got {self.scales}."
            )
        k = len(self.classes)
        if self.matrix and (
            self.temperature is not None
            or self.scales
            or [len(row) for row in self.matrix] != [k] * k
            or not np.isfinite(self.matrix).all()
        ):
            raise InvalidInputError(
                f"`matrix` has {k} rows of {k} finite numbers, in place of a `temperature` or "
                f"`scales`, got {self.matrix!r:.60}."
            )
        known = k if self._of_logs else 0
        if self.offsets and (len(self.offsets) != known or not np.isfinite(self.offsets).all()):
            raise InvalidInputError(
                f"`offsets` are {known} finite numbers beside a `temperature`, `scales` or a "
                f"`matrix`, got {self.offsets}."
            )

    @property
    def _of_logs(self) -> bool:
        """Whether it is one map of all log scores."""
        return self.temperature is not None or bool(self.scales) or bool(self.matrix)

    def correct(self, scores: ArrayLike) -> Scores:
        """Return recalibrated scores, shape `(n_rows, n_classes)`, in [0, 1].

        Raises:
            InvalidInputError: the scores are not those of the classes fitted.
        """
        values = checked_scores(scores, self.classes, several=self.multilabel)
        if self._of_logs:
            scale = np.asarray(self.scales) if self.scales else 1 / (self.temperature or 1.0)
            added = np.asarray(self.offsets) if self.offsets else 0.0
            logs = _logs(values)
            made = logs @ np.asarray(self.matrix).T if self.matrix else logs * scale
            return np.asarray(softmax(made + added, axis=1))
        columns = zip(self.maps, values.T, strict=True)
        made = np.column_stack([each.correct(column) for each, column in columns])
        return made if self.multilabel else made / made.sum(axis=1, keepdims=True)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map as JSON, whole or not at all."""
        parts = [
            ClassMapPart(
                method=each.method,  # type: ignore[arg-type]
                slope=each.slope,
                intercept=each.intercept,
                steps=[*each.steps],
            )
            for each in self.maps
        ]
        record = ClassRecalibrationRecord(
            classes=[*self.classes],
            multilabel=self.multilabel,
            temperature=self.temperature,
            offsets=[*self.offsets] if self.offsets else msgspec.UNSET,
            scales=[*self.scales] if self.scales else msgspec.UNSET,
            matrix=[[*row] for row in self.matrix] if self.matrix else msgspec.UNSET,
            maps=parts,
        )
        record.save(Path(check_path("path", path)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a map that `save` wrote.

        Raises:
            InvalidInputError: the file cannot be read, is cut, edited or of another format.
        """
        held = ClassRecalibrationRecord.load(Path(check_path("path", path)))
        given: list[Any] = [held.offsets, held.scales, held.matrix]
        added, scales, matrix = (
            () if isinstance(each, msgspec.UnsetType) else tuple(each) for each in given
        )
        scaled = held.temperature is not None or bool(scales) or bool(matrix)
        wanted = 0 if scaled else len(held.classes)
        if len(held.maps) != wanted or len(held.classes) < 2:
            raise InvalidInputError(
                f"{path} was edited or cut: {len(held.classes)} classes need {wanted} maps, got "
                f"{len(held.maps)}. {held.REMEDY}"
            )
        try:
            maps = [
                Recalibration(m.method, m.slope, m.intercept, tuple(m.steps)) for m in held.maps
            ]
            return cls(
                tuple(held.classes),
                held.temperature,
                tuple(maps),
                held.multilabel,
                added,
                scales,
                tuple(map(tuple, matrix)),
            )
        except InvalidInputError as error:
            raise InvalidInputError(f"{path} was edited or cut: {error} {held.REMEDY}") from error


def fit_class_recalibration(
    predictions: Predictions, *, method: str = "platt"
) -> ClassRecalibration:
    """Fit a recalibration of several classes or labels on validation rows, for other rows.

    Correct a known change of prevalence first, with `correct_predictions`. To see what it would
    do without rows to spare, `recalibrate` fits over folds of patients.

    Args:
        predictions: Predictions of three or more classes, or of several labels, of validation
            rows.
        method: Of classes `"platt"`, a line for each class against the rest, after which the
            scores are divided by their sum; `"temperature"`, one number for all, which never
            changes the class of the highest score and suits rare classes; `"bias_corrected"`,
            a temperature and an offset for each class, after which the mean score of each class
            is its share of these rows; `"vector"`, a scale and an offset for each class; or
            `"dirichlet"`, a matrix and offsets, whose penalties are chosen on held-out patients.
            Of labels any method of `fit_recalibration`, for each on the rows where it is known.

    Raises:
        InvalidInputError: there are two classes, a class has no row, or a class or label has no
            fit; the text names it.

    References:
        Guo et al. (2017), ICML; Zadrozny & Elkan (2002), KDD; Alexandari, Kundaje & Shrikumar
        (2020), ICML; Kull et al. (2019), NeurIPS.

    Examples:
        >>> validation = Predictions(
        ...     labels=[0, 1, 2, 0, 0, 1] * 10, patients=None, classes=("a", "b", "c"),
        ...     scores=[[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1]] * 20,
        ... )
        >>> fitted = fit_class_recalibration(validation, method="temperature")
        >>> bool(fitted.correct([[0.8, 0.1, 0.1]])[0, 0] < 0.8)  # the scores were too sure
        True
    """
    check_kind("predictions", predictions, Predictions)
    if predictions.is_binary:
        raise InvalidInputError(
            f"Two classes {list(predictions.classes)} are recalibrated by `fit_recalibration`."
        )
    classes, several = predictions.classes, predictions.is_multilabel
    check_choice("method", method, METHODS if several else CLASS_METHODS)
    empty = [
        name
        for name, count in zip(classes, predictions.class_counts.tolist(), strict=True)
        if not count
    ]
    if empty:
        raise InvalidInputError(
            f"A recalibration needs rows of every class, but {empty} have none. Give more rows, or "
            "leave those classes out."
        )
    if method == "temperature" and not several:
        return ClassRecalibration(
            classes, fit_temperature(predictions.labels, _logs(predictions.scores))
        )
    if method == "bias_corrected":
        scale, offsets = fit_shared_scale(predictions.labels, _logs(predictions.scores))
        return ClassRecalibration(classes, 1 / scale, offsets=tuple(offsets.tolist()))
    if method == "vector":
        scales, offsets = fit_own_scales(predictions.labels, _logs(predictions.scores))
        return ClassRecalibration(
            classes, offsets=tuple(offsets.tolist()), scales=tuple(scales.tolist())
        )
    if method == "dirichlet":
        return _dirichlet(predictions)
    maps = tuple(_map_of(predictions, name, method) for name in classes)
    return ClassRecalibration(classes, None, maps, several)


def _dirichlet(predictions: Predictions) -> ClassRecalibration:
    labels, logs, codes = predictions.labels, _logs(predictions.scores), predictions.patient_codes
    patients = np.arange(len(labels)) if codes is None else codes
    beside, intercept = choose_penalties(labels, logs, patients, classes=predictions.classes)
    matrix, offsets = fit_dirichlet(labels, logs, off_diagonal=beside, intercept=intercept)
    check_dirichlet(matrix, classes=predictions.classes)
    rows = tuple(map(tuple, matrix.tolist()))
    return ClassRecalibration(predictions.classes, offsets=tuple(offsets.tolist()), matrix=rows)


def _map_of(predictions: Predictions, name: str, method: str) -> Recalibration:
    try:
        return fit_recalibration(predictions.one_vs_rest(name), method=method)
    except InvalidInputError as error:
        wide = "" if predictions.is_multilabel else " Or use method='temperature', one for all."
        raise InvalidInputError(f"{name!r} has no fit of its own: {error}{wide}") from error


def _logs(scores: Scores) -> Scores:
    return np.asarray(np.log(np.clip(scores, _LEAST, 1)))
