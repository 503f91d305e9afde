"""The types of an operation's settings, and the checks of ranges; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError

# Tuples of any length with a rule: msgspec 0.22 reads beyond a fixed one beside a bounded number.
Ends = tuple[float, float]
Range = Annotated[tuple[float, ...], Meta(min_length=2, max_length=2)]
RangeLike = float | Range
Chance = Annotated[float, Meta(ge=0, le=1)]
Chances = Annotated[tuple[Chance, ...], Meta(min_length=1)]
Probability = Chance | Chances


@dataclass(frozen=True)
class Parameter:
    """One sampled parameter: its name, its range, and the value that changes nothing.

    Args:
        name: Key in the sampled parameters.
        low: Smallest value.
        high: Largest value; for `scale="whole"` it is not reached.
        identity: Value where the operation is left out.
        scale: Even over the numbers, over the whole numbers, or over the logarithm.
        size: Numbers per image.
        gate: Parameters of one gate are switched on together.
        strength: Whether the parameter alone can change the picture; the place of a speck or the
            angle of a line cannot.
    """

    name: str
    low: float
    high: float
    identity: float = 0.0
    scale: Literal["uniform", "whole", "log"] = "uniform"
    size: int = 1
    gate: str = "all"
    strength: bool = True


def check_probability(probability: Probability) -> Probability:
    """Return a chance, or one chance per class as a tuple.

    Raises:
        InvalidInputError: a chance lies outside 0 to 1, or none is named.
    """
    if not isinstance(probability, Sequence):
        return check_number("probability", probability, low=0, high=1)
    listed = tuple(check_number("probability", chance, low=0, high=1) for chance in probability)
    if not listed:
        raise InvalidInputError("`probability` must name one chance per class, got none.")
    return listed


def both_ways(name: str, value: RangeLike, *, limit: float = math.inf) -> Ends:
    """Return a range; one number `r` means `(-r, r)`."""
    if isinstance(value, Sequence):
        return span(name, value, low=-limit, high=limit)
    reach = check_number(name, value, low=0, high=limit)
    return span(name, (-reach, reach), low=-limit, high=limit)


def ratio(name: str, value: RangeLike) -> Ends:
    """Return a range of factors; one number `f` means `(1 / f, f)`."""
    if not isinstance(value, Sequence):
        number = check_number(name, value, low=1)
        value = (1 / number, number)
    return span(name, value, low=0, high=100, open_low=True)


def span(name: str, value: RangeLike, *, low: float, high: float, open_low: bool = False) -> Ends:
    """Return a range of two ordered numbers within bounds; one number means that value alone."""
    ends = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(ends) != 2:
        raise InvalidInputError(f"`{name}` must be (low, high), got {value!r}.")
    first, last = (check_number(name, e, low=low, high=high, open_low=open_low) for e in ends)
    if not math.isfinite(first) or not math.isfinite(last):
        raise InvalidInputError(f"`{name}` must have finite ends, got {value!r}.")
    if first > last:
        raise InvalidInputError(f"`{name}` must be (low, high) with low <= high, got {value!r}.")
    return first, last
