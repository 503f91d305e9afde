"""Two thresholds with a human between: who is decided, who is referred, what is promised."""

import functools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from prevalens._checks import check_kind, check_number
from prevalens.decisions.operating_point import OperatingPoint, PromiseCheck, choose_threshold
from prevalens.decisions.prior_shift import PriorShift
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.metrics.basis import Basis
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.influences import mean_influence
from prevalens.metrics.intervals import Limits, added_limits
from prevalens.metrics.predictive import predictive_values
from prevalens.metrics.proportion import patients_of, proportion_estimate
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Codes, Column, Flags

_ALL = 0.95  # referred: two thresholds that leave everything to the human
_SHARE = (
    "share referred among positive and negative images, added at a stated prevalence of {:g}; "
    "square-and-add of both shares' own limits, with their correlation over patients (Zou & "
    "Donner 2008)"
)


@dataclass(frozen=True)
class Referral:
    """Two thresholds: negative below the lower, positive from the upper on, a human between.

    Args:
        lower: The threshold below which a score is predicted negative.
        upper: The threshold from which a score is predicted positive; not below `lower`.
        confidence: Confidence with which both promises hold together; None where none is made.
        prevalence: Share of positives where the model will be used, for the share that is
            referred; None: that of the rows.
        estimates: What `referral_estimates` gives on the rows that both were chosen on:
            optimistic, because those rows chose them.

    Examples:
        >>> from prevalens.decisions import choose_referral
        >>> rows = Predictions(
        ...     labels=[0, 0, 0, 1, 1, 1], scores=[0.1, 0.2, 0.6, 0.4, 0.8, 0.9], patients=None
        ... )
        >>> found = choose_referral(rows, sensitivity=0.9, specificity=0.9, confidence=None)
        >>> round(found.estimates["referred"].value, 3)  # the rows of 0.4 and 0.6
        0.333
    """

    lower: OperatingPoint
    upper: OperatingPoint
    confidence: float | None
    prevalence: float | None
    estimates: Mapping[str, Estimate]

    @property
    def guarantee(self) -> str | None:
        """Say what both promises together are worth; None where none is made."""
        if self.confidence is None or self.lower.promise is None or self.upper.promise is None:
            return None
        (_, found, each), (_, cleared, _) = self.lower.promise, self.upper.promise
        return (
            f"With confidence {self.confidence:g}, both hold on images of new patients of the same "
            f"kind: at least {found:g} of the positive ones are not predicted negative, and at "
            f"least {cleared:g} of the negative ones are not predicted positive. Each is promised "
            f"with {each:.6g} (Bonferroni)."
        )

    def __str__(self) -> str:
        where = "in these rows" if self.prevalence is None else f"at {self.prevalence:g} positive"
        share = self.estimates["referred"]
        return (
            f"Negative below {self.lower.threshold:.6g}, positive from "
            f"{self.upper.threshold:.6g}, between them a human decides: {share} are referred "
            f"{where}. {self.guarantee or 'Nothing is promised of new patients.'}"
        )

    def predict(self, predictions: Predictions) -> Column:
        """Return `"negative"`, `"refer"` or `"positive"` for each row, shape `(n_rows,)`.

        Raises:
            InvalidInputError: the predictions have not two classes.
        """
        _check_binary(predictions)
        scores = predictions.scores
        below, above = scores < self.lower.threshold, scores >= self.upper.threshold
        return np.where(below, "negative", np.where(above, "positive", "refer"))

    def check_promises(self, predictions: Predictions) -> dict[str, PromiseCheck]:
        """Test both promises on labelled rows of a new site, as `OperatingPoint.check_promise`.

        Raises:
            InvalidInputError: nothing was promised, or rows of a class are missing.
        """
        return {
            "sensitivity": self.lower.check_promise(predictions),
            "specificity": self.upper.check_promise(predictions),
        }

    def corrected(self, shift: PriorShift) -> Self:
        """Return the thresholds that decide the same on scores corrected by `shift`."""
        return replace(self, lower=self.lower.corrected(shift), upper=self.upper.corrected(shift))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "lower": self.lower.to_dict(),
            "upper": self.upper.to_dict(),
            "confidence": self.confidence,
            "guarantee": self.guarantee,
            "prevalence": self.prevalence,
            "estimates": {name: made.to_dict() for name, made in self.estimates.items()},
        }


