"""The classes of interest of a report of several: each against the rest, as a report of two is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._cells import as_text
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.decisions.threshold_set import ThresholdSet, side_of
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.reports.request import Request, checked_request

# What is asked of the whole report and holds for each class; all else is of the whole alone.
_COMMON = ("picture_note", "confidence_level", "seed", "title", "made_by", "date")


@dataclass(frozen=True, kw_only=True)
class Interest:
    """One class of interest, and how it is decided.

    Args:
        request: What is asked of it, as of two classes: the class, or of grades this one or a
            higher one, against all others.
        decided_by_score: Whether it has a threshold; where it has none it is predicted where its
            score is the highest.
    """

    request: Request
    decided_by_score: bool


def classes_of_interest(
    predictions: Predictions, asked: Mapping[str, Any]
) -> tuple[dict[str, Interest], str | None]:
    """Check the classes of interest, and the threshold and prevalence of each.

    Args:
        predictions: Predictions of several classes.
        asked: The arguments of the report.

    Returns:
        The classes by name, and what all promises of their thresholds are worth together.

    Raises:
        InvalidInputError: a name is no class, or the lowest grade; or a threshold or prevalence
            is of a class that is not of interest, or breaks its own rule.
    """
    thresholds, prevalences = asked["threshold"], asked["prevalence"]
    names = _names(predictions, asked["positive"], thresholds)
    if not names:
        _refuse_without_classes(predictions, asked)
        return {}, None
    together = thresholds.guarantee if isinstance(thresholds, ThresholdSet) else None
    if isinstance(thresholds, ThresholdSet):
        if thresholds.graded != predictions.ordered:
            raise InvalidInputError(
                f"The thresholds were chosen of {'grades' if thresholds.graded else 'classes'}, "
                f"but the predictions have ordered={predictions.ordered}. Choose them on "
                "predictions of the same kind."
            )
        thresholds = thresholds.points
    at = _by_name("threshold", thresholds, names)
    shares = _by_name("prevalence", prevalences, names)
    if asked["threshold_origin"] is not None and not at:
        raise InvalidInputError(
            f"`threshold_origin` {asked['threshold_origin']!r} is of a threshold, and none is "
            "given. Give `threshold`, or leave it out."
        )
    found = {
        name: _interest(predictions, name, at.get(name), shares.get(name), asked) for name in names
    }
    return found, together


def _names(predictions: Predictions, positive: Any, thresholds: Any) -> list[str]:
    """Return the classes of interest: those named, or else those with thresholds of their own."""
    if positive is None:
        if isinstance(thresholds, ThresholdSet):
            return list(thresholds.points)
        return list(thresholds) if isinstance(thresholds, Mapping) else []
    given = (
        [positive] if isinstance(positive, str) or not isinstance(positive, Sequence) else positive
    )
    names = [as_text(name) for name in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise InvalidInputError(
            f"`positive` names each class of interest once, got {list(given)!r}. The classes are "
            f"{list(predictions.classes)}."
        )
    return names


def _refuse_without_classes(predictions: Predictions, asked: Mapping[str, Any]) -> None:
    for name in ("threshold", "threshold_origin", "prevalence"):
        if asked[name] is not None:
            raise InvalidInputError(
                f"`{name}` is of two classes, got {asked[name]!r} and the classes "
                f"{list(predictions.classes)}, of which the one with the highest score is "
                "predicted. Name the classes that it is of in `positive`, leave it out, or report "
                "one class against the rest: `predictions.one_vs_rest(...)`."
            )


def _by_name(what: str, given: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return what is given of each class of interest; one value is that of all of them."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if isinstance(given, OperatingPoint) and len(names) > 1:
            raise InvalidInputError(
                f"An operating point is of one class, got {len(names)} classes of interest. Give "
                "`threshold` one for each by name, or what `choose_thresholds` returned."
            )
        return dict.fromkeys(names, given)
    held = {as_text(name): value for name, value in given.items()}
    strange = sorted(set(held) - set(names))
    if strange:
        raise InvalidInputError(
            f"`{what}` is given of {strange}, but the classes of interest are {list(names)}. Name "
            "them in `positive`, or leave them out."
        )
    return held


def _interest(
    predictions: Predictions, name: str, threshold: Any, prevalence: Any, asked: Mapping[str, Any]
) -> Interest:
    side = side_of(predictions, name)
    by_score = threshold is not None
    if not by_score:
        chosen = predictions.scores.argmax(axis=1)
        code = predictions.classes.index(name)
        told = chosen >= code if predictions.ordered else chosen == code
        side = side.with_scores(told.astype(np.float64))
    own = {
        "threshold": threshold if by_score else 0.5,
        "threshold_origin": asked["threshold_origin"] if by_score else None,
        "prevalence": prevalence,
        "worst": 0,
        "by": (),
    }
    common = {key: asked[key] for key in _COMMON}
    try:
        request = checked_request(side, **dict.fromkeys(asked) | common | own)
    except InvalidInputError as error:
        raise InvalidInputError(f"{name!r}: {error}") from error
    return Interest(request=request, decided_by_score=by_score)
