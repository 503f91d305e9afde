"""Components: what hangs together."""

import numpy as np

from prevalens.cohorts.components import component_codes, repeated


def test_pairs_chain_into_components() -> None:
    """0-2 and 2-4 are one component; 1 and 3 stand alone."""
    codes = component_codes(5, [(0, 2), (4, 2)])

    assert codes[0] == codes[2] == codes[4]
    assert len(set(codes.tolist())) == 3


def test_without_pairs_everything_stands_alone() -> None:
    """No pairs, as many components as things."""
    assert component_codes(3, []).tolist() == [0, 1, 2]


def test_equal_keys_are_grouped_in_rising_order() -> None:
    """Key b at 0 and 3, a at 1 and 2; c alone is no group; nothing has no groups."""
    groups = repeated(np.array(["b", "a", "a", "b", "c"]))

    assert [group.tolist() for group in groups] == [[0, 3], [1, 2]]
    assert repeated(np.array([])) == ()
