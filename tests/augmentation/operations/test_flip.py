"""Mirroring."""

import numpy as np
import pytest

from prevalens.augmentation import Flip
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize(("across", "down"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_each_axis_is_read_from_the_other_end(across: int, down: int) -> None:
    """A place (2, -1) from the centre is read at (-2, -1), (2, 1) or (-2, 1)."""
    sampled = {
        "flip_horizontal": np.asarray([across], np.float32),
        "flip_vertical": np.asarray([down], np.float32),
    }
    a, b, c, d, e, f = Flip().undo(sampled, height=5, width=7, xp=np)

    assert (b, c, e, f) == (0, 0, 0, 0)
    assert [a[0] * 2, d[0] * -1] == [2 - 4 * across, -1 + 2 * down]


def test_each_axis_has_a_gate_and_a_switch() -> None:
    """Two parameters with gates of their own; one that is off can be 0 only."""
    across, down = Flip(vertical=False).parameters()

    assert across.gate != down.gate
    assert (across.low, across.high, down.low, down.high) == (1, 1, 0, 0)
    assert Flip(horizontal=False, vertical=False).changes_nothing
    assert not Flip(vertical=False).changes_nothing


@pytest.mark.parametrize("value", [1, 0, None, "yes"])
def test_a_switch_is_true_or_false(value: object) -> None:
    """Other values are refused by name."""
    with pytest.raises(InvalidInputError, match="`vertical` must be True or False"):
        Flip(vertical=value)  # type: ignore[arg-type]
