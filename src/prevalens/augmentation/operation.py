"""What every operation of a policy is: ranges, a probability, named parameters; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError

Range = tuple[float, float]
RangeLike = float | tuple[float, float]
Probability = float | tuple[float, ...]


@dataclass(frozen=True)
class Parameter:
    """One drawn parameter: its name, its range, and the value that changes nothing.

    Args:
        name: Key in the drawn parameters.
        low: Smallest value.
        high: Largest value; for `scale="whole"` it is not reached.
        identity: Value where the operation is left out.
        scale: Even over the numbers, over the whole numbers, or over the logarithm.
        size: Numbers per image.
        gate: Parameters of one gate are switched on together.
    """

    name: str
    low: float
    high: float
    identity: float = 0.0
    scale: Literal["uniform", "whole", "log"] = "uniform"
    size: int = 1
    gate: str = "all"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A change of the picture that leaves the diagnosis alone.

    Args:
        probability: Chance that the operation is applied to an image, 0 to 1; or one chance per
            class, in the order of the labels.
    """

    name: ClassVar[str]
    host_only: ClassVar[bool] = False
    needs_range: ClassVar[bool] = False  # whether pixel values, not only places, matter
    needs_colour: ClassVar[bool] = False

    probability: Probability = 1.0

    def __post_init__(self) -> None:
        chances = self.probability
        if isinstance(chances, Sequence):
            listed = tuple(check_number("probability", p, low=0, high=1) for p in chances)
            if not listed:
                raise InvalidInputError("`probability` must name one chance per class, got none.")
            object.__setattr__(self, "probability", listed)
        else:
            check_number("probability", chances, low=0, high=1)

    def parameters(self) -> tuple[Parameter, ...]:
        """Return what is drawn for each image."""
        raise TypeError(f"{type(self).__name__} draws no parameters. Use one of its subclasses.")

    @property
    def changes_nothing(self) -> bool:
        """Whether no drawn value can differ from its identity."""
        never = not any(_chances(self.probability))
        fixed = (p.low == p.high == p.identity for p in self.parameters())
        return never or all(fixed)

    @property
    def too_strong(self) -> str:
        """Why the ranges lose the picture, or an empty text."""
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Return the operation as JSON types."""
        settings = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"operation": self.name, **settings}

    def _keep(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _ends(self, name: str) -> Range:
        """Return the range kept under `name`, whose ends `__post_init__` has put in order."""
        ends: Range = getattr(self, name)
        return ends


def both_ways(name: str, value: RangeLike, *, limit: float = math.inf) -> Range:
    """Return a range; one number `r` means `(-r, r)`."""
    if isinstance(value, Sequence):
        return span(name, value, low=-limit, high=limit)
    reach = check_number(name, value, low=0, high=limit)
    return -reach, reach


def span(name: str, value: RangeLike, *, low: float, high: float, open_low: bool = False) -> Range:
    """Return a range of two ordered numbers within bounds; one number means that value alone."""
    ends = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(ends) != 2:
        raise InvalidInputError(f"`{name}` must be (low, high), got {value!r}.")
    first, last = (check_number(name, e, low=low, high=high, open_low=open_low) for e in ends)
    if first > last:
        raise InvalidInputError(f"`{name}` must be (low, high) with low <= high, got {value!r}.")
    return first, last


def _chances(probability: Probability) -> tuple[float, ...]:
    return probability if isinstance(probability, tuple) else (probability,)


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
