"""The threshold from which a score is predicted positive, and what it promises."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from prevalens._checks import check_kind, check_number
from prevalens.decisions.fixed_sequence import Sequence, patients_needed, shares_kept
from prevalens.decisions.prior_shift import PriorShift
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_ALL = 0.95  # of the negatives predicted positive: a threshold that decides nothing


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, the rule that chose it, and the estimates on the rows it was chosen on.

    Args:
        threshold: Scores at or above it are predicted positive.
        rule: How it was chosen, in words that belong in a report.
        guarantee: What it promises of new patients, or None where it promises nothing.
        estimates: Estimates at the threshold on the rows it was chosen on: optimistic, because
            those rows chose it.
        origin: Where it comes from, for the report.
        promise: What is promised: "sensitivity" or "specificity", at least which share, and with
            which confidence; None for nothing.

    Examples:
        >>> from prevalens.decisions import choose_threshold
        >>> validation = Predictions(
        ...     labels=[0, 0, 0, 1, 1], scores=[0.1, 0.2, 0.6, 0.4, 0.9], patients=None
        ... )
        >>> chosen = choose_threshold(validation, specificity=0.9)
        >>> chosen.threshold
        0.9
        >>> print(str(chosen)[:72])
        Threshold 0.9: smallest threshold whose specificity is at least 0.9 on t
    """

    threshold: float
    rule: str
    guarantee: str | None
    estimates: Mapping[str, Estimate]
    origin: str = "validation"
    promise: tuple[str, float, float] | None = None

    def __str__(self) -> str:
        shown = [
            f"{name} {estimate.value:.3f}"
            if estimate.value is not None
            else f"{name} not estimable"
            for name, estimate in self.estimates.items()
            if name in {"sensitivity", "specificity"}
        ]
        promise = self.guarantee or "Nothing is promised of new patients."
        return f"Threshold {self.threshold:.6g}: {self.rule} ({', '.join(shown)}). {promise}"

    def check_promise(self, predictions: Predictions) -> "PromiseCheck":
        """Test the promise on labelled rows of a new site.

        A promise holds for patients of the same kind as those it was made on. Another site may
        have others; its rows of the promised class say whether it is kept there.

        Args:
            predictions: Two-class predictions of the new site, with rows of the promised class.

        Returns:
            The share there with its interval, and what it says of the promise.

        Raises:
            InvalidInputError: nothing was promised, or there is no row of that class.
        """
        if self.promise is None:
            raise InvalidInputError("This threshold promises nothing. Choose it with `confidence`.")
        name, ask, confidence = self.promise
        code = 1 if name == "sensitivity" else 0
        if not predictions.is_binary or not (predictions.labels == code).any():
            raise InvalidInputError(
                f"A promise of {name} is checked on rows of its class, got {predictions!r}."
            )
        # Both one-sided limits at the promise's confidence.
        estimate = confusion_estimates(
            predictions.labels,
            predictions.scores >= self.threshold,
            patients=predictions.patients,
            confidence_level=max(0.01, 2 * confidence - 1),
        )[name]
        return PromiseCheck(name, ask, confidence, estimate)

    def corrected(self, shift: PriorShift) -> Self:
        """Return the point that makes the same calls on scores corrected by `shift`."""
        moved = shift.correct_threshold(self.threshold)
        rule = f"{self.rule}; mapped from {self.threshold:.6g} along the prevalence correction"
        return replace(self, threshold=moved, rule=rule)

    def to_dict(self) -> dict[str, Any]:
        """Return the point as plain values."""
        return {
            "threshold": self.threshold,
            "rule": self.rule,
            "guarantee": self.guarantee,
            "origin": self.origin,
            "estimates": {name: estimate.to_dict() for name, estimate in self.estimates.items()},
        }


@dataclass(frozen=True)
class PromiseCheck:
    """What rows of a new site say of a promise.

    Args:
        name: "sensitivity" or "specificity".
        ask: The share that was promised.
        confidence: The confidence it was promised with.
        estimate: The share at the new site; each limit is one-sided at that confidence.

    Examples:
        >>> import numpy as np
        >>> from prevalens.decisions import choose_threshold
        >>> rows = Predictions(
        ...     labels=np.arange(400) % 2, scores=np.arange(400) % 2 * 0.5 + np.arange(400) / 1000,
        ...     patients=None,
        ... )
        >>> chosen = choose_threshold(rows, sensitivity=0.9, confidence=0.95)
        >>> chosen.check_promise(rows).verdict
        'kept'
    """

    name: str
    ask: float
    confidence: float
    estimate: Estimate

    @property
    def verdict(self) -> str:
        """Return "kept" (lower limit at the ask or above), "broken" (upper below), "undecided"."""
        lower, upper = self.estimate.lower, self.estimate.upper
        if lower is not None and lower >= self.ask:
            return "kept"
        return "broken" if upper is not None and upper < self.ask else "undecided"

    def __str__(self) -> str:
        meaning = {
            "kept": "The promise is kept here.",
            "broken": "The promise is broken here: choose the threshold anew on rows of this site.",
            "undecided": "These rows neither confirm nor contradict the promise.",
        }
        value = self.estimate.value
        seen = "not estimable" if value is None else f"{value:.3f}"
        return f"Promised {self.name} at least {self.ask:g}; here {seen}. {meaning[self.verdict]}"


