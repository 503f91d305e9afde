"""How estimates are asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How estimates are asked for.

    Args:
        threshold: A score of at least this is predicted positive; None where there is none.
        confidence_level: Coverage the intervals aim at.
        draws: Number of bootstrap draws of measures that have no closed form.
        seed: Seed of those draws.
    """

    threshold: float | None
    confidence_level: float
    draws: int = 1000
    seed: int = 0
