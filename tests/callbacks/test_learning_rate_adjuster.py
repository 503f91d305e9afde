"""The callback obeys the rule: rate, weights, stop; on every backend."""

import dataclasses
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prevalens import callbacks
from prevalens.callbacks.adjuster_rule import RuleSettings
from prevalens.exceptions import InvalidInputError, PrevalensWarning

keras = pytest.importorskip("keras", exc_type=ImportError)
special_training = pytest.importorskip("callbacks.special_training", exc_type=ImportError)
pytestmark = pytest.mark.keras
needs_several = pytest.mark.skipif(
    not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has no MultiOptimizer yet"
)
needs_schedule_free = pytest.mark.skipif(
    not hasattr(keras.optimizers, "ScheduleFreeAdamW"), reason="this Keras has none of it yet"
)


class Scripted(keras.callbacks.Callback):  # type: ignore[misc]
    """Put given values into the logs, and note the weights at each epoch's end."""

    def __init__(self, **script: list[float]) -> None:
        super().__init__()
        self.script = script
        self.weights: list[list[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the script's values for this epoch."""
        assert logs is not None
        logs.update({name: values[epoch] for name, values in self.script.items()})
        self.weights.append([np.array(w, copy=True) for w in self.model.get_weights()])


def small_model(optimizer: Any = None, *, jit: bool = False) -> Any:
    """Return a compiled model of one unit, with momentum so that slots matter."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(
        optimizer or keras.optimizers.SGD(0.5, momentum=0.9),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit,
    )
    return model


def rows() -> tuple[Any, Any]:
    """Return sixteen rows that no unit separates wholly."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(16, 3)).astype("float32"), (np.arange(16) % 2).astype("float32")


def train(model: Any, *followers: Any, epochs: int = 4, **settings: Any) -> Any:
    """Fit the model in whole batches, in order, silently."""
    settings = {"verbose": 0, "shuffle": False, "batch_size": 8, **settings}
    return model.fit(*rows(), epochs=epochs, callbacks=list(followers), **settings)


def equal(left: list[Any], right: list[Any]) -> bool:
    """Return whether two lists of weights are the same, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def test_lra_is_the_same_class() -> None:
    """LRA is another name, not another class."""
    assert callbacks.LRA is callbacks.LearningRateAdjuster


@pytest.mark.parametrize("on_disk", [False, True])
def test_lowering_goes_back_to_the_kept_weights(tmp_path: Path, *, on_disk: bool) -> None:
    """After a worse epoch the next one starts from the best weights at half the rate.

    One epoch of plain SGD from those weights, run by hand, must give the same weights.
    """
    script = Scripted(accuracy=[0.95] * 3, val_loss=[0.5, 0.6, 0.4])
    model = small_model(keras.optimizers.SGD(0.5))
    file = tmp_path / "best.npz" if on_disk else None
    train(model, script, callbacks.LRA(verbose=0, weights_file=file), epochs=3)
    again = small_model(keras.optimizers.SGD(0.25))
    again.set_weights(script.weights[0])
    train(again, epochs=1)

    assert equal(again.get_weights(), script.weights[2])


def test_the_best_weights_are_restored_at_the_end() -> None:
    """Whatever the last epochs did, the model ends with the kept epoch's weights."""
    script = Scripted(accuracy=[0.95] * 4, val_loss=[0.5, 0.4, 0.6, 0.7])
    model = small_model()
    train(model, script, callbacks.LRA(verbose=0, dwell=False))

    assert equal(model.get_weights(), script.weights[1])
    assert not equal(script.weights[3], script.weights[1])


def test_the_rate_reaches_the_compiled_step() -> None:
    """With the rate cut a millionfold the weights hardly move; the step saw the new rate."""
    script = Scripted(accuracy=[0.95] * 3, val_loss=[0.5, 0.6, 0.6])
    jit = keras.backend.backend() != "torch"
    model = small_model(keras.optimizers.SGD(0.5), jit=jit)
    train(model, script, callbacks.LRA(verbose=0, dwell=False, factor=1e-6), epochs=3)
    moved = [
        float(np.abs(after[0] - before[0]).max())
        for before, after in zip(script.weights, script.weights[1:], strict=False)
    ]

    assert moved[0] > 1e-3
    assert 0 <= moved[1] < 1e-5


def test_training_stops_and_the_row_says_so() -> None:
    """Three lowerings in a row end the training; the last row says stopped."""
    adjuster = callbacks.LRA(verbose=0)
    history = train(
        small_model(), Scripted(accuracy=[0.95] * 9, val_loss=[0.5] * 9), adjuster, epochs=9
    )

    assert len(history.epoch) == 4
    assert [row.rate for row in adjuster.record.rows] == [0.5, 0.5, 0.25, 0.125]
    assert adjuster.record.rows[-1].action == "lowered, restored, stopped"
    assert history.history["learning_rate"] == [0.5, 0.5, 0.25, 0.125]


def test_nothing_leaks_into_the_next_fit() -> None:
    """Sixth defect: a second fit with the same callback starts afresh."""
    adjuster = callbacks.LRA(verbose=0)
    train(small_model(), Scripted(accuracy=[0.95] * 2, val_loss=[0.1, 0.2]), adjuster, epochs=2)
    train(small_model(), Scripted(accuracy=[0.95] * 2, val_loss=[0.9, 0.8]), adjuster, epochs=2)

    assert [row.action for row in adjuster.record.rows] == ["kept", "kept"]


def test_no_epoch_better_than_the_start_restores_the_start() -> None:
    """Accuracies of 0 are never progress, so the initial weights come back."""
    model = small_model()
    before = [np.array(w, copy=True) for w in model.get_weights()]
    script = Scripted(accuracy=[0.0] * 2, val_loss=[0.5] * 2)
    train(model, script, callbacks.LRA(threshold=0.9, verbose=0), epochs=2)

    assert equal(model.get_weights(), before)


def test_it_trains_without_validation_data() -> None:
    """Fifth defect: with monitor="loss" no validation data is needed."""
    adjuster = callbacks.LRA(monitor="loss", threshold=None, verbose=0)
    history = train(small_model(), adjuster)

    assert [row.value for row in adjuster.record.rows] == history.history["loss"]


def test_an_absent_monitor_lists_what_is_there() -> None:
    """A monitor that is not in the logs is refused with those that are, and the way out."""
    text = r"no 'val_loss'; they have \['accuracy', 'loss'\].*Without validation data use"
    seen: list[int] = []
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch))
    with pytest.raises(InvalidInputError, match=text):
        train(small_model(), callbacks.LRA(verbose=0), count)
    misspelt = callbacks.LRA(monitor="loss", accuracy="acuracy", threshold=0.9, verbose=0)
    with pytest.raises(InvalidInputError, match=r"no 'acuracy'.*Did you mean 'accuracy'.*None"):
        train(small_model(), misspelt, count)

    assert seen == []


