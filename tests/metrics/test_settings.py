"""Tests of how estimates are asked for."""

from prevalens.metrics.settings import Settings


def test_a_thousand_draws_from_seed_0_unless_asked_otherwise() -> None:
    """Those of measures without a closed form."""
    assert Settings(0.5, 0.95) == Settings(threshold=0.5, confidence_level=0.95, draws=1000, seed=0)
