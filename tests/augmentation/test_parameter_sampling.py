"""From uniform numbers to parameters."""

import numpy as np
import pytest

from prevalens.augmentation import Elastic, Flip, QuarterTurn, Rotation, Shift, Zoom
from prevalens.augmentation.parameter_sampling import n_uniforms, parameters_from

# The largest float32 below 1, which a generator may give.
ALMOST_ONE = np.float32(1 - 2**-24)


def test_a_gate_and_a_value_each_take_a_number() -> None:
    """A flip has two gates and two values; a shift one gate and two values."""
    assert n_uniforms(Flip()) == 4
    assert n_uniforms(Shift()) == 3


def test_values_run_evenly_through_the_range() -> None:
    """Numbers 0, 1/2 of (-20, 20) are -20 and 0."""
    uniforms = np.asarray([[0, 0], [0, 0.5], [0, 0.75]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Rotation(degrees=20)], xp=np)

    np.testing.assert_allclose(drawn["rotation"], [-20, 0, 10], atol=1e-5)


def test_zoom_runs_evenly_through_the_logarithm() -> None:
    """Halfway between 1/2 and 2 is 1, and a quarter of the way 2^-0.5."""
    uniforms = np.asarray([[0, 0.5], [0, 0.25]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Zoom(factor=2)], xp=np)

    np.testing.assert_allclose(drawn["zoom"], [1, 2**-0.5], rtol=1e-6)


def test_left_out_means_identity() -> None:
    """A gate at or above the chance leaves zoom at 1 and the turn at 0."""
    uniforms = np.asarray([[0.5, 0.9, 0.5, 0.9]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Zoom(probability=0.5), QuarterTurn(probability=0.5)], xp=np)

    assert drawn["zoom"].tolist() == [1.0]
    assert drawn["quarter_turns"].tolist() == [0.0]


@pytest.mark.parametrize(("uniform", "turns"), [(0, 1), (0.34, 2), (0.67, 3), (ALMOST_ONE, 3)])
def test_whole_numbers_stop_before_the_end(uniform: float, turns: int) -> None:
    """1, 2 and 3 quarter turns, never 4, even where float32 rounds up."""
    uniforms = np.asarray([[0, uniform]], dtype=np.float32)
    drawn = parameters_from(uniforms, [QuarterTurn(probability=1)], xp=np)

    assert drawn["quarter_turns"].tolist() == [turns]


def test_a_chance_per_image() -> None:
    """The same gate passes for one class and not for the other."""
    uniforms = np.full((2, 2), 0.4, dtype=np.float32)
    chances = np.asarray([[0.3], [0.5]], dtype=np.float32)
    drawn = parameters_from(uniforms, [Rotation(degrees=10)], xp=np, chances=chances)

    np.testing.assert_allclose(drawn["rotation"], [0, -2], atol=1e-5)


def test_operations_stand_one_after_another() -> None:
    """A zoom takes two numbers, then an elastic bend a gate and 98, then a shift a gate and two."""
    operations = [Zoom(factor=2), Elastic(fraction=0.5, probability=0.5), Shift(fraction=1)]
    uniforms = np.zeros((2, 2 + 99 + 3), dtype=np.float32)
    uniforms[:, 1] = 0.5  # the zoom
    uniforms[1, 2] = 0.9  # the gate of the bend, shut for the second image
    uniforms[:, 3:52], uniforms[:, 52:101] = 0.75, 0.25
    uniforms[:, 102], uniforms[:, 103] = 0.25, 0.5
    drawn = parameters_from(uniforms, operations, xp=np)

    assert drawn["zoom"].tolist() == [1, 1]
    assert [float(drawn[f"elastic_{axis}"][0].min()) for axis in "xy"] == [0.25, -0.25]
    assert not drawn["elastic_x"][1].any()
    assert drawn["elastic_y"].shape == (2, 49)
    assert drawn["shift_x"].tolist() == [-0.5, -0.5]
    assert drawn["shift_y"].tolist() == [0, 0]
