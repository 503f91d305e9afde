"""From uniform numbers to parameters, the same on the host and on the accelerator; pure."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.array_calls import constant
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.ranges import Parameter


def n_uniforms(operation: Operation) -> int:
    """Return how many uniform numbers one image of `operation` takes."""
    parameters = operation.parameters()
    return len(_gates(parameters)) + sum(p.size for p in parameters)


def parameters_from(
    uniforms: Any,
    operations: Sequence[Operation],
    *,
    xp: Any,
    chances: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """Turn uniform numbers into the parameters of a policy.

    Args:
        uniforms: float32 numbers in [0, 1), shape `(n, n_uniforms)`: for each operation first its
            gates, then its values.
        operations: Operations of the policy, each with one chance where `chances` is None.
        xp: Array module, `numpy` or `keras.ops`.
        chances: Chance of each operation for each image, `(n, n_operations)`; by default the
            operations' own.

    Returns:
        Each parameter by name, shape `(n,)`, or `(n, size)` where it has more than one number.
    """
    table = _table(tuple(operations))

    def row(values: NDArray[Any]) -> Any:
        return constant(values, uniforms, xp)

    chance = row(table.chance) if chances is None else chances[:, table.operation_of]
    on = xp.take(uniforms, row(table.gate_columns), axis=1) < chance
    values = xp.take(uniforms, row(table.value_columns), axis=1)
    values = row(table.low) + values * row(table.span)
    if table.logs.any():
        # The exponent of what is no logarithm may be infinite: it is taken of 0 instead.
        values = xp.where(row(table.logs), xp.exp(values * row(table.is_log)), values)
    if table.whole.any():
        # A uniform number just below 1 may round up to the excluded end in float32.
        floored = xp.minimum(xp.floor(values), row(table.last))
        values = xp.where(row(table.whole), floored, values)
    values = xp.where(on, values, row(table.identity))
    return {
        name: values[:, start] if size == 1 else values[:, start : start + size]
        for name, start, size in table.places
    }


@dataclass(frozen=True)
class _Table:
    """One column for each number of an image; rows of shape `(1, n_values)`."""

    gate_columns: NDArray[np.int32]
    value_columns: NDArray[np.int32]
    operation_of: NDArray[np.int32]
    chance: NDArray[np.float32]
    low: NDArray[np.float32]
    span: NDArray[np.float32]
    last: NDArray[np.float32]
    identity: NDArray[np.float32]
    logs: NDArray[np.bool_]
    is_log: NDArray[np.float32]
    whole: NDArray[np.bool_]
    places: tuple[tuple[str, int, int], ...]


@functools.lru_cache(maxsize=256)
def _table(operations: tuple[Operation, ...]) -> _Table:
    gate_columns: list[int] = []
    value_columns: list[int] = []
    numbers: list[tuple[Parameter, int]] = []  # each number's parameter and operation
    places: list[tuple[str, int, int]] = []
    start = 0
    for number, operation in enumerate(operations):
        parameters = operation.parameters()
        gates = _gates(parameters)
        for parameter in parameters:
            places.append((parameter.name, len(numbers), parameter.size))
            numbers += [(parameter, number)] * parameter.size
            gate_columns += [start + gates.index(parameter.gate)] * parameter.size
        n_values = sum(p.size for p in parameters)
        value_columns += range(start + len(gates), start + len(gates) + n_values)
        start += len(gates) + n_values
    low, high, identity = (
        np.asarray([[getattr(p, end) for p, _ in numbers]], dtype=np.float32)
        for end in ("low", "high", "identity")
    )
    logs, whole = (np.asarray([[p.scale == s for p, _ in numbers]]) for s in ("log", "whole"))
    low, high = (np.where(logs, np.log(np.where(logs, ends, 1)), ends) for ends in (low, high))
    first_chances = [
        chances[0] if isinstance(chances := operations[number].probability, tuple) else chances
        for _, number in numbers
    ]
    return _Table(
        gate_columns=np.asarray(gate_columns, dtype=np.int32),
        value_columns=np.asarray(value_columns, dtype=np.int32),
        operation_of=np.asarray([number for _, number in numbers], dtype=np.int32),
        chance=np.asarray([first_chances], dtype=np.float32),
        low=low,
        span=high - low,
        last=high - 1,
        identity=identity,
        logs=logs,
        is_log=logs.astype(np.float32),
        whole=whole,
        places=tuple(places),
    )


def _gates(parameters: Sequence[Parameter]) -> list[str]:
    return list(dict.fromkeys(p.gate for p in parameters))
