"""Scores that mean what they say: in the large, temperature, Platt and isotonic."""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from prevalens._checks import check_choice, check_kind, check_number, check_path
from prevalens._numbers import as_floats
from prevalens._records import Record
from prevalens.decisions.prior_shift import PriorShift
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Labels, Scores

METHODS = ("in_the_large", "temperature", "platt", "isotonic")
_EDGE = 1e-7  # a float32 sigmoid reaches exactly 0 and 1, whose logits are infinite


class RecalibrationRecord(Record, frozen=True, kw_only=True):
    """What a file of a recalibration holds."""

    FORMAT: ClassVar[str] = "prevalens recalibration"
    REMEDY: ClassVar[str] = "Restore it, or fit anew."

    method: Literal["in_the_large", "temperature", "platt", "isotonic"]
    slope: float
    intercept: float
    steps: list[tuple[float, float]]
    train_prevalence: float | None
    target_prevalence: float | None


@dataclass(frozen=True)
class Recalibration:
    """A fitted map from scores to recalibrated scores.

    Args:
        method: `"in_the_large"` adds a number to the logit; `"temperature"` divides it by one;
            `"platt"` does both; `"isotonic"` is any non-decreasing map, linear between its steps.
        slope: What the logit is multiplied by.
        intercept: What is added to it then.
        steps: Scores and what they become, rising, for the isotonic map; else empty.
        shift: Two-class prior shift that was applied before the fit, and is before each
            correction; None for none.

    Examples:
        >>> from prevalens.decisions import fit_recalibration
        >>> from prevalens.predictions import Predictions
        >>> validation = Predictions(  # one in four positive at 0.1, three in four at 0.9
        ...     labels=[0, 0, 0, 1] * 25 + [0, 1, 1, 1] * 25, scores=[0.1] * 100 + [0.9] * 100,
        ...     patients=None,
        ... )
        >>> fit_recalibration(validation).correct([0.1, 0.9]).round(3).tolist()
        [0.25, 0.75]
    """

    method: str
    slope: float = 1.0
    intercept: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    shift: PriorShift | None = None

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_number("slope", self.slope, low=0, open_low=True, high=math.inf, open_high=True)
        check_number("intercept", self.intercept, low=-math.inf, open_low=True, open_high=True)
        steps = np.array(self.steps, dtype=np.float64).reshape(-1, 2)
        rises = (np.diff(steps[:, 0]) > 0).all() and (np.diff(steps[:, 1]) >= 0).all()
        within = ((steps >= 0) & (steps <= 1)).all()
        if bool(len(steps)) != (self.method == "isotonic") or not (rises and within):
            raise InvalidInputError(
                f"`steps` must be rising pairs in [0, 1] for method='isotonic' and empty for any "
                f"other, got {len(steps)} for {self.method!r}. Fit the map anew."
            )

    def correct(self, scores: ArrayLike) -> Scores:
        """Return recalibrated scores, shape `(n_rows,)`, in [0, 1].

        Raises:
            InvalidInputError: a score lies outside [0, 1].
        """
        values = np.atleast_1d(as_floats("scores", scores))
        if not ((values >= 0) & (values <= 1)).all():
            raise InvalidInputError(
                f"`scores` must lie in [0, 1], got {values.min():g} to {values.max():g}. Apply "
                "the sigmoid first."
            )
        if self.shift is not None:
            values = self.shift.correct(values)
        if self.steps:
            before, after = np.array(self.steps).T
            return np.asarray(np.interp(values, before, after))
        with np.errstate(over="ignore"):  # of a slope beyond all measure, which means 0 or 1
            return np.asarray(expit(self.slope * logits_of(values) + self.intercept))

    def correct_threshold(self, threshold: float) -> float:
        """Return the threshold that makes the same predictions on recalibrated scores.

        Raises:
            InvalidInputError: isotonic steps merge scores, so no threshold does.
        """
        check_number("threshold", threshold, low=0, high=1)
        if self.method == "isotonic":
            raise InvalidInputError(
                "Isotonic steps merge scores, so no threshold makes the same predictions. Choose "
                "the threshold on the recalibrated scores."
            )
        return float(self.correct(threshold)[0])

    @property
    def temperature(self) -> float:
        """Number the logit is divided by; above 1 the scores were too sure.

        Raises:
            InvalidInputError: the method is isotonic, which has none.
        """
        if self.method == "isotonic":
            raise InvalidInputError("Isotonic recalibration has no temperature. Use 'temperature'.")
        return 1 / self.slope

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map as JSON, whole or not at all."""
        train, target = (
            (None, None)
            if self.shift is None
            else (self.shift.train_prevalence, self.shift.target_prevalence)
        )
        record = RecalibrationRecord(
            method=self.method,  # type: ignore[arg-type]
            slope=self.slope,
            intercept=self.intercept,
            steps=[*self.steps],
            train_prevalence=cast("float | None", train),
            target_prevalence=cast("float | None", target),
        )
        record.save(Path(check_path("path", path)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a map that `save` wrote.

        Raises:
            InvalidInputError: the file cannot be read, is cut, edited or of another format.
        """
        record = RecalibrationRecord.load(Path(check_path("path", path)))
        shares = (record.train_prevalence, record.target_prevalence)
        try:
            # One without the other is no share, which PriorShift says.
            shift = None if shares == (None, None) else PriorShift(*cast("Any", shares))
            steps = tuple(record.steps)
            return cls(record.method, record.slope, record.intercept, steps, shift)
        except InvalidInputError as error:
            raise InvalidInputError(f"{path} was edited or cut: {error} {record.REMEDY}") from error


