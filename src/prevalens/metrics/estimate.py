"""One estimate of a study, with everything a reader needs to believe it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prevalens._notebook import card, note, show_text
from prevalens.exceptions import InvalidInputError


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; or the reason why there is none.

    Args:
        value: The point estimate, or None where `not_estimable` says why.
        lower: Lower limit; None where there is none.
        upper: Upper limit; None where there is none.
        confidence_level: Coverage the interval aims at, for example 0.95.
        method: How value and interval were computed, in words, with the reference.
        unit: Unit of analysis, "image" or "patient".
        n: Number of units the estimate is made from.
        events: How many of those carry the counted event; None where nothing is counted.
        patients: Number of patients among them; None where images are independent.
        not_estimable: Why there is no value.
        note: What a reader should know before leaning on the estimate.
        infinite: Whether the value is infinite: `value` and `upper` are None, `lower` is finite.
        limits_at: The limits at any confidence level, where a rule gives them.
        design_effect: Variance over patients divided by that of independent images.
        effective_n: `n` divided by the design effect.
        error: Standard error of the value, where limits are made of one.

    Examples:
        >>> from prevalens.metrics import sensitivity
        >>> made = sensitivity([1] * 10, [1] * 9 + [0])
        >>> print(made)
        0.900 (95% CI 0.596 to 0.982)
        >>> made.method
        'Wilson score interval, images independent (Wilson 1927)'
    """

    value: float | None
    lower: float | None
    upper: float | None
    confidence_level: float
    method: str
    unit: str
    n: int
    events: int | None = None
    patients: int | None = None
    not_estimable: str | None = None
    note: str | None = None
    design_effect: float | None = None
    effective_n: float | None = None
    infinite: bool = False
    limits_at: Callable[[float], tuple[float, float]] | None = field(
        default=None, repr=False, compare=False
    )
    error: float | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        told = (self.value is not None, self.not_estimable is not None, self.infinite)
        if sum(told) != 1:
            raise InvalidInputError(
                "An estimate has either a value or a reason why it is not estimable, or is "
                f"infinite, got value={self.value!r}, not_estimable={self.not_estimable!r}, "
                f"infinite={self.infinite!r}."
            )
        numbers = (self.value, self.lower, self.upper)
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise InvalidInputError(
                f"An estimate holds finite numbers or None, got value, lower, upper {numbers!r}. "
                "Say in `not_estimable` or `note` why there is none."
            )

    def __str__(self) -> str:
        if self.infinite:
            least = "no interval" if self.lower is None else f"at least {self.lower:.3f}"
            return f"infinite ({self.confidence_level:.0%} CI {least})"
        if self.value is None:
            return f"not estimable: {self.not_estimable}"
        if self.lower is None or self.upper is None:
            return f"{self.value:.3f} (no interval)"
        limits = f"{self.lower:.3f} to {self.upper:.3f}"
        return f"{self.value:.3f} ({self.confidence_level:.0%} CI {limits})"

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        patients = "" if self.patients is None else f", {self.patients:,} patients"
        counted = f"n = {self.n:,} ({self.unit}s){patients}. {self.method}"
        return card(str(self), note(counted), *([note(self.note)] if self.note else []))

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as plain values; what does not apply is left out after `patients`."""
        always = (
            "value",
            "lower",
            "upper",
            "confidence_level",
            "method",
            "unit",
            "n",
            "events",
            "patients",
        )
        extra = ("not_estimable", "note", "design_effect", "effective_n")
        infinite = {"infinite": True} if self.infinite else {}
        return (
            {name: getattr(self, name) for name in always}
            | infinite
            | {name: getattr(self, name) for name in extra if getattr(self, name) is not None}
        )