def choose_referral(
    predictions: Predictions,
    *,
    sensitivity: float = 0.95,
    specificity: float = 0.95,
    confidence: float | None = 0.95,
    prevalence: float | None = None,
) -> Referral:
    """Choose two thresholds between which a human decides, on validation rows.

    Scores below the lower threshold are predicted negative, and miss at most `1 - sensitivity` of
    the positives; scores from the upper on are predicted positive, with at most
    `1 - specificity` of the negatives among them. Whom the model decides is as sure as was
    asked; the share it leaves to the human is the price.

    Both promises hold together with `confidence`: each is made with half the error
    (Bonferroni), as `choose_threshold` makes one. Where one threshold can promise both, nobody
    need be referred, and both thresholds are the point half way.

    Args:
        predictions: Two-class predictions of the validation rows.
        sensitivity: Share of positives that are not predicted negative, in (0, 1).
        specificity: Share of negatives that are not predicted positive, in (0, 1).
        confidence: Confidence with which new patients meet both, in (0, 1). None: these rows
            meet both, nothing more.
        prevalence: Share of positives where the model will be used, in (0, 1), for the share
            that is referred; by default that of these rows.

    Raises:
        InvalidInputError: not two classes, one class only, or an ask that this many patients
            cannot promise; the text says how many could.

    References:
        Angelopoulos et al. (2021), Learn then test, arXiv:2110.01052; Korn & Graubard (1998),
        Survey Methodology 24:193-201; Zou & Donner (2008), Stat Med 27:1693-1702.

    Examples:
        >>> rows = Predictions(
        ...     labels=[0, 0, 0, 1, 1, 1], scores=[0.1, 0.2, 0.6, 0.4, 0.8, 0.9], patients=None
        ... )
        >>> found = choose_referral(rows, sensitivity=0.9, specificity=0.9, confidence=None)
        >>> found.predict(rows).tolist()
        ['negative', 'negative', 'refer', 'refer', 'positive', 'positive']
    """
    _check_binary(predictions)
    each = None
    if confidence is not None:
        check_number("confidence", confidence, low=0, high=1, open_low=True, open_high=True)
        each = 1 - (1 - confidence) / 2
    try:
        with warnings.catch_warnings():
            # What both leave to the human is told below, in one sentence.
            warnings.simplefilter("ignore", DataWarning)
            lower = choose_threshold(predictions, sensitivity=sensitivity, confidence=each)
            upper = choose_threshold(predictions, specificity=specificity, confidence=each)
    except InvalidInputError as error:
        if each is None:
            raise
        raise InvalidInputError(
            f"Two promises that hold together with confidence {confidence:g} are made with "
            f"{each:g} each. {error}"
        ) from error
    if lower.threshold > upper.threshold:
        # Every threshold between promises both, because both walks passed it.
        middle = (lower.threshold + upper.threshold) / 2
        lower, upper = (_moved(point, middle, predictions) for point in (lower, upper))
    ends = lower.threshold, upper.threshold
    estimates = referral_estimates(predictions, *ends, prevalence=prevalence)
    _warn_of_all(estimates["referred"])
    return Referral(lower, upper, confidence, prevalence, estimates)


def _check_binary(predictions: Predictions) -> None:
    check_kind("predictions", predictions, Predictions)
    if not predictions.is_binary:
        raise InvalidInputError(
            f"Two thresholds are of two classes, got {list(predictions.classes)}. Take "
            "`predictions.one_vs_rest(...)` first."
        )


def _moved(point: OperatingPoint, threshold: float, predictions: Predictions) -> OperatingPoint:
    estimates = confusion_estimates(
        predictions.labels, predictions.scores >= threshold, patients=predictions.patients
    )
    rule = f"{point.rule}; moved half way to the other threshold, which it had passed"
    return replace(point, threshold=threshold, rule=rule, estimates=estimates)


def _warn_of_all(share: Estimate) -> None:
    if share.value is not None and share.value > _ALL:
        warnings.warn(
            f"{share.value:.0%} are referred: these thresholds leave (nearly) everything to the "
            "human. Ask for less, give more patients, or improve the scores.",
            DataWarning,
            stacklevel=3,
        )