def test_validation_in_some_epochs_only_is_told_apart() -> None:
    """A monitor that was there in the first epoch and is not in the second is not a wrong name."""
    adjuster, settings = callbacks.LRA(verbose=0), {"validation_data": rows()}
    late = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: logs.pop("val_loss") if epoch else None
    )
    with pytest.raises(InvalidInputError, match=r"no 'val_loss'.*Validate in every epoch"):
        train(small_model(), late, adjuster, **settings)


def test_a_schedule_is_refused_before_training() -> None:
    """An optimizer whose rate follows a schedule is refused at once, by the schedule's name."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model = small_model(keras.optimizers.SGD(schedule))

    with pytest.raises(InvalidInputError, match=r"follows ExponentialDecay.*a number"):
        train(model, callbacks.LRA(verbose=0))


class Breaking(keras.callbacks.Callback):  # type: ignore[misc]
    """Make the weights, and so the loss, no number before a given batch."""

    def __init__(self, *, epoch: int, batch: int) -> None:
        super().__init__()
        self.at, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Note the epoch."""
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        """Break the kernel."""
        if (self.epoch, batch) == self.at:
            self.model.layers[0].kernel.assign(np.full((3, 1), np.nan))


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_a_broken_loss_stops_restores_and_is_located(batch: int) -> None:
    """The batch of epoch 2 whose loss is no number is said so, and epoch 1 comes back."""
    script = Scripted(accuracy=[0.95] * 4, val_loss=[0.5, math.nan, 0.4, 0.3])
    model = small_model()
    model.compile(keras.optimizers.SGD(0.5), loss="mse", metrics=["accuracy"])
    text = rf"'loss' is not a finite number in epoch 2, batch {batch + 1}\..*back to epoch 1"
    breaking = Breaking(epoch=1, batch=batch)
    with pytest.warns(PrevalensWarning, match=text):
        history = train(model, breaking, script, callbacks.LRA(verbose=0), batch_size=4)

    assert len(history.epoch) == 2
    assert equal(model.get_weights(), script.weights[0])


