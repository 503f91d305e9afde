"""What a figure rests on, and how a figure is made of it."""

import math
from dataclasses import dataclass

from prevalens.metrics.clusters import Spread
from prevalens.metrics.figure import Figure
from prevalens.metrics.inputs import count_patients, one_image_each
from prevalens.metrics.intervals import Limits
from prevalens.typing import Codes

FEW_PATIENTS = 20  # coverage was simulated for 20 and 60 patients, see bench_coverage.py
INDEPENDENT = "images independent"


@dataclass(frozen=True)
class Basis:
    """Level, unit and counts that a figure states beside its value.

    Args:
        level: Coverage the interval aims at.
        n: Number of images the figure rests on.
        events: How many of those carry the counted event.
        patients: Number of patients with such images; None where images are independent.
        singletons: Whether no patient has two of these images.
    """

    level: float
    n: int
    events: int | None
    patients: int | None
    singletons: bool

    @classmethod
    def of(cls, codes: Codes | None, *, level: float, n: int, events: int | None) -> "Basis":
        """Make the basis of a figure over rows whose patients are `codes`, shape `(n,)`."""
        patients = None if codes is None else count_patients(codes) if codes.size else 0
        return cls(level, n, events, patients, one_image_each(codes))

    def figure(
        self,
        value: float,
        limits: Limits | None,
        method: str,
        *,
        note: str | None = None,
        design_effect: float | None = None,
    ) -> Figure:
        """Make the figure; `limits` is None where none can be given, and `note` says why."""
        if not math.isfinite(value):
            return self.refuse("the scores are too extreme for it to be computed", method)
        if limits is not None and not all(map(math.isfinite, limits)):
            why = "the scores are too extreme for limits to be computed"
            return self.without_limits(value, method, why)
        lower, upper = (None, None) if limits is None else limits
        few = None if limits is None else self._few()
        return Figure(
            value=float(value),
            lower=lower,
            upper=upper,
            level=self.level,
            method=method,
            unit="image",
            n=self.n,
            events=self.events,
            patients=self.patients,
            note=" ".join(filter(None, (note, few))) or None,
            design_effect=design_effect,
            effective_n=None if design_effect is None else self.n / design_effect,
        )

    def refuse(self, reason: str, method: str) -> Figure:
        """Make a figure that has no value, and says why."""
        return Figure(
            value=None,
            lower=None,
            upper=None,
            level=self.level,
            method=method,
            unit="image",
            n=self.n,
            events=self.events,
            patients=self.patients,
            not_estimable=reason,
        )

    def without_limits(self, value: float, method: str, why: str) -> Figure:
        """Make a figure that has a value but no interval, and says why."""
        return self.figure(value, None, method, note=f"No interval: {why}.")

    def usable(self, spread: Spread) -> str | None:
        """Return why `spread` gives no interval, or None where it does."""
        if math.isnan(spread.variance):
            return "too much rests on one patient, which says nothing about others"
        if spread.variance <= 1e-24:
            return "the patients do not differ at all, and a width of 0 is not an interval"
        return None

    def _few(self) -> str | None:
        if self.singletons or self.patients is None or self.patients >= FEW_PATIENTS:
            return None
        return (
            f"Rests on only {self.patients} patients; coverage was checked for {FEW_PATIENTS} "
            "or more, so read the limits as approximate."
        )