def choose_threshold(
    predictions: Predictions,
    *,
    sensitivity: float | None = None,
    specificity: float | None = None,
    youden: bool = False,
    cost_ratio: float | None = None,
    net_benefit: float | None = None,
    confidence: float | None = None,
) -> OperatingPoint:
    """Choose a threshold on validation rows; never choose it on the rows it is judged on.

    Ask for one thing; without any, for a sensitivity of 0.95.

    Args:
        predictions: Two-class predictions of the validation rows.
        sensitivity: Chooses the largest threshold with at least this sensitivity, in (0, 1).
        specificity: Chooses the smallest threshold with at least this specificity, in (0, 1).
        youden: Chooses the largest sensitivity + specificity; of equal ones, here and below, the
            highest threshold.
        cost_ratio: Cost of a missed positive by that of a false alarm, above 0; chooses the
            least cost at the rows' own prevalence.
        net_benefit: Threshold probability, in (0, 1), at which net benefit is made largest.
        confidence: With `sensitivity` or `specificity`: promises that new patients of the same
            kind meet the ask, with this confidence, in (0, 1). The lower confidence limit over
            patients meets it at the chosen threshold and at each one on the way
            (fixed-sequence testing). None: the rows themselves meet the ask, nothing more.

    Returns:
        The threshold, its rule, its guarantee and its estimates on these rows.

    Raises:
        InvalidInputError: two rules at once, one class only, or an ask that this many patients
            cannot promise; the text says how many could.

    References:
        Angelopoulos et al. (2021), Learn then test, arXiv:2110.01052; Korn & Graubard (1998),
        Survey Methodology 24:193-201; Vickers & Elkin (2006), Med Decis Making 26:565-574.

    Examples:
        >>> validation = Predictions(
        ...     labels=[0, 0, 0, 1, 1], scores=[0.1, 0.2, 0.6, 0.4, 0.9], patients=None
        ... )
        >>> choose_threshold(validation, youden=True).threshold  # sensitivity 1, specificity 2/3
        0.4
    """
    check_kind("predictions", predictions, Predictions)
    asks = {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "youden": youden or None,
        "cost_ratio": cost_ratio,
        "net_benefit": net_benefit,
    }
    asked = {name: float(value) for name, value in asks.items() if value is not None}
    asked = asked or {"sensitivity": 0.95}
    if len(asked) > 1:
        raise InvalidInputError(f"Choose a threshold by one rule, got {sorted(asked)}.")
    (name, ask), *_ = asked.items()
    _check_rows(predictions)
    if name in {"sensitivity", "specificity"}:
        check_number(name, ask, low=0, high=1, open_low=True, open_high=True)
        return _for_share(predictions, name, ask, confidence)
    if confidence is not None:
        raise InvalidInputError(
            f"`confidence` belongs to `sensitivity` or `specificity`; by {name!r} nothing is "
            "promised. Leave it out."
        )
    return _for_least_cost(predictions, name, ask)


def _check_rows(predictions: Predictions) -> None:
    if not predictions.is_binary:
        raise InvalidInputError(
            f"A threshold needs two classes, got {list(predictions.classes)}. Take "
            "`predictions.one_vs_rest(...)` first."
        )
    if (predictions.class_counts == 0).any():
        raise InvalidInputError(
            f"A threshold is chosen on rows of both classes, got {predictions!r}. Give validation "
            "rows that hold both."
        )


def _for_share(
    predictions: Predictions, name: str, ask: float, confidence: float | None
) -> OperatingPoint:
    code = 1 if name == "sensitivity" else 0
    rows = predictions.take(predictions.labels == code)
    # Specificity is sensitivity with the order of scores turned round.
    scores = rows.scores if code else -rows.scores
    if confidence is None:
        ordered = np.sort(scores)[::-1]
        # The tolerance keeps 0.95 * 20 at 19 rows although the product is 19.000000000000004.
        kept = ordered[max(0, math.ceil(ask * len(ordered) - 1e-9) - 1)]
        guarantee = promise = None
    else:
        check_number("confidence", confidence, low=0, high=1, open_low=True, open_high=True)
        owner = (
            np.arange(len(rows))
            if rows.patients is None
            else np.unique(rows.patients, return_inverse=True)[1]
        )
        sequence = shares_kept(scores, owner, ask=ask, confidence=confidence)
        last = sequence.last_kept(ask)
        if last < 0:
            raise InvalidInputError(_refusal(rows, sequence, name, ask, confidence))
        kept = sequence.thresholds[last]
        guarantee = (
            f"With confidence {confidence:g}, the {name} on images of new patients of the same "
            f"kind is at least {ask:g}."
        )
        promise = (name, ask, confidence)
    threshold = float(kept) if code else _just_above(float(-kept), predictions.scores)
    which = "largest" if code else "smallest"
    how = (
        "on these rows, by its point estimate"
        if confidence is None
        else (f"by its lower limit at one-sided confidence {confidence:g}, tested in sequence")
    )
    rule = f"{which} threshold whose {name} is at least {ask:g} {how}"
    point = _point(predictions, threshold, rule, guarantee)
    if guarantee is None:
        return point
    return replace(
        point, promise=promise, guarantee=guarantee + _cost(predictions, point, name, ask)
    )