@pytest.mark.skipif(
    keras.backend.backend() == "torch",
    reason="Keras 3.15 runs one step an execution on PyTorch",
)
def test_in_an_execution_of_several_steps_the_broken_ones_are_told() -> None:
    """Steps that report together cannot be told apart: the third or fourth of them broke."""
    model = small_model()
    model.compile(keras.optimizers.SGD(0.5), loss="mse", steps_per_execution=2)
    breaking = Breaking(epoch=0, batch=2)
    adjuster = callbacks.LRA(monitor="loss", threshold=None, verbose=0)
    with pytest.warns(PrevalensWarning, match="in epoch 1, in one of the batches 3 to 4"):
        train(model, breaking, adjuster, batch_size=4)


@pytest.mark.parametrize("name", ["val_loss", "accuracy"])
def test_what_is_followed_and_no_number_is_named(name: str) -> None:
    """The loss may be well while the monitor or the accuracy is not: that one is named."""
    values = {"accuracy": [0.95] * 3, "val_loss": [0.5, 0.4, 0.3]}
    values[name][1] = math.nan
    script, model = Scripted(**values), small_model()
    with pytest.warns(PrevalensWarning, match=f"'{name}' is not a number in epoch 2. Training"):
        history = train(model, script, callbacks.LRA(threshold=0.9, verbose=0), epochs=3)

    assert len(history.epoch) == 2
    assert equal(model.get_weights(), script.weights[0])


@pytest.mark.parametrize("restores", [False, True])
def test_the_optimizer_goes_back_only_when_asked(*, restores: bool) -> None:
    """The momentum after a restore is the kept epoch's with the choice, the last one's without."""
    momenta: list[Any] = []

    class Noting(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            slot = self.model.optimizer.variables[2]
            momenta.append(np.array(keras.ops.convert_to_numpy(slot), copy=True))

    script = Scripted(accuracy=[0.95] * 2, val_loss=[0.5, 0.6])
    adjuster = callbacks.LRA(verbose=0, restore_optimizer=restores)
    train(small_model(), script, Noting(), adjuster, Noting(), epochs=2)

    assert not np.array_equal(momenta[0], momenta[2])
    assert np.array_equal(momenta[3], momenta[0 if restores else 2])


def test_the_owner_is_asked_and_may_halt() -> None:
    """From epoch 2 on the callable is asked; a number defers the next question, "halt" ends."""
    asked: list[int] = []

    def answer(row: Any) -> object:
        asked.append(row.epoch)
        return {2: 3, 5: None, 6: "halt"}[row.epoch]

    script = Scripted(accuracy=[0.95] * 9, val_loss=[1 / k for k in range(1, 10)])
    history = train(
        small_model(), script, callbacks.LRA(verbose=0, on_ask=answer, ask_epoch=2), epochs=9
    )

    assert asked == [2, 5, 6]
    assert len(history.epoch) == 6


def test_an_answer_that_means_nothing_is_refused() -> None:
    """An answer that is neither "halt", a number nor None is refused."""
    script = Scripted(accuracy=[0.95] * 2, val_loss=[0.5] * 2)
    adjuster = callbacks.LRA(verbose=0, on_ask=lambda _: "perhaps", ask_epoch=1)

    with pytest.raises(InvalidInputError, match=r"on_ask's answer.*got 'perhaps'"):
        train(small_model(), script, adjuster)


def test_a_halt_file_ends_the_training(tmp_path: Path) -> None:
    """The training ends after the epoch in which the file appears."""
    script = Scripted(accuracy=[0.95] * 4, val_loss=[0.5, 0.4, 0.3, 0.2])
    appear = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _: (tmp_path / "halt").touch() if epoch == 1 else None
    )
    history = train(
        small_model(), script, appear, callbacks.LRA(verbose=0, halt_file=tmp_path / "halt")
    )

    assert len(history.epoch) == 2
    with pytest.raises(InvalidInputError, match=r"there before training has begun.*Remove it"):
        train(small_model(), callbacks.LRA(verbose=0, halt_file=tmp_path / "halt"))


