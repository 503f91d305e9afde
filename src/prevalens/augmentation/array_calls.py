"""The array calls that formulas need, so that one formula serves numpy and Keras; pure.

Functions of this stage that take `xp` work in the array module they are given: `numpy`, or
`keras.ops`. Both spell nearly everything alike; what they spell differently is here, and so is
what would make PyTorch wait for a device: Keras turns each number beside a tensor into a tensor.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PIECE = 200_000  # multiplications
# Constants on PyTorch's devices, by the identity of the array; the array is kept beside.
_CONSTANTS: dict[tuple[int, str], tuple[NDArray[Any], Any]] = {}


def cast(values: Any, dtype: str, xp: Any) -> Any:
    """Return `values` as `dtype`, in the array module `xp`."""
    return xp.cast(values, dtype) if hasattr(xp, "cast") else values.astype(dtype, copy=False)


def column(values: Any, xp: Any, *, rank: int) -> Any:
    """Return one number per image, `(n,)`, as `(n, 1, ..., 1)` with `rank` axes."""
    return xp.reshape(values, (-1,) + (1,) * (rank - 1))


def take_rows(values: Any, places: Any, xp: Any) -> Any:
    """Return the rows of `values` at `places`, all of which must lie within."""
    if hasattr(values, "at"):
        # On JAX 0.10 keras.ops.take looks for places beyond the end, at half the speed.
        return values.at[places].get(mode="promise_in_bounds")
    return xp.take(values, places, axis=0)


def is_torch(values: Any) -> bool:
    """Return whether `values` is a tensor of PyTorch."""
    return type(values).__module__.partition(".")[0] == "torch"


def clip(values: Any, low: float, high: float, xp: Any) -> Any:
    """Return `values` cut off below `low` and above `high`."""
    return values.clamp(low, high) if is_torch(values) else xp.clip(values, low, high)


def product(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Return the product of two matrices of numpy of which one side is short.

    It is made in pieces so small that OpenBLAS wakes no thread (it does from 262,144
    multiplications on): a thread spins for a while after its work, and each of the threads that
    read images would have one beside it.

    Args:
        left: Shape `(m, k)`.
        right: Shape `(k, n)`.
    """
    (m, k), n = left.shape, right.shape[1]
    made = np.empty((m, n), dtype=np.result_type(left, right))
    step = max(1, _PIECE // (k * min(m, n)))
    for start in range(0, max(m, n), step):
        piece = slice(start, start + step)
        if m >= n:
            np.matmul(left[piece], right, out=made[piece])
        else:
            made[:, piece] = left @ right[:, piece]
    return made


def mix_channels(pictures: Any, matrices: Any, xp: Any) -> Any:
    """Multiply the channels of each pixel by its image's matrix, from the right.

    Args:
        pictures: Shape `(n, height, width, channels)`.
        matrices: Shape `(n, channels, channels)`.
        xp: Array module, `numpy` or `keras.ops`.
    """
    if is_torch(pictures):
        return xp.einsum("nhwc,ncd->nhwd", pictures, matrices)
    # Sums that a compiler fuses; the product of so narrow matrices costs JAX twice as much.
    parts = [
        pictures[..., channel : channel + 1] * matrices[:, None, None, channel, :]
        for channel in range(pictures.shape[-1])
    ]
    return sum(parts[1:], parts[0])


def constant(values: NDArray[Any], beside: Any, xp: Any) -> Any:
    """Return an array that lives as long as the program, beside a tensor.

    PyTorch's copy is made once for each device: made for each batch, the device would be waited
    for.

    Args:
        values: The array; the same object at each call, not a new one of the same numbers.
        beside: A tensor on the device where it is needed.
        xp: Array module, `numpy` or `keras.ops`.
    """
    if xp is np:
        return values
    if not is_torch(beside):
        return xp.array(values)
    key = (id(values), str(beside.device))
    if key not in _CONSTANTS:
        _CONSTANTS[key] = (values, xp.array(values).to(beside.device))
    return _CONSTANTS[key][1]
