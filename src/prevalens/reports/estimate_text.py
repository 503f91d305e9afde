"""How an estimate is named and written, in every format alike."""

import math

from prevalens.metrics.class_measure import ClassMeasure
from prevalens.metrics.class_measures import all_class_measures
from prevalens.metrics.measure import Measure
from prevalens.metrics.registry import all_measures
from prevalens.reports.record_parts import EstimatePart

NOT_ESTIMABLE = "not estimable"
FEWER = "fewer than 1"


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


def _measure(key: str) -> Measure | ClassMeasure | None:
    every: tuple[Measure | ClassMeasure, ...] = (*all_measures(), *all_class_measures())
    return next((measure for measure in every if measure.key == key), None)


def number_text(value: float | None) -> str:
    """Write a number with the digits a reader can use, and never a false 0 or 1.

    Examples:
        >>> [number_text(value) for value in (0.8734, 1e-13, -1e-4, 0.99999, 1.0, 12.345, 1234.5)]
        ['0.873', '<0.001', '>-0.001', '>0.999', '1.000', '12.3', '1234']
    """
    if value is None:
        return "none"
    if 0 < abs(value) < 0.0005:
        return "<0.001" if value > 0 else ">-0.001"
    if 0.9995 <= value < 1:
        return ">0.999"
    digits = 3 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def p_text(p_value: float | None) -> str:
    """Write a p value; one too small for its digits is written as a bound, never as 0.

    Examples:
        >>> [p_text(p) for p in (0.04, 1e-6, 1e-300, 0.0, None)]
        ['0.040', '<0.001', '<0.001', '<0.001', 'none']
    """
    return "<0.001" if p_value == 0 else number_text(p_value)


def _rounded(value: float | None) -> float | None:
    """Return a number in which a sum that ought to be 0, but is 1e-17, is 0."""
    return 0.0 if value is not None and abs(value) < 1e-12 else value


def value_text(estimate: EstimatePart) -> str:
    """Write an estimate's value, or that there is none.

    Only what may be negative can be 0 up to rounding: where the lower limit is not, a small
    value is a small value.
    """
    if estimate.infinite:
        return "infinite"
    if estimate.value is None:
        return NOT_ESTIMABLE
    signed = estimate.lower is None or estimate.lower < 0 or estimate.value < 0
    return number_text(_rounded(estimate.value) if signed else estimate.value)


def interval_text(estimate: EstimatePart) -> str:
    """Write the limits of an estimate, or say that there are none."""
    lower, upper = estimate.lower, estimate.upper
    if lower is None and upper is None:
        return "no interval"
    low = "unbounded" if lower is None else number_text(_rounded(lower))
    return f"{low} to {'unbounded' if upper is None else number_text(_rounded(upper))}"


def estimate_text(estimate: EstimatePart) -> str:
    """Write an estimate with its limits, or the reason why there is none."""
    if estimate.value is None and not estimate.infinite:
        return f"{NOT_ESTIMABLE}: {estimate.not_estimable}"
    return f"{value_text(estimate)} ({interval_text(estimate)})"


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


def of_100(share: float) -> tuple[str, str, int]:
    """Write a share as so many of 100, the others, and as a whole number for a picture.

    None and all of 100 are only said of shares that are 0 and 1.

    Examples:
        >>> of_100(0.912), of_100(0.997), of_100(1.0)
        (('91', '9', 91), ('over 99', 'fewer than 1', 99), ('100', '0', 100))
    """
    near = round(100 * share)
    if near == 100 and share < 1:
        return "over 99", FEWER, 99
    if near == 0 and share > 0:
        return FEWER, "over 99", 1
    return str(near), str(100 - near), near


def verb(count: str) -> str:
    """Return the verb that goes with a count."""
    return "is" if count in {"1", FEWER} else "are"


def count_text(number: int, noun: str) -> str:
    """Write a number with its noun.

    Examples:
        >>> count_text(1, "patient"), count_text(1200, "image")
        ('1 patient', '1,200 images')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counts_text(key: str, estimate: EstimatePart) -> str:
    """Write the n of an estimate: counted events or positives, images, patients."""
    count = count_text(estimate.n, estimate.unit)
    if estimate.events is not None:
        measure = _measure(key)
        counted = measure is not None and measure.counted
        events = f"{estimate.events:,}"
        count = f"{events} of {count}" if counted else f"{count}, {events} positive"
    if estimate.patients is None or estimate.unit == "patient":
        return count
    return f"{count}, {count_text(estimate.patients, 'patient')}"
