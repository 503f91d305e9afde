"""Net benefit at the prevalence where the model will be used, with its interval.

The measures themselves are those of `prevalens.metrics`; the gain over acting on every image is the
difference of two of them on the same rows, at the rows' prevalence or a stated one.
"""

from dataclasses import dataclass

import numpy as np

from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits
from prevalens.metrics.linear import basis_of, linear_estimate
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.metrics.standardised import Target, estimate_at
from prevalens.typing import Numbers

_METHOD = "net benefit over acting on all, at {}, {{}} (Vickers & Elkin 2006)"


@dataclass(frozen=True)
class NetBenefit:
    """Net benefit of a rule, at one risk from which one acts.

    Args:
        columns: The checked columns.
        risk: Threshold probability, in [0, 1).
        prevalence: The stated prevalence, in (0, 1); None for that of the rows.
        confidence_level: Coverage of the intervals.
    """

    columns: Columns
    risk: float
    prevalence: float | None
    confidence_level: float

    def model(self) -> Estimate:
        """Return the net benefit of acting where the score reaches the risk."""
        return self._measured("net_benefit")

    def treat_all(self) -> Estimate:
        """Return the net benefit of acting on every image."""
        return self._measured("net_benefit_treat_all")

    def _measured(self, key: str) -> Estimate:
        settings = Settings(self.risk, self.confidence_level)
        target = None if self.prevalence is None else Target(None, self.prevalence)
        return estimate_at(measure_of(key), self.columns, settings, target)

    def over_treat_all(self) -> Estimate:
        """Return what the model gains over acting on every image."""
        gain = (self.columns.scores >= self.risk).astype(float) - 1
        return self._estimate(gain, -1.0, self._odds)

    @property
    def _odds(self) -> float:
        return self.risk / (1 - self.risk)

    def _estimate(self, acted: Numbers, low: float, high: float) -> Estimate:
        """Weigh true positives by the prevalence, and false ones by the odds of the risk."""
        labels, share = self.columns.labels, self.prevalence
        where = (
            "the prevalence of the rows" if share is None else f"a stated prevalence of {share:g}"
        )
        method = _METHOD.format(where)
        low = min(low, -self._odds)
        if share is None:
            worth = np.where(labels, acted, -self._odds * acted)
            value = float(worth.mean())
            pulls = (worth - value) / labels.size
        else:
            for kind, name in ((labels, "positive"), (~labels, "negative")):
                if not kind.any():
                    basis = basis_of(self.columns, self.confidence_level)
                    return basis.refuse(f"no {name} images", method.format("no interval"))
            gained, paid = float(acted[labels].mean()), float(acted[~labels].mean())
            value = share * gained - (1 - share) * self._odds * paid
            pulls = np.where(
                labels,
                share * (acted - gained) / labels.sum(),
                -(1 - share) * self._odds * (acted - paid) / (~labels).sum(),
            )

        def limits(value: float, half: float) -> Limits:
            return max(low, value - half), min(high, value + half)

        return linear_estimate(
            self.columns,
            value,
            pulls,
            limits,
            method=method,
            confidence_level=self.confidence_level,
        )
