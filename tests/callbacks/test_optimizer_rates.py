"""Rates, slots and averages of an optimizer, whatever it is made of."""

from typing import Any

import pytest

from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
optimizer_rates = pytest.importorskip("prevalens.callbacks.optimizer_rates", exc_type=ImportError)
pytestmark = pytest.mark.keras
needs_several = pytest.mark.skipif(
    not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has no MultiOptimizer yet"
)


def built(optimizer: Any) -> Any:
    """Return the optimizer, built for a layer of one kernel."""
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build((None, 3))
    optimizer.build(layer.trainable_variables)
    return optimizer


def several() -> Any:
    """Return an optimizer with a rate for kernels and one for the rest."""
    fast, slow = keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.25, momentum=0.9)
    return keras.optimizers.MultiOptimizer(lambda v: slow if "kernel" in v.path else fast)


@needs_several
def test_each_part_of_a_multi_optimizer_has_its_rate() -> None:
    """Its rates are read and set one by one; a plain optimizer and a scaled one have one."""
    parts = built(several())
    rates = optimizer_rates.read_rates(parts)
    optimizer_rates.set_rates(parts, [rate / 2 for rate in rates])
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))

    assert 0.25 in rates
    assert optimizer_rates.read_rates(parts) == [rate / 2 for rate in rates]
    assert optimizer_rates.read_rates(scaled) == [0.5]


@needs_several
def test_slots_are_neither_rates_nor_steps_nor_averages() -> None:
    """Of SGD with momentum and averages the momentum is the slot, the average is apart."""
    optimizer = built(keras.optimizers.SGD(0.5, momentum=0.9, use_ema=True))

    assert len(optimizer_rates.slots(optimizer)) == 1
    assert [tuple(v.shape) for v in optimizer_rates.averages(optimizer)] == [(3, 2)]
    assert optimizer_rates.uses_averages(optimizer)
    assert optimizer_rates.averages(built(keras.optimizers.SGD(0.5))) == []
    assert len(optimizer_rates.slots(built(several()))) == 1


@needs_several
def test_a_schedule_in_any_part_is_refused() -> None:
    """The schedule is named, alone and within several."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    with pytest.raises(InvalidInputError, match=r"follows ExponentialDecay.*a number"):
        optimizer_rates.refuse_schedule(keras.optimizers.SGD(schedule))
    part = keras.optimizers.SGD(schedule)
    parts = built(keras.optimizers.MultiOptimizer(lambda _: part))
    with pytest.raises(InvalidInputError, match="follows ExponentialDecay"):
        optimizer_rates.refuse_schedule(parts)


def test_a_function_that_gives_the_rate_is_refused() -> None:
    """Keras calls it in each step, so nothing else can set the rate."""

    def warm_up() -> float:
        return 0.1

    with pytest.raises(InvalidInputError, match=r"follows warm_up.*a number"):
        optimizer_rates.refuse_schedule(keras.optimizers.SGD(warm_up))