def fit_recalibration(
    predictions: Predictions, *, method: str = "platt", shift: PriorShift | None = None
) -> Recalibration:
    """Fit a recalibration on validation rows, to be used on other rows.

    Args:
        predictions: Two-class predictions of the validation rows.
        method: `"in_the_large"`, `"temperature"`, `"platt"` or `"isotonic"`.
        shift: Prior shift to apply first, in the fit and in every correction: after training on
            undersampled rows, from their prevalence to that of the validation rows. It removes
            most of what is off, and the fit what is left.

    Raises:
        InvalidInputError: one class only; scores that separate the classes without overlap, for
            which no logistic recalibration exists; or higher scores that do not go with
            positives, which a negative slope would turn round.

    References:
        Platt (1999); Zadrozny & Elkan (2002), KDD; Guo et al. (2017), ICML; Steyerberg (2019),
        Clinical prediction models (recalibration in the large).

    Examples:
        >>> validation = Predictions(
        ...     labels=[0, 0, 0, 1] * 25 + [0, 1, 1, 1] * 25, scores=[0.1] * 100 + [0.9] * 100,
        ...     patients=None,
        ... )
        >>> fit_recalibration(validation).correct([0.1, 0.9]).round(3).tolist()
        [0.25, 0.75]
    """
    check_kind("predictions", predictions, Predictions)
    check_choice("method", method, METHODS)
    if not predictions.is_binary or (predictions.class_counts == 0).any():
        raise InvalidInputError(
            f"A recalibration is fitted on rows of both of two classes, got {predictions!r}. Of "
            "several classes take `fit_class_recalibration`."
        )
    scores = predictions.scores if shift is None else shift.correct(predictions.scores)
    return _fitted(predictions.labels, scores, method, shift)


def _fitted(labels: Labels, scores: Scores, method: str, shift: PriorShift | None) -> Recalibration:
    if method == "isotonic":
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, labels)
        pairs = zip(steps.X_thresholds_.tolist(), steps.y_thresholds_.tolist(), strict=True)
        return Recalibration(method, steps=tuple(pairs), shift=shift)
    logits = logits_of(scores)
    if method == "in_the_large":
        # The likelihood's equation: as many positives are expected as there are.
        off = lambda added: float(expit(logits + added).sum() - labels.sum())  # noqa: E731
        reach = float(np.abs(logits).max()) + 50
        return Recalibration(method, 1.0, float(brentq(off, -reach, reach)), shift=shift)
    negative, positive = scores[labels == 0], scores[labels == 1]
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        raise InvalidInputError(
            "The scores separate the classes without overlap (positives from "
            f"{positive.min():g} to {positive.max():g}, negatives from {negative.min():g} to "
            f"{negative.max():g}), so no logistic recalibration exists. Use method='isotonic', "
            "or more rows."
        )
    # An infinite C is no penalty: the plain maximum-likelihood slope.
    model = LogisticRegression(C=np.inf, fit_intercept=method == "platt", tol=1e-10, max_iter=1000)
    model.fit(logits.reshape(-1, 1), labels)
    slope = float(model.coef_[0, 0])
    if slope <= 0:
        raise InvalidInputError(
            f"No {'temperature' if method == 'temperature' else 'Platt scaling'} corrects these "
            f"scores: higher scores do not go with positives (slope {slope:.3g}), and the map "
            "would turn their order round. Check that label 1 is the class the scores are of."
        )
    intercept = float(np.ravel(model.intercept_)[0]) if method == "platt" else 0.0
    return Recalibration(method, slope, intercept, shift=shift)


def logits_of(scores: Scores) -> Scores:
    """Return the logits of scores, those of 0 and 1 at the edge of float32."""
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))
