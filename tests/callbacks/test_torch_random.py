"""PyTorch's global random state can be read and set."""

import numpy as np
import pytest

from prevalens.callbacks.torch_random import set_torch_random_state, torch_random_state

torch = pytest.importorskip("torch", exc_type=ImportError)


def test_a_state_set_back_gives_the_same_numbers() -> None:
    """Draws after setting a state back equal the draws after it was read."""
    state = torch_random_state()
    first = torch.rand(3).numpy()
    changed = torch_random_state()
    set_torch_random_state(state)

    np.testing.assert_array_equal(torch.rand(3).numpy(), first)
    assert not np.array_equal(state[0], changed[0])
