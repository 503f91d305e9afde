"""The counts and the confidence level of an estimate, and how an estimate is made of them."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from prevalens.metrics.clusters import Spread, effective_number
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import Limits, student_critical
from prevalens.typing import Codes

FEW_PATIENTS = 20  # coverage was simulated for 20 and 60 patients, see bench_coverage.py
FEW_DEGREES = 15.0  # of freedom; below, coverage falls to 90 % where effects are heavy-tailed
DOMINANT = 0.25  # share of the images from which one patient is named
INDEPENDENT = "images independent"


@dataclass(frozen=True)
class Basis:
    """Level, unit and counts that an estimate states beside its value.

    Args:
        confidence_level: Coverage the interval aims at.
        n: Number of images the estimate is computed from.
        events: How many of those carry the counted event.
        patients: Number of patients with such images; None where images are independent.
        unclustered: Whether no patient has two of these images.
        remarks: What a reader should know of limits over these images.
    """

    confidence_level: float
    n: int
    events: int | None
    patients: int | None
    unclustered: bool
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        codes: Codes | None,
        *,
        confidence_level: float,
        n: int,
        events: int | None,
        ids: Sequence[str] | None = None,
    ) -> "Basis":
        """Make the basis of an estimate over rows whose patients are `codes`, shape `(n,)`.

        `ids` names the patients by their number, for remarks.
        """
        if codes is None or not codes.size:
            return cls(confidence_level, n, events, None if codes is None else 0, unclustered=True)
        sizes = np.bincount(codes)
        alone = int(sizes.max()) <= 1
        remarks = () if alone else _remarks(sizes, ids)
        return cls(confidence_level, n, events, int(np.count_nonzero(sizes)), alone, remarks)

    def estimate(
        self,
        value: float,
        limits: Limits | None,
        method: str,
        *,
        note: str | None = None,
        design_effect: float | None = None,
        limits_at: Callable[[float], Limits] | None = None,
        error: float | None = None,
    ) -> Estimate:
        """Make the estimate; `limits` is None where none can be given, and `note` says why."""
        if not math.isfinite(value):
            return self.refuse("the scores are too extreme for it to be computed", method)
        if limits is not None and not all(map(math.isfinite, limits)):
            why = "the scores are too extreme for limits to be computed"
            return self.without_limits(value, method, why)
        lower, upper = (None, None) if limits is None else map(float, limits)
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
            note=self.note(note, limits),
            limits_at=limits_at,
            error=error,
            design_effect=None if design_effect is None else float(design_effect),
            effective_n=None if design_effect is None else float(self.n / design_effect),
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
        skewed: bool = False,
    ) -> Estimate:
        """Make the estimate with limits from a spread: Student's t on the estimate's scale.

        Args:
            value: The estimate.
            spread: Its spread over patients, or over independent images.
            scale: Turns value and half width into limits.
            method: How both were computed.
            alone: Variance if images were independent; None where no design effect is stated.
            note: What a reader should know.
            skewed: Whether a limit moves outwards where the patients' changes are skewed.
        """
        if why := self.usable(spread):
            return self.without_limits(value, method, why)
        rule = functools.partial(limits_from, value, spread.error, spread.df, scale)
        if skewed and abs(spread.skewness) > 1e-9:  # a sum's last digit depends on the row order
            rule = functools.partial(skewed_limits, value, spread, scale)
        stated = None if alone is None or self.unclustered else max(spread.variance / alone, 1.0)
        limits = rule(self.confidence_level)
        if spread.df < FEW_DEGREES:
            who = "images" if self.unclustered else "patients"
            few = f"The spread is estimated from few {who} ({spread.df:.1f} degrees of freedom)."
            note = " ".join(filter(None, (note, few)))
        return self.estimate(
            value,
            limits,
            method,
            note=note,
            design_effect=stated,
            limits_at=rule,
            error=spread.error,
        )

    def infinite(self, lower: float | None, method: str, *, note: str | None = None) -> Estimate:
        """Make an estimate that is infinite, with its finite limit on the other side."""
        return Estimate(
            value=None,
            lower=None if lower is None else float(lower),
            upper=None,
            confidence_level=self.confidence_level,
            method=method,
            unit="image",
            n=self.n,
            events=self.events,
            patients=self.patients,
            infinite=True,
            note=note,
        )

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
            return "one patient dominates, which says nothing about others"
        if spread.variance <= 1e-24:
            return "the patients do not differ at all, and a width of 0 is not an interval"
        return None

    def note(self, note: str | None, limits: Limits | None) -> str | None:
        """Return a note with the remarks on limits behind it, if there are limits."""
        remarks = () if limits is None else self.remarks
        return " ".join(filter(None, (note, *remarks))) or None


def limits_from(
    value: float,
    error: float,
    df: float,
    scale: Callable[[float, float], Limits],
    confidence_level: float,
) -> Limits:
    """Return the limits of a value with a standard error: Student's t on a scale."""
    return scale(value, student_critical(confidence_level, df) * error)


def skewed_limits(
    value: float, spread: Spread, scale: Callable[[float, float], Limits], confidence_level: float
) -> Limits:
    """Return limits of a mean whose patients are skewed: Hall's cubic, where it moves them out.

    With skewness g, the sum T + q T^2 + q^2 T^3 / 3 + g / 6 of the t statistic T is more nearly
    normal than T; q is g / 3, and half the curvature of the scale more. Few patients tell little
    of a skewness, so it never shortens an interval.

    References:
        Hall, J R Stat Soc B 1992;54:221-228.
    """
    critical, step = student_critical(confidence_level, spread.df), spread.error / 10
    lower, upper = scale(value, step)
    curvature = (2 * value - lower - upper) / step**2 * spread.error
    bend, shift = spread.skewness / 3 + curvature / 2, spread.skewness / 6
    if abs(bend) < 1e-9:
        below, above = critical - shift, critical + shift
    else:
        below = (math.cbrt(1 + 3 * bend * (critical - shift)) - 1) / bend
        above = (1 - math.cbrt(1 - 3 * bend * (critical + shift))) / bend
    below, above = max(below, critical), max(above, critical)
    return scale(value, below * spread.error)[0], scale(value, above * spread.error)[1]


def _remarks(sizes: Codes, ids: Sequence[str] | None) -> tuple[str, ...]:
    """Tell of few effective patients, and of one who has most images."""
    found = []
    kept = np.count_nonzero(sizes)
    effective = effective_number(sizes.astype(np.float64))
    if effective < FEW_PATIENTS:
        found.append(
            f"Few patients: {kept}, which weigh as {effective:.1f} patients with as many images "
            f"each (Kish 1965); coverage was checked for {FEW_PATIENTS} or more, so read the "
            "limits as approximate."
        )
    largest = int(sizes.argmax())
    share = float(sizes[largest] / sizes.sum())
    if kept > DOMINANT * 10 and share > DOMINANT:
        who = f"number {largest + 1}" if ids is None else repr(ids[largest])
        found.append(f"Patient {who} has {share:.0%} of the images.")
    return tuple(found)
