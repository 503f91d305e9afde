"""From uniform numbers to parameters."""

import numpy as np
import pytest

from prevalens.augmentation import Flip, QuarterTurn, Rotation, Shift, Zoom
from prevalens.augmentation.drawing import n_uniforms, parameters_from

# The largest float32 below 1, which a generator may give.
ALMOST_ONE = np.float32(1 - 2**-24)


def test_a_gate_and_a_value_each_take_a_number() -> None:
    """A flip has two gates and two values; a shift one gate and two values."""
    assert n_uniforms(Flip()) == 4
    assert n_uniforms(Shift()) == 3


def test_values_run_evenly_through_the_range() -> None:
    """Numbers 0, 1/2 of (-20, 20) are -20 and 0."""
    uniforms = np.asarray([[0, 0], [0, 0.5], [0, 0.75]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Rotation(degrees=20)], [1.0], xp=np)

    np.testing.assert_allclose(drawn["rotation"], [-20, 0, 10], atol=1e-5)


def test_zoom_runs_evenly_through_the_logarithm() -> None:
    """Halfway between 1/2 and 2 is 1, and a quarter of the way 2^-0.5."""
    uniforms = np.asarray([[0, 0.5], [0, 0.25]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Zoom(factor=2)], [1.0], xp=np)

    np.testing.assert_allclose(drawn["zoom"], [1, 2**-0.5], rtol=1e-6)


def test_left_out_means_identity() -> None:
    """A gate at or above the chance leaves zoom at 1 and the turn at 0."""
    uniforms = np.asarray([[0.5, 0.9, 0.5, 0.9]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Zoom(), QuarterTurn()], [0.5, 0.5], xp=np)

    assert drawn["zoom"].tolist() == [1.0]
    assert drawn["quarter_turns"].tolist() == [0.0]


@pytest.mark.parametrize(("uniform", "turns"), [(0, 1), (0.34, 2), (0.67, 3), (ALMOST_ONE, 3)])
def test_whole_numbers_stop_before_the_end(uniform: float, turns: int) -> None:
    """1, 2 and 3 quarter turns, never 4, even where float32 rounds up."""
    uniforms = np.asarray([[0, uniform]], dtype=np.float32)
    drawn = parameters_from(uniforms, [QuarterTurn()], [1.0], xp=np)

    assert drawn["quarter_turns"].tolist() == [turns]


def test_a_chance_per_image() -> None:
    """The same gate passes for one class and not for the other."""
    uniforms = np.full((2, 2), 0.4, dtype=np.float32)
    chances = np.asarray([[0.3], [0.5]])
    drawn = parameters_from(uniforms, [Rotation(degrees=10)], [chances], xp=np)

    np.testing.assert_allclose(drawn["rotation"], [0, -2], atol=1e-5)
