"""How estimates are asked for."""

from dataclasses import dataclass

INTERVALS = ("wilson", "exact")


@dataclass(frozen=True)
class Settings:
    """How estimates are asked for.

    Args:
        threshold: A score of at least this is predicted positive; None where there is none.
        confidence_level: Coverage the intervals aim at.
        draws: Number of bootstrap draws of measures that have no closed form.
        seed: Seed of those draws.
        interval: Limits of proportions, `"wilson"` or `"exact"` (Clopper-Pearson).
    """

    threshold: float | None
    confidence_level: float
    draws: int = 1000
    seed: int = 0
    interval: str = "wilson"
