"""PyTorch's own random state, from which Keras draws where a Dropout has no seed.

Keras 3.15 keeps the random state of its layers in variables, except that on PyTorch a Dropout
without a seed draws from PyTorch's global generator; Keras has no call to read it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._optional import require


def torch_random_state() -> list[NDArray[Any]]:
    """Return the state of the global generator of the CPU, then of each CUDA device."""
    torch = require("torch", extra="torch")
    states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    return [np.array(state.cpu().numpy(), copy=True) for state in states]


def set_torch_random_state(states: Sequence[NDArray[Any]]) -> None:
    """Set what `torch_random_state` gave; devices that are not here any more are left out."""
    torch = require("torch", extra="torch")
    first, *others = [torch.from_numpy(np.array(state, copy=True)) for state in states]
    torch.set_rng_state(first)
    torch.cuda.set_rng_state_all(others[: torch.cuda.device_count()])
