"""How far two sides of a comparison move from one set of patients to another."""

import math
from dataclasses import dataclass

import numpy as np

from prevalens.metrics.clusters import Spread
from prevalens.metrics.intervals import Limits, added_limits, scale_of, student_critical
from prevalens.typing import Codes, Numbers

SKEWED = (
    "square-and-add of both sides' limits on their own scale, with their correlation (Zou & Donner "
    "2008), moved outwards where the changes are skewed (Johnson 1978)"
)
# Samples of 20 to 60 skewed patients show half to seven tenths of their skewness, so one and a half
# of it is taken; bench_acceptance.py shows what this leaves.
_UNSEEN = 1.5


@dataclass(frozen=True)
class Moved:
    """How far two sides, and their difference, move without each patient or image.

    Args:
        spread: Spread of the difference.
        errors: Standard error of each side.
        together: Correlation of the two.
    """

    spread: Spread
    errors: tuple[float, float]
    together: float

    @classmethod
    def of(cls, first: Numbers, second: Numbers, codes: Codes | None) -> "Moved":
        """Sum up changes, shape `(k,)`, of the patients that occur in `codes`; None: of all."""
        kept = slice(None) if codes is None else np.bincount(codes, minlength=first.size) > 0
        errors = math.sqrt(float(first @ first)), math.sqrt(float(second @ second))
        scale = errors[0] * errors[1]
        together = float(first @ second) / scale if scale > 0 else 0.0
        with np.errstate(invalid="ignore"):  # two infinite losses have no difference
            apart = first - second
        return cls(Spread.of(apart[kept]), errors, together)

    def limits(
        self, values: tuple[float, float], ends: tuple[float, float], confidence_level: float
    ) -> Limits:
        """Return the limits of the difference of two means whose changes are skewed.

        A study with a low loss also shows a small spread. Each side's limits on its own scale say
        so, and are added as squares. Of a mean with skewness g the t statistic is off by
        g (2 t^2 + 1) / 6, first order: that limit is moved outwards; the other stays, as few
        patients tell little of g.

        Args:
            values: Value of each side.
            ends: Least and largest value possible; may be infinite.
            confidence_level: Coverage aimed at.

        References:
            Zou & Donner, Stat Med 2008;27:1693-1702. Johnson, J Am Stat Assoc 1978;73:536-544.
        """
        (one, two), widest = values, ends[1] - ends[0]
        critical = student_critical(confidence_level, self.spread.df)
        scale, _ = scale_of(*ends)
        rules = (
            lambda _: scale(one, critical * self.errors[0]),
            lambda _: scale(two, critical * self.errors[1]),
        )
        lower, upper = added_limits(values, rules, self.together, widest, confidence_level)
        shift = _UNSEEN * self.spread.skewness * (2 * critical**2 + 1) / 6 * self.spread.error
        return max(lower + min(shift, 0.0), -widest), min(upper + max(shift, 0.0), widest)
