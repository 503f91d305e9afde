"""Who asks for batches, and which epoch it is."""

from typing import Any

import keras
import numpy as np
import pytest

from prevalens._running_method import RunningMethod, running_method
from prevalens.batches.epoch_follower import EpochFollower

pytestmark = pytest.mark.keras


class Asked(keras.utils.PyDataset):
    """Two batches of zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[RunningMethod] = []

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return np.zeros((3, 1), dtype=np.float32), np.zeros((3, 1), dtype=np.float32)

    def on_epoch_begin(self) -> None:
        """Note who asks."""
        self.found.append(running_method(keras.Model))


def test_the_asking_method_is_told_apart() -> None:
    """Fit, evaluate and predict of Keras are told apart, with the callbacks that were given."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    dataset = Asked()
    model.predict(dataset, verbose=0)
    assert {each.name for each in dataset.found} == {"predict"}
    given = keras.callbacks.Callback()
    for callbacks in (given, [given], keras.callbacks.CallbackList([given], model=model)):
        dataset.found.clear()
        model.fit(dataset, verbose=0, callbacks=callbacks)
        assert {each.name for each in dataset.found} == {"fit"}
        assert given in dataset.found[-1].callbacks
        assert dataset.found[-1].model is model
    dataset.found.clear()
    model.evaluate(dataset, verbose=0)
    assert {each.name for each in dataset.found} == {"evaluate"}


def test_epochs_and_steps_are_passed_on_exactly() -> None:
    """Each epoch is begun once, under its own number, with the batches Keras will ask for."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    seen: list[Any] = []
    follower = EpochFollower(
        None, begin=lambda *told: seen.append(told), end=lambda: seen.append("end")
    )
    model.fit(Asked(), initial_epoch=4, epochs=6, verbose=0, callbacks=[follower])
    assert seen == ["end", (4, 2), (5, 2), "end"]


def test_files_that_could_not_be_read_stand_in_the_history() -> None:
    """Their number where there are logs, and their names in either case, epoch by epoch."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    files = iter([["a.png"], [], ["b.png", "c.png"]])
    follower = EpochFollower(
        None, begin=lambda *_: None, end=lambda: None, unreadable=lambda: next(files)
    )
    model.fit(Asked(), verbose=0, callbacks=[follower])
    logs: dict[str, object] = {"loss": 0.5}
    follower.on_epoch_end(1, logs)
    follower.on_epoch_end(2)

    assert logs == {"loss": 0.5, "unreadable_images": 0}
    assert model.history.history["unreadable_files"] == [["a.png"], [], ["b.png", "c.png"]]
