"""Two fits, one record: the model is opened between them, and a killed run goes on in either."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens import callbacks
from prevalens.exceptions import InvalidInputError

keras = pytest.importorskip("keras", exc_type=ImportError)
pytestmark = pytest.mark.keras

EPOCHS = 5


class Left(Exception):  # noqa: N818
    """Stands for a kill."""


class Script(keras.callbacks.Callback):  # type: ignore[misc]
    """Put given values of val_loss into the logs, note the weights, and leave where asked."""

    def __init__(self, values: list[float], *, leave: tuple[int, str] | None = None) -> None:
        super().__init__()
        self.values, self.leave = values, leave
        self.begun: list[list[Any]] = []
        self.ended: list[list[Any]] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Note the weights the epoch starts from."""
        self.begun.append(copies(self.model))
        self.leave_at(epoch, "begin")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the script's value for this epoch."""
        assert logs is not None
        logs["val_loss"] = self.values[epoch]
        self.ended.append(copies(self.model))
        self.leave_at(epoch, "end")

    def leave_at(self, epoch: int, place: str) -> None:
        """Leave the run."""
        if self.leave == (epoch, place):
            raise Left


def copies(model: Any) -> list[Any]:
    """Return copies of the weights: low kernel, low bias, high kernel, high bias."""
    return [np.array(w, copy=True) for w in model.get_weights()]


def equal(left: list[Any], right: list[Any]) -> bool:
    """Return whether two lists of weights are the same, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def frozen() -> Any:
    """Return a compiled model whose lower layer is frozen, with dropout between the two."""
    keras.utils.set_random_seed(5)
    low = keras.layers.Dense(4, name="low", trainable=False)
    high = keras.layers.Dense(1, name="high")
    model = keras.Sequential([keras.Input((3,)), low, keras.layers.Dropout(0.3), high])
    compile_with(model, 0.1)
    return model


def compile_with(model: Any, rate: float) -> None:
    """Compile the model with a rate, and momentum so that slots matter."""
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    model.compile(optimizer, loss="mse", jit_compile=keras.backend.backend() == "jax")


def open_low(model: Any) -> None:
    """Open the lower layer and compile anew, at a tenth of the rate."""
    model.get_layer("low").trainable = True
    compile_with(model, 0.01)


def lra(**settings: Any) -> Any:
    """Return a silent adjuster of val_loss whose first phase ends after two epochs."""
    return callbacks.LRA(**{"threshold": None, "verbose": 0, "unfreeze_at": 2, **settings})


def train(
    model: Any,
    script: Script,
    adjuster: Any,
    *,
    backup: Any = None,
    unfreeze: Callable[[Any], object] = open_low,
    epochs: int = EPOCHS,
) -> list[int]:
    """Run both phases on twelve rows in order; return where each began."""
    rows = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
    begun = []
    phases = callbacks.two_phases(model, adjuster, epochs=epochs, unfreeze=unfreeze, backup=backup)
    for begin in phases:
        begun.append(begin)
        model.fit(
            rows,
            rows[:, 0],
            epochs=epochs,
            initial_epoch=begin,
            batch_size=4,
            shuffle=False,
            verbose=0,
            callbacks=[script, adjuster, *([] if backup is None else [backup])],
        )
    return begun


FALLING = [0.9, 0.8, 0.7, 0.6, 0.5]


def test_the_opened_layer_trains_in_the_second_phase_only() -> None:
    """Fourth defect: the frozen kernel stands still until the third epoch, and moves in it."""
    script, adjuster = Script(FALLING), lra()
    begun = train(frozen(), script, adjuster)
    low = [weights[0] for weights in script.ended]

    assert begun == [0, 2]
    assert np.array_equal(low[0], low[1])
    assert not np.array_equal(low[1], low[2])
    assert [row.epoch for row in adjuster.record.rows] == [1, 2, 3, 4, 5]
    assert [round(row.rate, 6) for row in adjuster.record.rows] == [0.1, 0.1, 0.01, 0.01, 0.01]
    assert [row.action for row in adjuster.record.rows][1:3] == ["kept, unfreeze", "kept"]
    assert (adjuster.phases.number, adjuster.phases.has_ended) == (2, False)


def test_the_second_phase_starts_from_the_best_weights_of_the_first() -> None:
    """Epoch 2 of the first phase was worse, so the second begins where epoch 1 ended."""
    script = Script([0.5, 0.9, 0.4, 0.3, 0.2])
    train(frozen(), script, lra(dwell=False))

    assert equal(script.begun[2], script.ended[0])


def test_a_second_phase_that_is_never_better_gives_back_the_first() -> None:
    """The kept epoch stays the bar, so the model ends with its weights; counters start anew."""
    script, adjuster, model = Script([0.5, 0.6, 0.7, 0.7, 0.7]), lra(), frozen()
    train(model, script, adjuster)

    assert equal(copies(model), script.ended[0])
    # One lowering in the first phase is not counted in the second, which has three.
    assert [row.action for row in adjuster.record.rows] == [
        "kept",
        "lowered, restored, unfreeze",
        "lowered, restored",
        "lowered, restored",
        "lowered, restored, stopped",
    ]


def test_a_first_phase_that_stalls_for_good_is_over_early() -> None:
    """Where the rule would end the training, the layers are opened instead; later it ends it."""
    script = Script([0.5] * 9)
    adjuster = lra(unfreeze_at=8, stop_patience=2)
    begun = train(frozen(), script, adjuster, epochs=9)

    assert begun == [0, 3]
    assert [row.epoch for row in adjuster.record.rows if "unfreeze" in row.action] == [3]
    assert adjuster.record.rows[-1].action == "lowered, restored, stopped"
    assert len(adjuster.record) == 5


def test_a_first_phase_that_was_halted_or_broke_has_no_second() -> None:
    """The owner's "halt" ends all; so does a monitor that is not a number."""
    asked = {"ask_epoch": 1, "on_ask": lambda _: "halt"}
    assert train(frozen(), Script(FALLING), lra(**asked)) == [0]
    with pytest.warns(UserWarning, match="'val_loss' is not a number in epoch 1"):
        assert train(frozen(), Script([float("nan")] * 5), lra()) == [0]


