"""A threshold for each class, label or grade of interest, with what they promise together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import check_kind, check_number
from prevalens.decisions.operating_point import OperatingPoint, PromiseCheck, choose_threshold
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Flags

PROMISED = ("sensitivity", "specificity")


@dataclass(frozen=True)
class ThresholdSet:
    """The thresholds of several classes, labels or grades, chosen together.

    Args:
        points: The operating point of each, by name.
        confidence: Confidence with which all promises hold together; None where none is made.
        graded: Whether a name stands for this grade or a higher one.
        unknown: Rows left out of each label because it is not known there, by name.

    Examples:
        >>> from prevalens.decisions import choose_thresholds
        >>> rows = Predictions(
        ...     labels=[0, 1, 2, 2], patients=None, classes=("a", "b", "c"),
        ...     scores=[[0.8, 0.1, 0.1], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6], [0.1, 0.4, 0.5]],
        ... )
        >>> chosen = choose_thresholds(rows, {"c": {"sensitivity": 0.9}})
        >>> chosen["c"].threshold, chosen.predict(rows)["c"].tolist()
        (0.5, [False, False, True, True])
    """

    points: Mapping[str, OperatingPoint]
    confidence: float | None
    graded: bool = False
    unknown: Mapping[str, int] | None = None

    def __getitem__(self, name: str) -> OperatingPoint:
        """Return the operating point of a class, label or grade."""
        return self.points[name]

    @property
    def guarantee(self) -> str | None:
        """Say what all promises together are worth; None where none is made."""
        told = [point.promise for point in self.points.values() if point.promise]
        if self.confidence is None or not told:
            return None
        if len(told) == 1:
            return f"One promise is made, with confidence {self.confidence:g}."
        return (
            f"All {len(told)} promises hold together with confidence {self.confidence:g}; each "
            f"is made with {told[0][2]:.6g} (Bonferroni)."
        )

    def __str__(self) -> str:
        lines = []
        for name, point in self.points.items():
            left_out = (self.unknown or {}).get(name, 0)
            note = f" Not known on {left_out} rows, which are left out." if left_out else ""
            lines.append(f"{name}{' or more' if self.graded else ''}: {point}{note}")
        return "\n".join([*lines, *([self.guarantee] if self.guarantee else [])])

    def predict(self, predictions: Predictions) -> dict[str, Flags]:
        """Return for each name which rows are predicted to be of it, shape `(n_rows,)`.

        Several may be predicted of one row, or none: each is a question of its own.

        Raises:
            InvalidInputError: a class, label or grade is missing in the predictions.
        """
        check_kind("predictions", predictions, Predictions)
        codes = {name: _code_of(predictions, name) for name in self.points}
        if predictions.ordered != self.graded:
            raise InvalidInputError(_other_kind(self.graded))
        scores = predictions.scores
        if scores.ndim == 1:
            scores = np.column_stack([1 - scores, scores])
        found = {}
        for name, code in codes.items():
            column = scores[:, code:].sum(axis=1) if self.graded else scores[:, code]
            found[name] = np.clip(column, 0, 1) >= self.points[name].threshold
        return found

    def check_promises(self, predictions: Predictions) -> dict[str, PromiseCheck]:
        """Test each promise on labelled rows of a new site, as `OperatingPoint.check_promise`.

        Each is checked at the confidence it was made with, so all verdicts "kept" or "broken"
        hold together with `confidence`.

        Raises:
            InvalidInputError: nothing was promised, or rows of a promised class are missing.
        """
        check_kind("predictions", predictions, Predictions)
        if predictions.ordered != self.graded:
            raise InvalidInputError(_other_kind(self.graded))
        made = {
            name: point.check_promise(side_of(predictions, name))
            for name, point in self.points.items()
            if point.promise
        }
        if not made:
            raise InvalidInputError(
                "These thresholds promise nothing. Choose them with `confidence`."
            )
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return the set as plain values."""
        return {
            "points": {name: point.to_dict() for name, point in self.points.items()},
            "confidence": self.confidence,
            "guarantee": self.guarantee,
            "graded": self.graded,
            "unknown": dict(self.unknown or {}),
        }


