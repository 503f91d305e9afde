"""The learning rates of an optimizer, whatever it is made of."""

from collections.abc import Sequence
from typing import Any

import keras

from prevalens.exceptions import InvalidInputError

# Not part of what a step back may take back.
_GOES_ON = ("learning_rate", "iteration", "step_counter", "dynamic_scale")


def parts(optimizer: Any) -> list[Any]:
    """Return the optimizers with a rate of their own: one, or those of a MultiOptimizer."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return list(getattr(inner, "optimizers", [inner]))


def read_rates(optimizer: Any) -> list[float]:
    """Return the rate of each part."""
    return [float(keras.ops.convert_to_numpy(part.learning_rate)) for part in parts(optimizer)]


def set_rates(optimizer: Any, rates: Sequence[float]) -> None:
    """Set the rate of each part."""
    for part, rate in zip(parts(optimizer), rates, strict=True):
        part.learning_rate = rate


def refuse_schedule(optimizer: Any) -> None:
    """Raise InvalidInputError where a rate follows a schedule, and so cannot be set."""
    for part in parts(optimizer):
        rate = getattr(part, "_learning_rate", None)
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            raise InvalidInputError(
                f"The optimizer's rate follows {type(rate).__name__}, so it cannot be lowered. "
                "Compile the model with a number as `learning_rate`, or leave this callback out."
            )


def averages(optimizer: Any) -> list[Any]:
    """Return the averaged weights of an optimizer with `use_ema=True`, else nothing."""
    return [
        variable
        for part in parts(optimizer)
        if getattr(part, "use_ema", False)
        for variable in getattr(part, "_model_variables_moving_average", [])
        if variable is not None
    ]


def uses_averages(optimizer: Any) -> bool:
    """Return whether any part keeps averaged weights."""
    return any(getattr(part, "use_ema", False) for part in parts(optimizer))


def slots(optimizer: Any) -> list[Any]:
    """Return the optimizer's variables but its rates, step counts, loss scale and averages."""
    averaged = {id(variable) for variable in averages(optimizer)}
    return [
        variable
        for variable in optimizer.variables
        if variable.name not in _GOES_ON and id(variable) not in averaged
    ]
