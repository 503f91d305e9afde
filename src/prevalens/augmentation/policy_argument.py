"""What is given as a policy: a policy, its record, or what was meant to be one; pure."""

from collections.abc import Mapping
from types import FunctionType
from typing import Any

from prevalens._checks import did_you_mean
from prevalens.augmentation import presets
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.policy import AugmentationPolicy
from prevalens.exceptions import InvalidInputError


def policy_from(value: object, name: str) -> AugmentationPolicy:
    """Return a policy, or say how to get one from what was given.

    Args:
        value: A policy, or what its `to_dict` gave.
        name: Name of the argument, for the error.

    Raises:
        InvalidInputError: it is neither; a preset that was not called, or its name, is answered
            with the call.
    """
    if isinstance(value, AugmentationPolicy):
        return value
    if isinstance(value, Mapping):
        return AugmentationPolicy.from_dict(value)
    raise InvalidInputError(f"`{name}` must be an AugmentationPolicy, {_answer(value)}")


def _answer(value: Any) -> str:
    known = presets.PRESETS
    if isinstance(value, FunctionType) and value.__name__ in known:
        return f"got the function {value.__name__}. Call it: presets.{value.__name__}()."
    if isinstance(value, str):
        if value in known:
            return f"got the name {value!r}. Write presets.{value}()."
        calls = ", ".join(f"presets.{preset}()" for preset in known)
        return f"got {value!r}. Presets are {calls}.{did_you_mean(value, known)}"
    if isinstance(value, Operation):
        return f"got {value!r}. Put it into a list: AugmentationPolicy([{type(value).__name__}()])."
    if isinstance(getattr(value, "policy", None), AugmentationPolicy):
        return "got a layer, which belongs into the model. Give its policy: layer.policy."
    if isinstance(value, list | tuple):
        return "got a list. Make one of it: AugmentationPolicy([...])."
    if isinstance(value, type):
        return f"got the class {value.__name__}. Make one: AugmentationPolicy([Flip()])."
    return f"got {type(value).__name__}. Make one: AugmentationPolicy([Flip()])."
