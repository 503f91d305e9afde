"""Who asks for batches, and which epoch it is."""

from typing import Any

import keras
import numpy as np
import pytest

from prevalens.batches.epoch_follower import EpochFollower, asking_method

pytestmark = pytest.mark.keras


class Asked(keras.utils.PyDataset):
    """Notes who asks at each pass."""

    def __init__(self) -> None:
        super().__init__()
        self.methods: list[str] = []
        self.callbacks: list[Any] = []

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return np.zeros((3, 1), dtype=np.float32), np.zeros((3, 1), dtype=np.float32)

    def on_epoch_begin(self) -> None:
        """Note who asks."""
        method, callbacks = asking_method()
        self.methods.append(method)
        self.callbacks = callbacks


def test_the_asking_method_is_told_apart() -> None:
    """Fit, evaluate and predict are told apart, and by nobody is none of them."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    dataset = Asked()
    model.predict(dataset, verbose=0)
    assert set(dataset.methods) == {"predict"}
    given = keras.callbacks.Callback()
    for callbacks in (given, [given], keras.callbacks.CallbackList([given], model=model)):
        dataset.methods.clear()
        model.fit(dataset, verbose=0, callbacks=callbacks)
        assert set(dataset.methods) == {"fit"}
        assert given in dataset.callbacks
    dataset.methods.clear()
    model.evaluate(dataset, verbose=0)
    assert set(dataset.methods) == {"evaluate"}
    assert asking_method() == ("", [])


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
