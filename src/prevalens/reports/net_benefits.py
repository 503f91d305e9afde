"""Net benefit at the prevalence where the model will be used, with its interval.

The measures are those of `prevalens.metrics`, at the rows' prevalence or a stated one.
"""

from dataclasses import dataclass

from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.registry import measure_of
from prevalens.metrics.settings import Settings
from prevalens.metrics.standardised import Target, estimate_at


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

    def over_treat_all(self) -> Estimate:
        """Return what the model gains over acting on every image."""
        return self._measured("net_benefit_over_treat_all")

    def _measured(self, key: str) -> Estimate:
        settings = Settings(self.risk, self.confidence_level)
        target = None if self.prevalence is None else Target(None, self.prevalence)
        return estimate_at(measure_of(key), self.columns, settings, target)
