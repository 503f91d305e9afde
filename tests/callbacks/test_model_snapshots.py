"""Snapshots of a model hold what a step back restores."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
snapshots = pytest.importorskip("prevalens.callbacks.model_snapshots", exc_type=ImportError)
pytestmark = pytest.mark.keras


def trained(**optimizer: Any) -> Any:
    """Return a model of one kernel after one step of SGD."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.5, **optimizer), "mse")
    step(model)
    return model


def step(model: Any) -> None:
    """Train for one step."""
    model.fit(np.ones((4, 2), "float32"), np.zeros(4, "float32"), batch_size=4, verbose=0)


def numbers(variables: Any) -> list[Any]:
    """Return copies of variables."""
    return [np.array(keras.ops.convert_to_numpy(v), copy=True) for v in variables]


@pytest.mark.parametrize("with_slots", [False, True])
def test_a_step_back_restores_weights_and_where_asked_slots(
    tmp_path: Path, *, with_slots: bool
) -> None:
    """The kernel comes back from the file; the momentum only with the choice."""
    model = trained(momentum=0.9)
    kept = snapshots.ModelSnapshots(tmp_path / "best.npz", with_slots=with_slots)
    snapshot, before = kept.take(model), numbers([*model.weights, model.optimizer.variables[2]])
    step(model)
    kept.restore(model, snapshot)
    kernel, momentum = numbers([*model.weights, model.optimizer.variables[2]])

    assert np.array_equal(kernel, before[0])
    assert np.array_equal(momentum, before[1]) is with_slots


def test_the_product_of_nadams_momenta_goes_back_with_them() -> None:
    """It corrects the bias of those very momenta; the step count goes on, as for every other."""
    model = trained()
    model.compile(keras.optimizers.Nadam(0.1), "mse")
    kept = snapshots.ModelSnapshots(None, with_slots=True)
    step(model)
    snapshot, (product,) = kept.take(model), numbers([model.optimizer._u_product])
    step(model)
    assert numbers([model.optimizer._u_product])[0] < product
    kept.restore(model, snapshot)

    # Dozat 2016: 0.9 times 1 minus half of 0.96 to the power of the step.
    assert product == pytest.approx(0.9 * (1 - 0.5 * 0.96))
    assert numbers([model.optimizer._u_product])[0] == product
    assert int(model.optimizer.iterations) == 2


def test_a_training_with_averages_ends_with_the_average_of_the_snapshot() -> None:
    """The average belongs to the snapshot, and is what the weights become at the end."""
    model = trained(use_ema=True, ema_momentum=0.5)
    model.weights[0].assign(np.full((2, 1), 8.0))
    model.optimizer._model_variables_moving_average[0].assign(np.full((2, 1), 3.0))
    kept = snapshots.ModelSnapshots(None, with_slots=False)
    snapshot = kept.take(model)
    step(model)
    kept.restore(model, snapshot)
    (raw,) = numbers(model.weights)
    kept.restore_final(model, snapshot, trained=True)
    (average,) = numbers(model.weights)
    kept.restore_final(model, snapshot, trained=False)

    assert (raw == 8).all()
    assert (average == 3).all()
    assert (numbers(model.weights)[0] == 8).all()
