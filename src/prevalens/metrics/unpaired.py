"""The difference of two estimates of different patients, from nothing but their limits."""

from dataclasses import replace
from functools import partial

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import Limits, added_limits

_METHOD = (
    "square-and-add of both sides' own limits, which are of different patients (Zou & Donner 2008)"
)


def unpaired_contrast(
    first: Estimate, second: Estimate, *, hypothesis: str, widest: float
) -> Contrast:
    """Return the difference, first minus second, of two estimates that share no patient.

    Args:
        first: Estimate of the one set of patients.
        second: Of the other, at the same confidence level.
        hypothesis: What the two would have in common, in words.
        widest: Largest difference possible.

    Returns:
        The contrast, without a p value: limits at one level alone tell none.

    Raises:
        InvalidInputError: the confidence levels differ.

    References:
        Zou & Donner, Statistics in Medicine 2008;27:1693-1702.
    """
    if first.confidence_level != second.confidence_level:
        raise InvalidInputError(
            "Two estimates are compared at one confidence level, got "
            f"{first.confidence_level!r} and {second.confidence_level!r}. Compute both at one."
        )
    patients = None
    if first.patients is not None and second.patients is not None:
        patients = first.patients + second.patients
    made = Estimate(
        value=None,
        lower=None,
        upper=None,
        confidence_level=first.confidence_level,
        method=_METHOD,
        unit=first.unit,
        n=first.n + second.n,
        patients=patients,
        not_estimable="not yet",
        note=" ".join(dict.fromkeys(filter(None, (first.note, second.note)))) or None,
    )
    sides = (first, second)
    values = [side.value for side in sides]
    one, two = values
    if one is None or two is None:
        why = next(
            side.not_estimable or "a side is infinite" for side in sides if side.value is None
        )
        return Contrast(replace(made, not_estimable=why), *sides, None, hypothesis, _METHOD)
    made = replace(made, value=one - two, not_estimable=None)
    limits = [_limits(side) for side in sides]
    if limits[0] is not None and limits[1] is not None:
        rules = (partial(_at, limits[0]), partial(_at, limits[1]))
        lower, upper = added_limits((one, two), rules, 0.0, widest, first.confidence_level)
        made = replace(made, lower=lower, upper=upper)
    return Contrast(made, *sides, None, hypothesis, _METHOD)


def _limits(estimate: Estimate) -> Limits | None:
    if estimate.lower is None or estimate.upper is None:
        return None
    return estimate.lower, estimate.upper


def _at(limits: Limits, confidence_level: float) -> Limits:
    del confidence_level  # they are of one level
    return limits
