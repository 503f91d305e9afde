"""The counts and the confidence level of an estimate, and how an estimate is made of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from prevalens.metrics.clusters import Spread
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import count_patients, one_image_each
from prevalens.metrics.intervals import Limits, student_critical
from prevalens.typing import Codes

FEW_PATIENTS = 20  # coverage was simulated for 20 and 60 patients, see bench_coverage.py
INDEPENDENT = "images independent"


@dataclass(frozen=True)
class Basis:
    """Level, unit and counts that an estimate states beside its value.

    Args:
        confidence_level: Coverage the interval aims at.
        n: Number of images the estimate rests on.
        events: How many of those carry the counted event.
        patients: Number of patients with such images; None where images are independent.
        unclustered: Whether no patient has two of these images.
    """

    confidence_level: float
    n: int
    events: int | None
    patients: int | None
    unclustered: bool

    @classmethod
    def of(
        cls, codes: Codes | None, *, confidence_level: float, n: int, events: int | None
    ) -> "Basis":
        """Make the basis of an estimate over rows whose patients are `codes`, shape `(n,)`."""
        patients = None if codes is None else count_patients(codes) if codes.size else 0
        return cls(confidence_level, n, events, patients, one_image_each(codes))

    def estimate(
        self,
        value: float,
        limits: Limits | None,
        method: str,
        *,
        note: str | None = None,
        design_effect: float | None = None,
    ) -> Estimate:
        """Make the estimate; `limits` is None where none can be given, and `note` says why."""
        if not math.isfinite(value):
            return self.refuse("the scores are too extreme for it to be computed", method)
        if limits is not None and not all(map(math.isfinite, limits)):
            why = "the scores are too extreme for limits to be computed"
            return self.without_limits(value, method, why)
        lower, upper = (None, None) if limits is None else limits
        few = None if limits is None else self._few()
        return Estimate(
            value=float(value),
            lower=lower,
            upper=upper,
            confidence_level=self.confidence_level,
            method=method,
            unit="image",
            n=self.n,
            events=self.events,
            patients=self.patients,
            note=" ".join(filter(None, (note, few))) or None,
            design_effect=design_effect,
            effective_n=None if design_effect is None else self.n / design_effect,
        )

    def from_spread(
        self,
        value: float,
        spread: Spread,
        scale: Callable[[float, float], Limits],
        method: str,
        *,
        alone: float | None = None,
        note: str | None = None,
    ) -> Estimate:
        """Make the estimate with limits from a spread: Student's t on the estimate's scale.

        Args:
            value: The estimate.
            spread: Its spread over patients, or over independent images.
            scale: Turns value and half width into limits.
            method: How both were computed.
            alone: Variance if images were independent; None where no design effect is stated.
            note: What a reader should know.
        """
        if why := self.usable(spread):
            return self.without_limits(value, method, why)
        half = student_critical(self.confidence_level, spread.df) * spread.error
        stated = None if alone is None or self.unclustered else max(spread.variance / alone, 1.0)
        limits = scale(value, half)
        return self.estimate(value, limits, method, note=note, design_effect=stated)

    def refuse(self, reason: str, method: str) -> Estimate:
        """Make an estimate that has no value, and says why."""
        return Estimate(
            value=None,
            lower=None,
            upper=None,
            confidence_level=self.confidence_level,
            method=method,
            unit="image",
            n=self.n,
            events=self.events,
            patients=self.patients,
            not_estimable=reason,
        )

    def without_limits(self, value: float, method: str, why: str) -> Estimate:
        """Make an estimate that has a value but no interval, and says why."""
        return self.estimate(value, None, method, note=f"No interval: {why}.")

    def usable(self, spread: Spread) -> str | None:
        """Return why `spread` gives no interval, or None where it does."""
        if math.isnan(spread.variance):
            return "too much rests on one patient, which says nothing about others"
        if spread.variance <= 1e-24:
            return "the patients do not differ at all, and a width of 0 is not an interval"
        return None

    def _few(self) -> str | None:
        if self.unclustered or self.patients is None or self.patients >= FEW_PATIENTS:
            return None
        return (
            f"Rests on only {self.patients} patients; coverage was checked for {FEW_PATIENTS} "
            "or more, so read the limits as approximate."
        )
