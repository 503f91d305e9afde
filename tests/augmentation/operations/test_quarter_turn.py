"""Turning by right angles."""

import numpy as np
import pytest

from prevalens.augmentation import QuarterTurn
from prevalens.augmentation.affine import source_matrices


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_quarter_turns_are_those_of_numpy(turns: int) -> None:
    """Reading a 3x3 picture at the mapped places gives `np.rot90`, exactly."""
    picture = np.arange(9).reshape(3, 3)
    sampled = {"quarter_turns": np.asarray([turns], np.float32)}
    m = source_matrices([QuarterTurn()], sampled, height=3, width=3, xp=np)[0]
    places = [[m @ [x, y, 1] for x in range(3)] for y in range(3)]
    read = [[picture[int(y), int(x)] for x, y in row] for row in places]

    assert read == np.rot90(picture, turns).tolist()


def test_three_turns_are_equally_likely() -> None:
    """Whole numbers from 1, and 4 is not reached; left out is 0."""
    (turns,) = QuarterTurn().parameters()

    assert (turns.low, turns.high, turns.identity, turns.scale) == (1, 4, 0, "whole")
    assert QuarterTurn.needs_square