def test_the_owner_may_ask_for_the_second_phase() -> None:
    """The notebooks' answer F: "unfreeze" ends the first phase at once."""
    adjuster = lra(unfreeze_at=4, ask_epoch=1, on_ask=lambda _: "unfreeze")
    with pytest.raises(InvalidInputError, match="there is no first phase to end"):
        train(frozen(), Script(FALLING), adjuster)

    assert [row.action for row in adjuster.record.rows] == ["kept, unfreeze", "kept"]


def test_a_row_printed_for_a_question_is_not_printed_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The owner saw it before answering "unfreeze"; the record holds the answer."""
    answers = {1: "unfreeze"}
    adjuster = lra(unfreeze_at=4, ask_epoch=1, on_ask=lambda row: answers.get(row.epoch), verbose=1)
    train(frozen(), Script(FALLING), adjuster)
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert [printed.count(str(epoch)) for epoch in range(1, EPOCHS + 1)] == [1] * EPOCHS
    assert adjuster.record.rows[0].action == "kept, unfreeze"


# Each moment once; whether the optimizer is restored alternates over them.
MOMENTS = [(epoch, place) for epoch in range(EPOCHS) for place in ("begin", "end")]
CASES = [(*moment, bool((number + number // 2) % 2)) for number, moment in enumerate(MOMENTS)]


@pytest.mark.parametrize(("epoch", "place", "choice"), CASES)
def test_a_run_left_in_either_phase_ends_as_if_never_left(
    tmp_path: Path, epoch: int, place: str, choice: bool
) -> None:
    """History, rows and weights equal the whole run's; left twice, the second time later."""
    values = [0.5, 0.6, 0.4, 0.45, 0.3]
    whole, script, model = lra(restore_optimizer=choice), Script(values), frozen()
    train(model, script, whole, backup=callbacks.TrainingBackup(tmp_path / "whole.npz", whole))
    for leave in ((epoch, place), (EPOCHS - 1, "end"), None):
        adjuster = lra(restore_optimizer=choice)
        backup = callbacks.TrainingBackup(tmp_path / "run.npz", adjuster)
        again = frozen()
        try:
            train(again, Script(values, leave=leave), adjuster, backup=backup)
        except Left:
            continue

    assert [row.action for row in adjuster.record.rows] == [r.action for r in whole.record.rows]
    assert len(backup.history["loss"]) == EPOCHS
    assert equal(copies(again), copies(model))
    with np.load(tmp_path / "run.npz") as ours, np.load(tmp_path / "whole.npz") as theirs:
        assert ours.files == theirs.files
        for name in set(ours.files) - {"record"}:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_a_finished_run_trains_no_more(tmp_path: Path) -> None:
    """Restored after its last epoch, neither phase has an epoch left; the weights are the best."""
    first = frozen()
    for model in (first, frozen()):
        adjuster = lra()
        backup = callbacks.TrainingBackup(tmp_path / "run.npz", adjuster)
        script = Script([0.5, 0.4, 0.3, 0.6, 0.7])
        begun = train(model, script, adjuster, backup=backup)

    assert begun == [EPOCHS]
    assert script.ended == []
    assert equal(copies(model), copies(first))


def test_the_next_run_of_an_adjuster_starts_afresh() -> None:
    """Nothing of a finished run of two phases leaks into the next."""
    adjuster = lra()
    train(frozen(), Script(FALLING), adjuster)
    begun = train(frozen(), Script([9.0, 8.0, 7.0, 6.0, 5.0]), adjuster)

    assert begun == [0, 2]
    assert [row.action for row in adjuster.record.rows] == [
        *("kept", "kept, unfreeze", "kept", "kept", "kept")
    ]


def test_what_cannot_be_two_phases_is_refused(tmp_path: Path) -> None:
    """Each refusal says what is missing."""
    script = Script(FALLING)
    with pytest.raises(InvalidInputError, match="`unfreeze_at` must be below `epochs`, got None"):
        train(frozen(), script, lra(unfreeze_at=None))
    with pytest.raises(InvalidInputError, match="got 5 and 5"):
        train(frozen(), script, lra(unfreeze_at=5))
    with pytest.raises(InvalidInputError, match=r"TrainingBackup\(path, adjuster\)"):
        train(frozen(), script, lra(), backup=callbacks.TrainingBackup(tmp_path / "b.npz"))
    with pytest.raises(InvalidInputError, match="has not compiled the model"):
        train(frozen(), script, lra(), unfreeze=lambda _: None)
    with pytest.raises(InvalidInputError, match="would train the same 2 arrays as the first"):
        train(frozen(), script, lra(), unfreeze=lambda model: compile_with(model, 0.01))
    with pytest.raises(InvalidInputError, match="No first phase has ended"):
        lra().begin_second_phase()
