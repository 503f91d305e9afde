"""The study that made a model: its held-out predictions, for comparison with another cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_kind, check_number, check_same_length, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Flags, Labels

Thresholds = float | Sequence[float] | None
"""One threshold for all rows, or one for each fold in the order of their numbers."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Development:
    """Held-out predictions of the study that made the model, and how it decided on them.

    Given to `ClinicalReport` as `development`, it sets them beside those on the next cohort, which
    the saved model scored.

    Args:
        predictions: Held-out predictions of the study: of a test part, or out-of-fold ones.
        folds: Fold that held each row out, whole numbers from 0, shape `(n_rows,)`; None where one
            model scored all rows.
        thresholds: Score from which a row was predicted positive, in [0, 1]: one number, or one
            for each fold; None of several classes, of which the one with the highest score is
            predicted.
        patient_thresholds: The same for pooled scores, where the report is of patients too.
        other_patients: Whether patient ids that the next cohort has too are of other people.

    Raises:
        InvalidInputError: rows have several labels, `folds` are no whole numbers from 0, a patient
            is in two folds, or there are not as many thresholds as folds.

    Examples:
        >>> held_out = Predictions(
        ...     labels=[0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8], patients=["a", "b", "c", "d"]
        ... )
        >>> study = Development(predictions=held_out, folds=[0, 1, 0, 1], thresholds=[0.3, 0.5])
        >>> study.predicted.tolist()
        [False, False, True, True]
    """

    predictions: Predictions
    folds: ArrayLike | None = None
    thresholds: Thresholds = None
    patient_thresholds: Thresholds = None
    other_patients: bool = False

    def __post_init__(self) -> None:
        """Check the columns."""
        held = self.predictions
        check_kind("predictions", held, Predictions)
        if held.is_multilabel:
            raise InvalidInputError(
                f"`development` is of classes, got the labels {list(held.classes)}. Take one: "
                "`predictions.one_vs_rest(...)`."
            )
        if self.folds is not None:
            object.__setattr__(self, "folds", _checked_folds(self.folds, held))
        if held.is_binary != (self.thresholds is not None):
            needs = "needs" if held.is_binary else "takes no"
            raise InvalidInputError(
                f"`development` of the classes {list(held.classes)} {needs} `thresholds`, got "
                f"{self.thresholds!r}."
            )
        for name in ("thresholds", "patient_thresholds"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, self._for_each_fold(name, given))

    @property
    def fold_codes(self) -> Labels:
        """Fold of each row, shape `(n_rows,)`; 0 where one model scored all rows."""
        if self.folds is None:
            return np.zeros(len(self.predictions), dtype=np.int64)
        return np.asarray(self.folds)

    @property
    def n_folds(self) -> int:
        """Number of models that scored the rows."""
        return int(self.fold_codes.max()) + 1

    @property
    def predicted(self) -> Flags:
        """Whether each row was predicted positive, shape `(n_rows,)`; of two classes."""
        bounds = np.asarray(self.thresholds, dtype=np.float64)
        return np.asarray(self.predictions.scores >= bounds[self.fold_codes])

    def of_patients(self, pooling: PatientPooling) -> "Development | None":
        """Return the same with one row per patient; None where nothing says how they are decided.

        Args:
            pooling: How images are pooled.
        """
        held = self.predictions
        if self.patient_thresholds is None or held.patients is None:
            return None
        pooled = pooling.pool(held)
        fold_of = dict(zip(held.patients.tolist(), self.fold_codes.tolist(), strict=True))
        whose = [] if pooled.patients is None else pooled.patients.tolist()
        return Development(
            predictions=pooled,
            folds=None if self.folds is None else [fold_of[who] for who in whose],
            thresholds=self.patient_thresholds,
            other_patients=self.other_patients,
        )

    def check_next(self, later: Predictions) -> None:
        """Refuse a next cohort that this one cannot be compared with.

        Raises:
            InvalidInputError: its classes are others, or a patient is in both.
        """
        held = self.predictions
        if held.classes != later.classes:
            raise InvalidInputError(
                f"`development` is of the classes {list(held.classes)}, the predictions of "
                f"{list(later.classes)}. Name and order both alike."
            )
        both = self.shared_ids(later)
        if both and not self.other_patients:
            raise InvalidInputError(
                f"{len(both)} patient ids are in `development` and in the next cohort: "
                f"{name_some(both)}. Leave out whom the model was trained on; where equal ids are "
                "of other people, say so by `other_patients=True`."
            )

    def shared_ids(self, later: Predictions) -> list[str]:
        """Return the patient ids that the next cohort has too, sorted."""
        held = self.predictions
        if held.patients is None or later.patients is None:
            return []
        return sorted(set(held.patients.tolist()) & set(later.patients.tolist()))

    def _for_each_fold(self, name: str, given: Any) -> tuple[float, ...]:
        numbers = [given] if np.ndim(given) == 0 else list(given)
        checked = [check_number(name, number, low=0, high=1) for number in numbers]
        if len(checked) == 1:
            return tuple(checked * self.n_folds)
        if len(checked) != self.n_folds:
            raise InvalidInputError(
                f"`{name}` must be one number or one for each of the {self.n_folds} folds, got "
                f"{len(checked)}."
            )
        return tuple(checked)


def _checked_folds(given: ArrayLike, held: Predictions) -> Labels:
    folds = np.asarray(given)
    check_same_length(folds=folds, predictions=held.labels)
    whole = folds.dtype.kind in "iuf" and bool(np.all(folds == np.floor(folds)))
    if not whole or not np.array_equal(np.unique(folds), np.arange(len(np.unique(folds)))):
        raise InvalidInputError(
            f"`folds` must be whole numbers from 0 without a gap, got "
            f"{name_some(map(str, np.unique(folds).tolist()))}. Give the fold that held each row "
            "out."
        )
    codes: Labels = folds.astype(np.int64)
    if held.patients is not None and held.patient_codes is not None:
        pairs = np.unique(np.column_stack([held.patient_codes, codes]), axis=0)[:, 0]
        twice = np.flatnonzero(np.bincount(pairs) > 1)
        if twice.size:
            who = held.patients[held.patient_codes == twice[0]][0]
            raise InvalidInputError(
                f"Folds hold different patients, but {str(who)!r} is in several. Cut the cohort "
                "by patients."
            )
    return codes
