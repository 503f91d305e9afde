"""The array calls that formulas need, so that one formula serves numpy and Keras; pure.

Functions of this stage that take `xp` work in the array module they are given: `numpy`, or
`keras.ops`. Both spell nearly everything alike; what they spell differently is here.
"""

from typing import Any


def cast(values: Any, dtype: str, xp: Any) -> Any:
    """Return `values` as `dtype`, in the array module `xp`."""
    return xp.cast(values, dtype) if hasattr(xp, "cast") else values.astype(dtype)


def column(values: Any, xp: Any, *, rank: int) -> Any:
    """Return one number per image, `(n,)`, as `(n, 1, ..., 1)` with `rank` axes."""
    return xp.reshape(values, (-1,) + (1,) * (rank - 1))


def take_rows(values: Any, places: Any, xp: Any) -> Any:
    """Return the rows of `values` at `places`, all of which must lie within."""
    if hasattr(values, "at"):
        # On JAX 0.10 keras.ops.take looks for places beyond the end, at half the speed.
        return values.at[places].get(mode="promise_in_bounds")
    return xp.take(values, places, axis=0)
