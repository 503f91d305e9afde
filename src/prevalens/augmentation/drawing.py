"""From uniform numbers to parameters, the same on the host and on the accelerator; pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.operation import Operation, Parameter


def n_uniforms(operation: Operation) -> int:
    """Return how many uniform numbers one image of `operation` takes."""
    parameters = operation.parameters()
    return len(_gates(parameters)) + sum(p.size for p in parameters)


def parameters_from(
    uniforms: Any, operations: Sequence[Operation], chances: Sequence[Any], *, xp: Any
) -> dict[str, Any]:
    """Turn uniform numbers into the parameters of a policy.

    Args:
        uniforms: Numbers in [0, 1), shape `(n, n_uniforms)`: for each operation first its gates,
            then its values.
        operations: Operations of the policy.
        chances: For each operation its probability, a number or one per image, `(n, 1)`.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Each parameter by name, shape `(n,)`, or `(n, size)` where it has more than one number.
    """
    drawn: dict[str, Any] = {}
    start = 0
    for operation, chance in zip(operations, chances, strict=True):
        stop = start + n_uniforms(operation)
        drawn |= _one_operation(uniforms[:, start:stop], operation, chance, xp)
        start = stop
    return drawn


def _one_operation(uniforms: Any, operation: Operation, chance: Any, xp: Any) -> dict[str, Any]:
    parameters = operation.parameters()
    gates = _gates(parameters)
    table = [p for p in parameters for _ in range(p.size)]
    gate_of = np.asarray([gates.index(p.gate) for p in table], dtype=np.int32)
    on = xp.take(uniforms[:, : len(gates)] < chance, xp.array(gate_of), axis=1)
    spread = _spread(uniforms[:, len(gates) :], table, xp)
    values = xp.where(on, spread, xp.array(_row(table, "identity")))
    drawn: dict[str, Any] = {}
    start = 0
    for parameter in parameters:
        block = values[:, start : start + parameter.size]
        drawn[parameter.name] = block[:, 0] if parameter.size == 1 else block
        start += parameter.size
    return drawn


def _spread(uniforms: Any, table: Sequence[Parameter], xp: Any) -> Any:
    scales = {parameter.scale for parameter in table}
    low, high, logs = _row(table, "low"), _row(table, "high"), _mask(table, "log")
    low, high = (np.where(logs, np.log(np.where(logs, ends, 1)), ends) for ends in (low, high))
    # As tensors of the module: PyTorch warns when a numpy array meets a tensor.
    values = xp.array(low) + uniforms * xp.array(high - low)
    if "log" in scales:
        values = xp.where(xp.array(logs), xp.exp(values), values)
    if "whole" in scales:
        # A uniform number just below 1 may round up to the excluded end in float32.
        floored = xp.minimum(xp.floor(values), xp.array(high - 1))
        values = xp.where(xp.array(_mask(table, "whole")), floored, values)
    return values


def _gates(parameters: Sequence[Parameter]) -> list[str]:
    return list(dict.fromkeys(p.gate for p in parameters))


def _row(table: Sequence[Parameter], name: str) -> NDArray[np.float32]:
    return np.asarray([[getattr(p, name) for p in table]], dtype=np.float32)


def _mask(table: Sequence[Parameter], scale: str) -> NDArray[np.bool_]:
    return np.asarray([[p.scale == scale for p in table]])
