"""Memory comes back once the last view of it has gone, and never before."""

import copy
import gc
import pickle
from typing import Any

import numpy as np
import pytest

from prevalens.batches.buffer_pool import BufferPool

SHAPE = (4, 30, 30, 3)


def address(array: Any) -> int:
    """Return where the memory of an array begins."""
    return int(np.asarray(array).__array_interface__["data"][0])


def test_memory_is_used_again_only_after_its_last_view() -> None:
    """While a slice lives another buffer is given; then the first one."""
    pool = BufferPool()
    first = pool.empty(SHAPE, np.uint8)
    view, place = first[1:2], address(first)
    del first
    second = pool.empty(SHAPE, np.uint8)
    assert address(second) != place
    del view
    assert address(pool.empty(SHAPE, np.uint8)) == place


def test_other_shapes_and_types_have_memory_of_their_own() -> None:
    """What comes back is given for the same shape and type only, writable and whole."""
    pool = BufferPool()
    place = address(pool.empty(SHAPE, np.uint8))
    other = pool.empty((2, 30, 30, 3), np.float32)
    again = pool.empty(SHAPE, np.uint8)
    again[:] = 7

    assert (other.shape, other.dtype) == ((2, 30, 30, 3), np.float32)
    assert address(again) == place
    assert again.flags.c_contiguous
    assert int(again.sum()) == 7 * np.prod(SHAPE)


def test_a_torch_tensor_holds_its_memory() -> None:
    """A tensor made without copying keeps the buffer until it has gone."""
    torch = pytest.importorskip("torch")
    pool = BufferPool()
    array = pool.empty(SHAPE, np.uint8)
    place, tensor = address(array), torch.from_numpy(array)
    del array
    assert address(pool.empty(SHAPE, np.uint8)) != place
    del tensor
    gc.collect()
    assert place in {address(pool.empty(SHAPE, np.uint8)) for _ in range(2)}


def test_a_jax_array_never_changes() -> None:
    """Whether JAX copies or takes the memory over, what it has stays as it was."""
    jax = pytest.importorskip("jax")
    pool = BufferPool()
    array = pool.empty(SHAPE, np.uint8)
    array[:] = 7
    made = [jax.device_put(array), jax.numpy.asarray(array)]
    del array
    for _ in range(3):
        pool.empty(SHAPE, np.uint8)[:] = 1
    assert all(bool((each == 7).all()) for each in made)


def test_a_pool_holds_a_few_buffers_and_no_more() -> None:
    """Of forty batches alive at a time a dozen wait afterwards; few shapes are remembered."""
    pool = BufferPool()
    alive = [pool.empty(SHAPE, np.uint8) for _ in range(40)]
    del alive
    for size in range(1, 9):
        pool.empty((size, 2), np.uint8)

    assert sum(len(free) for free in pool._free.values()) <= 12 + 8
    assert len(pool._free) <= 4


def test_copies_are_empty_pools() -> None:
    """A pool goes into another process without its memory."""
    for again in (
        pickle.loads(pickle.dumps(BufferPool())),  # noqa: S301
        copy.deepcopy(BufferPool()),
    ):
        assert again.empty((2,), np.uint8).shape == (2,)