def test_random_states_are_not_taken_back() -> None:
    """A step back restores weights, not the draws of dropout: later epochs see new ones."""
    states: list[Any] = []

    class Noting(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            seeds = [v for v in self.model.variables if "seed" in v.path]
            states.append([np.array(keras.ops.convert_to_numpy(v), copy=True) for v in seeds])

    dropout = keras.layers.Dropout(0.5, seed=7)
    model = keras.Sequential([keras.Input((3,)), dropout, keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=keras.backend.backend() == "jax")
    script = Scripted(val_loss=[0.5, 0.6, 0.4])
    adjuster = callbacks.LRA(threshold=None, verbose=0)
    train(model, script, Noting(), adjuster, Noting(), epochs=3)

    assert adjuster.record.rows[1].action == "lowered, restored"
    assert len(states[0]) == 1
    assert np.array_equal(states[2][0], states[3][0])
    assert len({state[0].tobytes() for state in states}) == 3


def test_asking_needs_both_settings() -> None:
    """A question without an epoch, or the reverse, is refused."""
    with pytest.raises(InvalidInputError, match="belong together"):
        callbacks.LRA(ask_epoch=3)


def test_the_table_is_printed_as_keras_prints(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Two lines of heading and one an epoch, printed or in the log, nothing with verbose=0."""
    scripts = [Scripted(accuracy=[0.95] * 2, val_loss=[0.5, 0.4]) for _ in range(3)]
    train(small_model(), scripts[0], callbacks.LRA(), epochs=2)
    terminal = capsys.readouterr().out
    train(small_model(), scripts[1], callbacks.LRA(verbose=0), epochs=2)
    silent = capsys.readouterr().out
    keras.config.disable_interactive_logging()
    try:
        train(small_model(), scripts[2], callbacks.LRA(), epochs=2)
    finally:
        keras.config.enable_interactive_logging()

    assert len(terminal.splitlines()) == 2 + 2
    assert "\x1b" not in terminal
    assert "val_loss" in terminal
    assert silent == capsys.readouterr().out == ""
    # TensorFlow may warn of retracing in the same log.
    assert sum(record.name == "prevalens" for record in caplog.records) == 2


@pytest.mark.parametrize(
    ("monitor", "values"), [("val_auc", [0.5, 0.7, 0.6]), ("val_mae", [0.5, 0.3, 0.4])]
)
def test_auto_keeps_the_epoch_that_is_best_by_its_name(monitor: str, values: list[float]) -> None:
    """A higher AUC and a lower error are progress from the first epoch on, without a mode."""
    script = Scripted(accuracy=[0.95] * 3, **{monitor: values})
    adjuster = callbacks.LRA(monitor=monitor, verbose=0)
    model = small_model()
    train(model, script, adjuster, epochs=3)

    assert [row.kept_epoch for row in adjuster.record.rows] == [1, 2, 2]
    assert equal(model.get_weights(), script.weights[1])


@pytest.mark.parametrize("kind", special_training.KINDS)
def test_rate_and_restore_reach_the_step_in_special_trainings(kind: str) -> None:
    """Whatever stands between: a lowered rate stops the weights, a step back restores all."""
    assert_obeyed(special_training.facts(kind))


@pytest.mark.skipif(
    keras.backend.backend() != "jax",
    reason="Keras 3.15 distributes on JAX; on PyTorch it cannot, on TensorFlow it needs DTensor",
)
@pytest.mark.parametrize("kind", special_training.DISTRIBUTED)
def test_rate_and_restore_reach_every_device(kind: str) -> None:
    """The same on eight devices, the rows spread over them, and the kernels too."""
    flags = "--xla_force_host_platform_device_count=8"
    done = subprocess.run(
        [sys.executable, special_training.__file__, kind],
        check=True,
        capture_output=True,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    told = json.loads(done.stdout)

    assert told["kernels on"] == 8
    assert_obeyed(told)


def assert_obeyed(told: dict[str, Any]) -> None:
    """Fail unless the weights stood still at a rate of 5e-8, and a step back gave all back."""
    assert told["moved"][0] > 1e-3
    assert 0 <= told["moved"][1] < 1e-6
    assert told["rates"] == [0.5, 0.5, 0.25]
    for what in ("weights", "momenta"):
        assert told[f"{what} restored"], what
    assert told["left"]
    assert told["momenta left"]


def test_a_line_never_stands_behind_keras_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """With Keras' bar on, each row begins a line of its own."""
    model = small_model()
    script = Scripted(accuracy=[0.5, 0.6], val_loss=[0.5, 0.4])
    train(model, script, callbacks.LRA(threshold=None), epochs=2, verbose=1)
    lines = capsys.readouterr().out.splitlines()

    assert sum(line.lstrip().startswith(("1 ", "2 ")) and "kept" in line for line in lines) == 2


def test_the_row_an_owner_is_asked_about_is_printed_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The question finds its row on a line of its own, not behind the bar; it is printed once."""
    before: list[list[str]] = []

    def answer(_: Any) -> None:
        before.append(capsys.readouterr().out.splitlines())

    script = Scripted(accuracy=[0.5, 0.6], val_loss=[0.5, 0.4])
    adjuster = callbacks.LRA(threshold=None, ask_epoch=1, on_ask=answer)
    train(small_model(), script, adjuster, epochs=2, verbose=1)

    for number, lines in enumerate(before, start=1):
        assert lines[-1].split()[0] == str(number)
        assert lines[-1].split()[-2] == "kept"
    assert "kept" not in capsys.readouterr().out


def test_a_fit_of_no_epochs_changes_nothing() -> None:
    """Where no epoch is left there is nothing to restore, and nothing to tell."""
    model, adjuster = small_model(), callbacks.LRA(threshold=None)
    before = model.get_weights()
    train(model, adjuster, epochs=2, initial_epoch=2)

    assert equal(model.get_weights(), before)
    assert len(adjuster.record) == 0


def test_the_validation_loss_decides_from_the_first_epoch() -> None:
    """By default a low training accuracy changes nothing: epoch 2, of the lowest loss, is kept."""
    script = Scripted(accuracy=[0.5, 0.6, 0.7], val_loss=[0.5, 0.424, 0.599])
    adjuster, model = callbacks.LRA(verbose=0), small_model()
    train(model, script, adjuster, epochs=3)

    assert [row.followed for row in adjuster.record.rows] == ["value"] * 3
    assert equal(model.get_weights(), script.weights[1])


def test_a_monitor_that_never_decided_is_said_in_the_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the notebooks' threshold the accuracy judged all three epochs; the line says so."""
    script = Scripted(accuracy=[0.5, 0.6, 0.7], val_loss=[0.5, 0.424, 0.599])
    adjuster = callbacks.LRA(threshold=0.9)
    train(small_model(), script, adjuster, epochs=3)
    last = capsys.readouterr().out.splitlines()[-1]

    assert last == adjuster.record.remark() == str(adjuster.record).splitlines()[-1]
    assert last.startswith("val_loss never decided: the training accuracy stayed below")
    assert "threshold=0.9 in all 3 epochs" in last
    assert "of epoch 3, the best" in last


def test_epochs_without_validation_are_skipped_and_counted_nowhere() -> None:
    """Validated in epochs 2, 4 and 6: the two that are worse lower the rate twice, no more."""

    class Second(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs.update({"val_loss": [0.4, 0.5, 0.6][epoch // 2]} if epoch % 2 else {})

    adjuster = callbacks.LRA(verbose=0)
    train(small_model(), Second(), adjuster, epochs=6, validation_data=rows(), validation_freq=2)

    assert [row.action for row in adjuster.record.rows] == [
        *("skipped", "kept", "skipped", "lowered, restored", "skipped", "lowered, restored")
    ]
    assert [row.rate for row in adjuster.record.rows] == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_a_training_that_was_never_validated_keeps_its_last_weights(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two epochs and validation every fifth: nothing was judged, so nothing is thrown away."""
    model, plain = small_model(), small_model()
    plain.set_weights(model.get_weights())
    settings = {"epochs": 2, "validation_data": rows(), "validation_freq": 5}
    train(model, callbacks.LRA(), **settings)
    train(plain, **settings)

    assert equal(model.get_weights(), plain.get_weights())
    assert "none of the 2 epochs was validated" in capsys.readouterr().out


def test_the_best_weights_come_back_after_an_interruption() -> None:
    """Ctrl-C in epoch 3 leaves the last weights; `restore_best` gives those of epoch 2."""

    class Interrupt(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.epoch = epoch

        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            if (self.epoch, batch) == (3, 1):
                raise KeyboardInterrupt

    script, adjuster = Scripted(val_loss=[0.5, 0.4, 0.45, 0.6]), callbacks.LRA(verbose=0)
    model = small_model(jit=keras.backend.backend() == "jax")
    with pytest.raises(InvalidInputError, match="no epoch has begun"):
        callbacks.LRA().restore_best()
    with pytest.raises(KeyboardInterrupt):
        train(model, script, adjuster, Interrupt())

    assert adjuster.restore_best() == 2
    assert equal(model.get_weights(), script.weights[1])
    assert model.evaluate(*rows(), verbose=0)


def test_averaged_weights_are_what_was_judged_and_what_training_ends_with() -> None:
    """With SwapEMAWeights the restored model evaluates to the kept epoch's val_loss."""
    model = small_model(keras.optimizers.SGD(2.0, use_ema=True, ema_momentum=0.5))
    adjuster = callbacks.LRA(verbose=0, patience=9)
    swap = keras.callbacks.SwapEMAWeights()
    history = train(model, swap, adjuster, epochs=5, validation_data=rows())
    kept = adjuster.record.rows[-1].kept_epoch - 1

    ended = model.evaluate(*rows(), verbose=0, return_dict=True)["loss"]
    assert ended == pytest.approx(history.history["val_loss"][kept], rel=1e-6)
    average = model.optimizer._model_variables_moving_average
    assert equal([keras.ops.convert_to_numpy(v) for v in average], model.get_weights())


@needs_schedule_free
def test_second_weights_go_back_with_the_weights() -> None:
    """ScheduleFreeAdamW steps from weights of its own: those of epoch 1 come back with it."""

    def second(model: Any) -> list[Any]:
        return [
            np.array(keras.ops.convert_to_numpy(v), copy=True)
            for v in model.optimizer.variables
            if v.name.endswith("momentum")
        ]

    class Note(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.second: list[list[Any]] = []

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.second.append(second(self.model))

    model = small_model(keras.optimizers.ScheduleFreeAdamW(0.1))
    script, before, after = Scripted(val_loss=[0.5, 0.6]), Note(), Note()
    train(model, script, before, callbacks.LRA(verbose=0), after, epochs=2)

    assert not equal(before.second[0], before.second[1])
    assert equal(after.second[1], before.second[0])
    assert equal(model.get_weights(), script.weights[0])


def test_gradients_that_wait_are_not_taken_back() -> None:
    """Three batches an epoch, summed up by two: after six steps no gradient waits.

    After epoch 1 one waits; taken back with its epoch, it would make the next sum one of three.
    """

    def waiting(model: Any) -> float:
        return sum(
            float(np.abs(keras.ops.convert_to_numpy(v)).sum())
            for v in model.optimizer.variables
            if v.name.endswith("gradient_accumulator")
        )

    sums: list[float] = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: sums.append(waiting(model)))
    model = small_model(keras.optimizers.SGD(0.5, momentum=0.9, gradient_accumulation_steps=2))
    script = Scripted(val_loss=[0.5, 0.6])
    adjuster = callbacks.LRA(verbose=0, restore_optimizer=True)
    train(model, script, adjuster, note, epochs=2, batch_size=6)

    assert adjuster.record.rows[-1].action == "lowered, restored"
    assert sums[0] > 0
    assert sums[1] == 0


@needs_several
def test_several_optimizers_are_known_before_the_first_epoch() -> None:
    """A schedule in one of them is refused at once; after a broken first epoch the start returns.

    Keras 3.15 builds them late on TensorFlow, and has no parts to ask before.
    """
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    part = keras.optimizers.SGD(schedule)
    model = small_model(keras.optimizers.MultiOptimizer(lambda _: part))
    with pytest.raises(InvalidInputError, match=r"follows ExponentialDecay.*a number"):
        train(model, callbacks.LRA(verbose=0))

    average = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
    model = small_model(keras.optimizers.MultiOptimizer(lambda _: average))
    start = [np.array(weight, copy=True) for weight in model.get_weights()]
    with pytest.warns(PrevalensWarning):
        train(model, Scripted(val_loss=[math.nan]), callbacks.LRA(verbose=0), epochs=1)
    assert equal(model.get_weights(), start)


@needs_several
def test_each_rate_of_several_is_lowered_and_the_highest_is_told() -> None:
    """Two optimizers at 0.5 and 0.1: one lowering halves both."""
    fast, slow = keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.1)
    several = keras.optimizers.MultiOptimizer(lambda v: fast if "kernel" in v.path else slow)
    adjuster, model = callbacks.LRA(verbose=0), small_model(several)
    train(model, Scripted(val_loss=[0.5, 0.6, 0.4]), adjuster, epochs=3)
    rates = [float(part.learning_rate) for part in model.optimizer.optimizers]

    assert sorted(rates) == pytest.approx([0.05, 0.25])
    assert [row.rate for row in adjuster.record.rows] == [0.5, 0.5, 0.25]


def test_a_rate_that_something_else_sets_is_said_once() -> None:
    """A scheduler that puts 0.5 back in every epoch is named, with the epoch that shows it."""
    scheduler = keras.callbacks.LearningRateScheduler(lambda *_: 0.5)
    script = Scripted(val_loss=[0.5, 0.6, 0.7])
    with pytest.warns(
        PrevalensWarning, match=r"Epoch 3 was .* 0.25 and was trained at 0.5"
    ) as told:
        train(small_model(), scheduler, script, callbacks.LRA(verbose=0), epochs=3)

    assert sum(issubclass(each.category, PrevalensWarning) for each in told) == 1


def test_the_settings_of_the_rule_are_those_of_the_callback() -> None:
    """Each setting of AdjusterRule but its direction can be given to LRA, and no other."""
    rule = {field.name for field in dataclasses.fields(callbacks.AdjusterRule)}

    assert set(RuleSettings.__annotations__) == rule - {"mode"}
    assert callbacks.LRA(patience=4, noise_epochs=3).rule == callbacks.AdjusterRule(
        patience=4, noise_epochs=3
    )
    with pytest.raises(TypeError, match="pateince"):
        callbacks.LRA(pateince=4)


def test_a_notebook_shows_its_record() -> None:
    """As a page and as text, what the record itself shows."""
    lra = callbacks.LRA()
    written: list[str] = []
    lra._repr_pretty_(SimpleNamespace(text=written.append), False)
    assert written == [str(lra.record)]
    assert lra._repr_html_() == lra.record._repr_html_()