def referral_estimates(
    predictions: Predictions,
    lower: float,
    upper: float,
    *,
    prevalence: float | None = None,
    confidence_level: float = 0.95,
) -> dict[str, Estimate]:
    """Estimate what two thresholds do on labelled rows.

    Args:
        predictions: Two-class predictions.
        lower: Scores below it are predicted negative, in [0, 1].
        upper: Scores from it on are predicted positive, in [0, 1], not below `lower`.
        prevalence: Share of positives where the model will be used, in (0, 1), taken as known;
            None: that of the rows.
        confidence_level: Coverage of the intervals, in (0, 1).

    Returns:
        `"sensitivity"`: share of positives that are not predicted negative; `"specificity"`:
        share of negatives that are not predicted positive; `"referred"`: share of all that are
        referred, at the prevalence; `"referred_positive"` and `"referred_negative"`: of either
        class; `"npv"` and `"ppv"`: how often a decision is right, at the prevalence.

    Raises:
        InvalidInputError: not two classes, or a threshold or prevalence outside its range.

    Examples:
        >>> rows = Predictions(
        ...     labels=[0, 0, 0, 1, 1, 1], scores=[0.1, 0.2, 0.6, 0.4, 0.8, 0.9], patients=None
        ... )
        >>> made = referral_estimates(rows, 0.3, 0.7)
        >>> round(made["referred"].value, 3), made["ppv"].value, made["npv"].value
        (0.333, 1.0, 1.0)
    """
    _check_binary(predictions)
    check_number("lower", lower, low=0, high=1)
    check_number("upper", upper, low=lower, high=1)
    if prevalence is not None:
        check_number("prevalence", prevalence, low=0, high=1, open_low=True, open_high=True)
    positive, codes = predictions.labels == 1, predictions.patient_codes
    kept, called = predictions.scores >= lower, predictions.scores >= upper
    between = kept & ~called

    def share(hits: Flags, rows: Flags, empty: str) -> Estimate:
        whose = patients_of(codes, rows)
        return proportion_estimate(
            hits[rows], whose, confidence_level=confidence_level, empty=empty
        )

    def value(name: str, flags: Flags) -> Estimate:
        if prevalence is not None:
            found = predictive_values(
                positive,
                flags,
                prevalence=prevalence,
                patients=predictions.patients,
                confidence_level=confidence_level,
            )
            return found.npv if name == "npv" else found.ppv
        rows = flags if name == "ppv" else ~flags
        kind = "positive" if name == "ppv" else "negative"
        return share(positive == flags, rows, f"none is predicted {kind}")

    classes = (
        share(between, positive, "no positive images"),
        share(between, ~positive, "no negative images"),
    )
    everyone = np.ones(len(predictions), dtype=bool)
    return {
        "sensitivity": share(kept, positive, "no positive images"),
        "specificity": share(~called, ~positive, "no negative images"),
        "referred": share(between, everyone, "no images")
        if prevalence is None
        else _share_at(between, positive, codes, classes, prevalence),
        "referred_positive": classes[0],
        "referred_negative": classes[1],
        "npv": value("npv", kept),
        "ppv": value("ppv", called),
    }


def _share_at(
    between: Flags,
    positive: Flags,
    codes: Codes | None,
    classes: tuple[Estimate, Estimate],
    prevalence: float,
) -> Estimate:
    """Add the shares referred of both classes at a prevalence."""
    method, n = _SHARE.format(prevalence), between.size
    level = classes[0].confidence_level
    basis = Basis.of(codes, confidence_level=level, n=n, events=int(between.sum()))
    values = [made.value for made in classes]
    if values[0] is None or values[1] is None:
        return basis.refuse(next(filter(None, (each.not_estimable for each in classes))), method)
    weights = prevalence, 1 - prevalence
    value = weights[0] * values[0] + weights[1] * values[1]
    rules = [made.limits_at for made in classes]
    if rules[0] is None or rules[1] is None:
        why = "the images of a class come from one patient"
        return basis.without_limits(value, method, why)
    one, two = rules[0], rules[1]

    def scaled(confidence_level: float) -> Limits:
        low, high = one(confidence_level)
        return weights[0] * low, weights[0] * high

    def turned(confidence_level: float) -> Limits:
        low, high = two(confidence_level)
        return -weights[1] * high, -weights[1] * low

    rule = functools.partial(
        added_limits,
        (weights[0] * values[0], -weights[1] * values[1]),
        (scaled, turned),
        -_correlation(between, positive, codes),
        1.0,
    )
    low, high = rule(level)
    return basis.estimate(value, (max(low, 0.0), high), method, limits_at=rule)


def _correlation(between: Flags, positive: Flags, codes: Codes | None) -> float:
    """Return the correlation over patients of the shares referred of both classes."""
    if codes is None:
        return 0.0
    k = int(codes.max()) + 1
    moved = []
    for rows in (positive, ~positive):
        if np.unique(codes[rows]).size < 2:
            return 0.0
        moved.append(mean_influence(between.astype(float), rows).changes(codes, k))
    scale = float(np.sqrt((moved[0] @ moved[0]) * (moved[1] @ moved[1])))
    return float(moved[0] @ moved[1]) / scale if scale > 0 else 0.0
