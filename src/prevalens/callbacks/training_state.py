"""All variables of a training as arrays by name, and back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens.callbacks.torch_random import set_torch_random_state, torch_random_state
from prevalens.exceptions import InvalidInputError


def arrays_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Return copies of the variables."""
    # Copies, because on PyTorch's CPU what Keras hands out is the live variable's memory.
    return [np.array(keras.ops.convert_to_numpy(v), copy=True) for v in variables]


def named(families: Mapping[str, Sequence[NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of each family under one name each, in order."""
    return {
        f"{family}/{place:05d}": array
        for family, members in families.items()
        for place, array in enumerate(members)
    }


def stored(arrays: Mapping[str, NDArray[Any]], family: str) -> list[NDArray[Any]]:
    """Return the arrays of a family, in order."""
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{family}/")]


def assign(path: Path, family: str, arrays: Sequence[Any], variables: Sequence[Any]) -> None:
    """Give variables their arrays, or say where the file is of another model."""
    ours = [tuple(variable.shape) for variable in variables]
    theirs = [array.shape for array in arrays]
    if ours != theirs:
        place = next(
            (k for k, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None
        )
        where = (
            f"{len(theirs)} variables where there are {len(ours)}"
            if place is None
            else f"shape {theirs[place]} where {variables[place].path} has {ours[place]}"
        )
        raise InvalidInputError(
            f"{path} is of another {family}: it has {where}. Build and compile the model as in "
            "the run that wrote it, or begin anew with another file."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def settle(model: keras.Model) -> None:
    """Make layers that keep constants beside their weights (Normalization) read them anew."""
    for layer in model._flatten_layers():  # noqa: SLF001 - Keras has no public walk
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def global_random() -> list[NDArray[Any]]:
    """Return the backend's random state outside of the variables, where it has one."""
    return torch_random_state() if keras.backend.backend() == "torch" else []


def set_global_random(states: Sequence[NDArray[Any]]) -> None:
    """Set what `global_random` gave."""
    if states and keras.backend.backend() == "torch":
        set_torch_random_state(states)


def build_optimizer(model: keras.Model) -> None:
    """Make the variables of an optimizer that has none yet."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
