"""How an estimate is named and written, in every format alike."""

import math
from collections.abc import Mapping
from typing import Any

from prevalens.metrics.measure import Measure
from prevalens.metrics.registry import all_measures

NOT_ESTIMABLE = "not estimable"


def name_of(key: str) -> str:
    """Return the name a reader sees for an estimate's key."""
    measure = _measure(key)
    return key.replace("_", " ").capitalize() if measure is None else measure.title


def group_of(key: str) -> str:
    """Return the section of an estimate: a key of `metrics.measure.GROUPS`, or `"other"`.

    A report that is read where a user's measure is not registered has it under `"other"`.
    """
    measure = _measure(key)
    return "other" if measure is None else measure.group


def _measure(key: str) -> Measure | None:
    return next((measure for measure in all_measures() if measure.key == key), None)


def number_text(value: float | None) -> str:
    """Write a number with the digits a reader can use, and never a false 0 or 1.

    Examples:
        >>> [number_text(value) for value in (0.8734, 0.0001, 0.99999, 1.0, 12.345, 1234.5)]
        ['0.873', '<0.001', '>0.999', '1.000', '12.3', '1234']
    """
    if value is None:
        return "none"
    # A sum that ought to be 0 comes out as 1e-17; that is no small positive number.
    value = 0.0 if abs(value) < 1e-14 else value
    if 0 < abs(value) < 0.0005:
        return "<0.001" if value > 0 else "-<0.001"
    if 0.9995 <= abs(value) < 1:
        return ">0.999" if value > 0 else "<-0.999"
    digits = 3 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def interval_text(estimate: Mapping[str, Any]) -> str:
    """Write the limits of an estimate, or say that there are none.

    Examples:
        >>> interval_text({"lower": 0.5, "upper": 0.75})
        '0.500 to 0.750'
    """
    lower, upper = estimate["lower"], estimate["upper"]
    if lower is None and upper is None:
        return "no interval"
    low = "unbounded" if lower is None else number_text(lower)
    return f"{low} to {'unbounded' if upper is None else number_text(upper)}"


def estimate_text(estimate: Mapping[str, Any]) -> str:
    """Write an estimate with its limits, or the reason why there is none.

    Examples:
        >>> estimate_text({"value": 0.6, "lower": 0.5, "upper": 0.75})
        '0.600 (0.500 to 0.750)'
    """
    if estimate["value"] is None and not estimate.get("infinite"):
        return f"{NOT_ESTIMABLE}: {estimate.get('not_estimable', 'no reason given')}"
    return f"{value_text(estimate)} ({interval_text(estimate)})"


def value_text(estimate: Mapping[str, Any]) -> str:
    """Write the value of an estimate: a number, "infinite", or that it is not estimable.

    Examples:
        >>> value_text({"value": None, "infinite": True})
        'infinite'
    """
    if estimate.get("infinite"):
        return "infinite"
    return NOT_ESTIMABLE if estimate["value"] is None else number_text(estimate["value"])


def p_text(p_value: float | None) -> str:
    """Write a p value, which is never 0.

    Examples:
        >>> [p_text(p) for p in (0.03, 0.0001, 1e-20)]
        ['0.030', '<0.001', '<1e-12']
    """
    if p_value is None:
        return "none"
    return "<1e-12" if p_value <= 1e-12 else number_text(p_value)


def percent_text(share: float) -> str:
    """Write a share as a percentage.

    Examples:
        >>> percent_text(0.051), percent_text(0.0001)
        ('5.1 %', '0.01 %')
    """
    percent = share * 100
    if percent <= 0 or percent >= 0.1:
        return f"{percent:.1f} %"
    return f"{percent:.{1 - math.floor(math.log10(percent)) - 1}f} %"


def counts_text(key: str, estimate: Mapping[str, Any]) -> str:
    """Write the counts of an estimate: counted events or positives, images, patients.

    Examples:
        >>> counts_text("ppv", {"n": 50, "events": 40, "patients": 12, "unit": "image"})
        '40 of 50 images, 12 patients'
        >>> counts_text("auroc", {"n": 50, "events": 40, "patients": None, "unit": "image"})
        '50 images, 40 positive'
    """
    count = f"{estimate['n']} {estimate['unit']}{'' if estimate['n'] == 1 else 's'}"
    if estimate["events"] is not None:
        measure = _measure(key)
        counted = measure is not None and measure.counted
        events = estimate["events"]
        count = f"{events} of {count}" if counted else f"{count}, {events} positive"
    if estimate["patients"] is None or estimate["unit"] == "patient":
        return count
    return f"{count}, {estimate['patients']} patient{'' if estimate['patients'] == 1 else 's'}"