def choose_thresholds(
    predictions: Predictions,
    asks: Mapping[str, Mapping[str, Any]],
    *,
    confidence: float | None = None,
) -> ThresholdSet:
    """Choose a threshold for each class, label or grade of interest, on validation rows.

    A class is chosen for against all others. A grade is a cut-point: its score is the probability
    of this grade or a higher one, so "refer from grade 2" is a threshold with a promise. A label
    is chosen for on the rows where it is known.

    Where several sensitivities or specificities are promised, each is promised with more
    confidence, so that all hold together with the confidence asked for (Bonferroni).

    Args:
        predictions: Predictions of the validation rows.
        asks: By name of a class, label or grade, the one rule of `choose_threshold` for it, such
            as `{"mel": {"sensitivity": 0.9}, "nv": {"youden": True}}`.
        confidence: Confidence with which all sensitivities and specificities asked for are met
            by new patients, in (0, 1). None: nothing is promised.

    Raises:
        InvalidInputError: nothing is asked, a name is unknown or the lowest grade, `confidence`
            without anything to promise, or as in `choose_threshold`; the text names the class.

    Examples:
        >>> seen = Predictions(labels=[0, 1, 2, 2], patients=None, classes=("0", "1", "2"),
        ...     scores=[[0.8, 0.1, 0.1], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6], [0.1, 0.4, 0.5]],
        ...     ordered=True)
        >>> found = choose_thresholds(seen, {"1": {"sensitivity": 0.9}})
        >>> round(found["1"].threshold, 6)
        0.7
    """
    check_kind("predictions", predictions, Predictions)
    given: Any = asks
    if not isinstance(given, Mapping) or not given:
        raise InvalidInputError(
            "`asks` must name at least one class and its rule, such as "
            f"{{{predictions.classes[-1]!r}: {{'sensitivity': 0.9}}}}, got {asks!r}."
        )
    for name, rule in given.items():
        _code_of(predictions, name)
        if not isinstance(rule, Mapping) or len(rule) != 1:
            raise InvalidInputError(
                f"Ask one thing of {name!r}, such as {{'sensitivity': 0.9}}, got {rule!r}."
            )
    promised = [name for name, rule in asks.items() if set(rule) & set(PROMISED)]
    each = None
    if confidence is not None:
        check_number("confidence", confidence, low=0, high=1, open_low=True, open_high=True)
        if not promised:
            raise InvalidInputError(
                "`confidence` belongs to a sensitivity or specificity, and none is asked for. "
                "Leave it out."
            )
        each = 1 - (1 - confidence) / len(promised)
    points = {
        name: _chosen(side_of(predictions, name), name, rule, each if name in promised else None)
        for name, rule in asks.items()
    }
    unknown = {}
    if predictions.is_multilabel:
        for name in points:
            column = predictions.labels[:, predictions.classes.index(name)]
            unknown[name] = int(np.isnan(column).sum())
    return ThresholdSet(points, confidence, predictions.ordered, unknown)


def side_of(predictions: Predictions, name: str) -> Predictions:
    """Return the two-class predictions that a threshold of a class, label or grade is chosen on."""
    return predictions.at_least(name) if predictions.ordered else predictions.one_vs_rest(name)


def _chosen(
    side: Predictions, name: str, rule: Mapping[str, Any], confidence: float | None
) -> OperatingPoint:
    try:
        return choose_threshold(side, **rule, confidence=confidence)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name!r}: {error}") from error
    except TypeError as error:
        raise InvalidInputError(
            f"{name!r}: {next(iter(rule))!r} is no rule of `choose_threshold`. Ask for "
            "sensitivity, specificity, youden, cost_ratio or net_benefit."
        ) from error


def _code_of(predictions: Predictions, name: str) -> int:
    if name not in predictions.classes:
        raise InvalidInputError(
            f"Thresholds are of {list(predictions.classes)}, got {name!r}. Name one of them."
        )
    return predictions.classes.index(name)


def _other_kind(graded: bool) -> str:  # noqa: FBT001 - one flag, one sentence
    return (
        f"The thresholds are of {'grades' if graded else 'classes or labels'}, and the predictions "
        f"have ordered={not graded}. Give predictions of the same kind."
    )