def _cost(predictions: Predictions, point: "OperatingPoint", name: str, ask: float) -> str:
    """Say what the promise costs in the other share, beside the ask by its point estimate."""
    other = "specificity" if name == "sensitivity" else "sensitivity"
    plain = _for_share(predictions, name, ask, None).estimates[other].value
    here = point.estimates[other].value
    return f" On these rows it costs {other}: {here:.3f}, and {plain:.3f} without the promise."


def _just_above(score: float, scores: Scores) -> float:
    above = scores[scores > score]
    if not above.size and score >= 1:
        raise InvalidInputError(
            "The threshold would have to lie above 1, because a negative has the score 1 and must "
            "not be predicted positive. Ask for less, or recalibrate scores that reach exactly 1."
        )
    return float(above.min()) if above.size else float(np.nextafter(score, np.inf))


def _refusal(
    rows: Predictions, sequence: Sequence, name: str, ask: float, confidence: float
) -> str:
    needed = patients_needed(ask, confidence)
    kind = rows.classes[int(rows.labels[0])]
    units = sequence.effective_units
    possible = math.floor((1 - confidence) ** (1 / units) * 1000) / 1000
    whose = (
        f"{len(rows)} independent images"
        if rows.patients is None
        else f"{rows.n_patients} patients ({len(rows)} images, worth {units:.1f} patients of "
        "equal size)"
    )
    unit = "images" if rows.patients is None else "patients"
    return (
        f"A {name} of at least {ask:g} cannot be promised with confidence {confidence:g} from "
        f"{whose} of class {kind!r}, even if all are predicted right: it needs at least {needed} "
        f"such {unit}. Collect more, ask for at most {possible:.3f}, or leave out `confidence`."
    )


def _for_least_cost(predictions: Predictions, name: str, ask: float) -> OperatingPoint:
    n_positive, n_negative = predictions.class_counts[::-1].tolist()
    if name == "youden":
        miss, alarm = 1 / n_positive, 1 / n_negative
        rule = "largest Youden index (sensitivity + specificity - 1)"
    elif name == "cost_ratio":
        check_number(name, ask, low=0, open_low=True, open_high=True)
        miss, alarm = min(ask, 1.0), 1 / max(ask, 1.0)
        rule = f"least cost where a miss costs {ask:g} false alarms"
    else:
        check_number(name, ask, low=0, high=1, open_low=True, open_high=True)
        miss, alarm = 1.0, ask / (1 - ask)
        rule = f"largest net benefit at threshold probability {ask:g}"
    order = np.argsort(-predictions.scores, kind="stable")
    scores, positive = predictions.scores[order], predictions.labels[order] == 1
    last_of_ties = np.append(scores[1:] != scores[:-1], True)
    found, alarms = (np.cumsum(each)[last_of_ties] for each in (positive, ~positive))
    gain = miss * found - alarm * alarms
    candidates = scores[last_of_ties]
    # Calling nobody positive gains exactly 0; rounding is no gain, so that of equal gains the
    # highest threshold is taken.
    rounding = 4 * np.finfo(np.float64).eps * (miss * found + alarm * alarms)
    best = int(np.argmax(gain + rounding >= (gain - rounding).max()))
    pays = gain[best] > rounding[best]
    top = float(scores[0])
    threshold = float(candidates[best]) if pays else _just_above(top, predictions.scores)
    return _point(predictions, threshold, rule + ", on these rows", None)


def _point(
    predictions: Predictions, threshold: float, rule: str, guarantee: str | None
) -> OperatingPoint:
    estimates = confusion_estimates(
        predictions.labels, predictions.scores >= threshold, patients=predictions.patients
    )
    _warn_of_one_class(predictions, threshold)
    return OperatingPoint(threshold, rule, guarantee, estimates)


def _warn_of_one_class(predictions: Predictions, threshold: float) -> None:
    """Say what a threshold costs that predicts (nearly) all rows of both classes alike."""
    called = predictions.scores >= threshold
    share = float(called.mean())
    wrong = called[predictions.labels == 0].mean()
    if wrong > _ALL:
        warnings.warn(
            f"The threshold {threshold:.6g} predicts {share:.0%} of these rows positive, and "
            f"{wrong:.0%} of the negatives: at that cost it decides nothing. Ask for less, give "
            "more patients, or improve the scores.",
            DataWarning,
            stacklevel=4,
        )
