"""The learning rates of an optimizer, whatever it is made of."""

from collections.abc import Sequence
from typing import Any

import keras

from prevalens.exceptions import InvalidInputError

# Not part of what a step back may take back. Gradients that wait to be summed up are of the step
# count: those of another place in the sum would make it one of too many or too few.
_GOES_ON = ("learning_rate", "iteration", "step_counter", "dynamic_scale", "gradient_accumulator")


def parts(optimizer: Any) -> list[Any]:
    """Return the optimizers with a rate of their own: one, or those of a MultiOptimizer."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return list(getattr(inner, "optimizers", [inner]))


def show_parts(model: Any) -> None:
    """Build a MultiOptimizer, which has no parts before; Keras 3.15 does so late on TensorFlow."""
    if model.built and not parts(model.optimizer):
        model.optimizer.build(model.trainable_variables)


def read_rates(optimizer: Any) -> list[float]:
    """Return the rate of each part."""
    return [float(keras.ops.convert_to_numpy(part.learning_rate)) for part in parts(optimizer)]


def set_rates(optimizer: Any, rates: Sequence[float]) -> None:
    """Set the rate of each part."""
    for part, rate in zip(parts(optimizer), rates, strict=True):
        part.learning_rate = rate


def refuse_schedule(optimizer: Any) -> None:
    """Raise InvalidInputError where a rate follows a schedule or a function: it cannot be set."""
    for part in parts(optimizer):
        rate = getattr(part, "_learning_rate", None)
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) or callable(rate):
            name = getattr(rate, "__name__", type(rate).__name__)
            raise InvalidInputError(
                f"The optimizer's rate follows {name}, so it cannot be lowered. "
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


def second_weights(optimizer: Any) -> list[Any]:
    """Return the variables that are weights themselves, from which the model's are computed.

    ScheduleFreeAdamW steps from weights of its own, which Keras 3.15 names `momentum`: without
    them the step after a step back would start from where training had got to.
    """
    return [
        variable
        for part in parts(optimizer)
        if _has_second_weights(part)
        for variable in getattr(part, "_momentums", [])
        if variable is not None
    ]


def _has_second_weights(part: Any) -> bool:
    return any(kind.__name__ == "ScheduleFreeAdamW" for kind in type(part).__mro__)


def keeps_weights(optimizer: Any) -> bool:
    """Return whether any part keeps averaged or second weights, once it is built."""
    return uses_averages(optimizer) or any(map(_has_second_weights, parts(optimizer)))


def uses_averages(optimizer: Any) -> bool:
    """Return whether any part keeps averaged weights."""
    return any(getattr(part, "use_ema", False) for part in parts(optimizer))


def slots(optimizer: Any) -> list[Any]:
    """Return the optimizer's variables but those that go on, and those that are weights."""
    averaged = {id(each) for each in (*averages(optimizer), *second_weights(optimizer))}
    return [
        variable
        for variable in optimizer.variables
        if not variable.name.endswith(_GOES_ON) and id(variable) not in averaged
    ]
