"""LearningRateAdjuster: the Keras callback that obeys `AdjusterRule`."""

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from prevalens._checks import check_choice, check_integer, did_you_mean
from prevalens._writing import remove_unfinished
from prevalens.callbacks.adjuster_record import AdjusterRecord, AdjusterRow, rows_of
from prevalens.callbacks.adjuster_rule import AdjusterRule, AdjusterState, Decision
from prevalens.callbacks.adjuster_table import AdjusterTable
from prevalens.callbacks.kept_arrays import KeptArrays
from prevalens.callbacks.monitor_direction import monitor_direction
from prevalens.exceptions import InvalidInputError, PrevalensWarning


class LearningRateAdjuster(keras.callbacks.Callback):
    """Lower the rate when progress stalls, go back to the best weights, stop in time.

    Holds an `AdjusterRule` and obeys it at the end of each epoch; at the end of training the
    weights of the kept epoch are restored, always. `LRA` is another name for this class.

    Args:
        monitor: Name in Keras' logs of the value that decides from the threshold on. Without
            validation data use `"loss"`.
        accuracy: Name in Keras' logs of the training accuracy that `threshold` is about.
        mode: `"min"` or `"max"`; `"auto"` reads it off the monitor's name.
        patience: Epochs without progress before the rate is lowered, at least 1.
        stop_patience: Lowerings in a row before the training ends, at least 1.
        threshold: Training accuracy from which `monitor` decides; None: from the start.
        factor: What the rate is multiplied by, in `(0, 1)`.
        dwell: Whether lowering the rate also goes back to the kept epoch's weights.
        min_delta: Change of `monitor` that counts as progress must exceed this.
        min_rate: Rate below which it is not lowered.
        cooldown: Epochs after a lowering in which lack of progress is not counted.
        noise_epochs: Number of last epochs whose scatter sets a noise band, 0 for none.
        noise_width: Half-width of that band in standard deviations.
        restore_optimizer: Whether going back also restores the optimizer's slots (its momenta)
            of the kept epoch. The rate, the step count and a loss scale are never taken back.
        weights_file: Keep the best weights in this `.npz` file rather than in memory; where the
            disk is full, a warning is given and memory holds them.
        unfreeze_at: Number of epochs, from 1, after which the first of two phases ends, so that
            layers can be opened and the model compiled anew; earlier where progress has stalled
            for good. `two_phases` goes on from there. Keras cannot do it within one `fit`.
        on_ask: Called with the epoch's row from epoch `ask_epoch` on; returns `"halt"` to end
            the training, `"unfreeze"` to end its first phase, a whole number to be asked again
            after so many epochs, or None.
        ask_epoch: Number of epochs after which `on_ask` is first called, from 1.
        halt_file: The training ends after the epoch in which this file appears; one that is
            there from the start is refused.
        verbose: 1 prints one line an epoch, in colour on a terminal; 0 none.

    Attributes:
        rule: The rule that is obeyed.
        record: One row per epoch; can be printed, saved as CSV and plotted.
        phase: 2 once `begin_second_phase` was called, else 1.
        unfreezes: Whether the first of two phases has ended, and the second not begun.

    Raises:
        InvalidInputError: a setting lies outside its range, the monitor's name tells no
            direction, a monitor is not in the logs, or the optimizer's rate follows a schedule
            and so cannot be set.
    """

    # Its only hook after a batch reads the logs and never touches the model, so Keras need
    # not wait for the device after each step.
    async_safe = True

    def __init__(
        self,
        *,
        monitor: str = "val_loss",
        accuracy: str = "accuracy",
        mode: str = "auto",
        patience: int = 1,
        stop_patience: int = 3,
        threshold: float | None = 0.9,
        factor: float = 0.5,
        dwell: bool = True,
        min_delta: float = 0.0,
        min_rate: float = 0.0,
        cooldown: int = 0,
        noise_epochs: int = 0,
        noise_width: float = 2.0,
        restore_optimizer: bool = False,
        weights_file: str | os.PathLike[str] | None = None,
        unfreeze_at: int | None = None,
        on_ask: Callable[[AdjusterRow], object] | None = None,
        ask_epoch: int | None = None,
        halt_file: str | os.PathLike[str] | None = None,
        verbose: int = 1,
    ) -> None:
        super().__init__()
        check_choice("mode", mode, ("auto", "min", "max"))
        if (on_ask is None) != (ask_epoch is None):
            raise InvalidInputError(
                f"`on_ask` and `ask_epoch` belong together, got {on_ask!r} and {ask_epoch!r}. "
                "Give both, or neither."
            )
        for name, number in (("ask_epoch", ask_epoch), ("unfreeze_at", unfreeze_at)):
            if number is not None:
                check_integer(name, number, minimum=1)
        self.rule = AdjusterRule(
            patience=patience,
            stop_patience=stop_patience,
            threshold=threshold,
            factor=factor,
            dwell=dwell,
            mode=monitor_direction(monitor) if mode == "auto" else mode,
            min_delta=min_delta,
            min_rate=min_rate,
            cooldown=cooldown,
            noise_epochs=noise_epochs,
            noise_width=noise_width,
        )
        self.monitor, self.accuracy = monitor, accuracy
        self.restore_optimizer = restore_optimizer
        self.weights_file = None if weights_file is None else Path(weights_file)
        self.unfreeze_at = unfreeze_at
        self.on_ask, self.ask_epoch = on_ask, ask_epoch
        self.halt_file = None if halt_file is None else Path(halt_file)
        self.verbose = verbose
        self._table = AdjusterTable(monitor)
        self._resumes = False
        self._start_afresh()

    def _start_afresh(self) -> None:
        self.record = AdjusterRecord(monitor=self.monitor)
        self.phase, self.unfreezes = 1, False
        self._state: AdjusterState | None = None
        self._broken_batch: int | None = None
        self._began = time.perf_counter()
        self._next_ask = self.ask_epoch
        self._trainable = 0

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Refuse a rate that cannot be set, and start afresh unless a state was given."""
        _refuse_schedule(self.model.optimizer)
        if self.weights_file is not None:
            remove_unfinished(self.weights_file)
        if self.halt_file is not None and self.halt_file.exists():
            raise InvalidInputError(
                f"The halt file {self.halt_file} is there before training has begun, perhaps "
                "from an earlier run. Remove it, or leave `halt_file` out."
            )
        if not self._resumes:
            self._start_afresh()
        if not self.unfreezes:
            self._trainable = len(self.model.trainable_variables)
        self._table = AdjusterTable(self.monitor)
        self._resumes = False

    def begin_second_phase(self) -> int:
        """Let the next `fit` go on with this record, after the model was compiled anew.

        The kept epoch and its weights stay the bar; the counters start anew.

        Returns:
            What to give that `fit` as `initial_epoch`.

        Raises:
            InvalidInputError: the first phase has not ended.
        """
        if not self.unfreezes:
            raise InvalidInputError(
                "No first phase has ended, so no second can begin. Give `unfreeze_at`, and call "
                "this after the `fit` that it ended."
            )
        self.phase, self._resumes = 2, True
        return self.record.rows[-1].epoch

    def _open_second_phase(self, state: AdjusterState) -> None:
        count = len(self.model.trainable_variables)
        if count == self._trainable:
            raise InvalidInputError(
                f"The second phase would train the same {count} arrays as the first. Unfreeze "
                "layers, for example with prevalens.models.unfreeze, and compile the model anew."
            )
        state = self.rule.reopen(state)
        # The optimizer is another one now, so what is kept of it is its state at this start.
        self._state = replace(state, kept=replace(state.kept, weights=self._snapshot()))
        self.unfreezes = False

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Start the clock; before the first epoch keep the weights it starts from."""
        self._print_row()
        if self._state is None:
            self._state = self.rule.start(epoch=epoch, weights=self._snapshot())
        elif self.unfreezes:
            self._open_second_phase(self._state)
        self._broken_batch = None
        self._began = time.perf_counter()

    def on_train_batch_begin(
        self,
        batch: int,  # noqa: ARG002
        logs: Mapping[str, float] | None = None,  # noqa: ARG002
    ) -> None:
        """End the training where an earlier batch's loss was not finite."""
        if self._broken_batch is not None:
            self.model.stop_training = True

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note the first batch whose loss is not finite."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            earlier = self._broken_batch
            self._broken_batch = batch if earlier is None else min(batch, earlier)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Ask the rule, and do what it says; adds the epoch's rate to the logs."""
        logs = {} if logs is None else logs
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        state, decision = self.rule.step(
            self._known(),
            epoch=epoch,
            value=self._read(logs, self.monitor) if _finite(logs) else math.nan,
            rate=rate,
            accuracy=None if self.rule.threshold is None else self._read(logs, self.accuracy),
        )
        if decision.keep:
            state = replace(state, kept=replace(state.kept, weights=self._snapshot()))
        self._state = state
        broken = self._find_broken(decision, logs)
        if decision.restore:
            self._go_back(state)
        if decision.next_rate != rate:
            # Through `self.model`: an optimizer held elsewhere is a stale copy on JAX.
            self.model.optimizer.learning_rate = decision.next_rate
        logs["learning_rate"] = rate
        seconds = time.perf_counter() - self._began
        row = AdjusterRow.of(decision, logs=logs, accuracy=self.accuracy, duration=seconds)
        self.record.rows.append(row)
        self._table.waiting = row
        word = self._ask(row)
        if self._ends_first_phase(row, word, stops=decision.stop) and not broken:
            self.unfreezes = True
            self.record.rows[-1] = row.ending_phase()
            if self._table.waiting is not None:
                self._table.waiting = self.record.rows[-1]
        if decision.stop or self.unfreezes or word == "halt":
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Restore the weights of the kept epoch."""
        self._print_row()
        if self._state is not None:
            self._go_back(self._state)

    def get_state(self) -> tuple[dict[str, Any], Sequence[Any]]:
        """Return what the callback remembers: texts and numbers, and the kept arrays."""
        state = self._known()
        record = {
            "epoch": self.record.rows[-1].epoch if self.record.rows else 0,
            "state": state.to_dict(),
            "rows": self.record.to_list(),
            "next_ask": self._next_ask,
            "phase": self.phase,
            "unfreezes": self.unfreezes,
            "trainable": self._trainable,
        }
        return record, state.kept.weights.arrays() if state.kept.weights is not None else []

    def set_state(self, record: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take back what `get_state` gave, so that the next `fit` goes on from there."""
        self._start_afresh()
        state = AdjusterState.from_dict(record["state"])
        kept = self._keep(arrays)
        self._state = replace(state, kept=replace(state.kept, weights=kept))
        self.record = AdjusterRecord(monitor=self.monitor, rows=rows_of(record["rows"]))
        self._next_ask = record["next_ask"]
        # A backup of before there were phases has none of the three.
        self.phase = record.get("phase", 1)
        self.unfreezes = record.get("unfreezes", False)
        self._trainable = record.get("trainable", 0)
        self._resumes = True

    def _known(self) -> AdjusterState:
        return self._state if self._state is not None else self.rule.start()

    def _read(self, logs: Mapping[str, float], name: str) -> float:
        if name not in logs:
            hint = ' Without validation data use monitor="loss".' if name == self.monitor else ""
            hint += " Validate in every epoch." if self.record.rows else ""
            raise InvalidInputError(
                f"The logs have no {name!r}; they have {sorted(logs)}. Name one of those, or "
                f"compile the model with that metric.{did_you_mean(name, logs)}{hint}"
            )
        return float(logs[name])

    def _snapshot(self) -> KeptArrays:
        return self._keep([keras.ops.convert_to_numpy(v) for v in self._followed()])

    def _keep(self, arrays: Sequence[Any]) -> KeptArrays:
        try:
            return KeptArrays(arrays, file=self.weights_file)
        except OSError as error:
            warnings.warn(
                f"The best weights could not be written to {self.weights_file}: {error}. They "
                "are kept in memory, and training goes on. Free some space.",
                PrevalensWarning,
                stacklevel=2,
            )
            return KeptArrays(arrays)

    def _followed(self) -> list[Any]:
        slots = _slots(self.model.optimizer) if self.restore_optimizer else []
        return [*self.model.weights, *slots]

    def _go_back(self, state: AdjusterState) -> None:
        for variable, array in zip(self._followed(), state.kept.weights.arrays(), strict=True):
            variable.assign(array)

    def _find_broken(self, decision: Decision, logs: Mapping[str, float]) -> bool:
        """Warn of a loss that is not finite, or of a followed value that is not a number."""
        if not _finite(logs):
            name, what = "loss", "a finite number"
        elif math.isnan(decision.value):
            name, what = self.monitor, "a number"
        elif math.isnan(decision.accuracy or 0.0):
            name, what = self.accuracy, "a number"
        else:
            return False
        warnings.warn(
            f"{name!r} is not {what} in epoch {decision.epoch + 1}{self._broken_batches()}. "
            f"Training stops there and goes back to epoch {decision.kept_epoch + 1}. Lower the "
            "rate, clip the gradients, or look for broken images and labels in that batch.",
            PrevalensWarning,
            stacklevel=2,
        )
        return True

    def _broken_batches(self) -> str:
        if self._broken_batch is None:
            return ""
        several = int(self.model.steps_per_execution)  # which report as one, the first or the last
        first = self._broken_batch // several * several + 1
        last = min(first + several - 1, (self.params or {}).get("steps") or math.inf)
        return f", batch {last}" if first == last else f", in one of the batches {first} to {last}"

    def _print_row(self, *, behind_bar: bool = False) -> None:
        """Print the last row; Keras ends the line of its bar after an epoch's callbacks."""
        if self.verbose:
            shown = keras.config.is_interactive_logging_enabled()
            bar = behind_bar and (self.params or {}).get("verbose") == 1
            self._table.flush(interactive=shown, behind_bar=bar)

    def _ask(self, row: AdjusterRow) -> object:
        """Return `"halt"`, `"unfreeze"` or None, as the halt file and the owner say."""
        if self.halt_file is not None and self.halt_file.exists():
            return "halt"
        if self.on_ask is None or self._next_ask is None or row.epoch < self._next_ask:
            return None
        self._print_row(behind_bar=True)
        answer = self.on_ask(row)
        if answer is None or answer == "halt":
            return answer
        if answer == "unfreeze":
            if self.unfreeze_at is None or self.phase == 2:
                raise InvalidInputError(
                    "`on_ask` answered 'unfreeze', but there is no first phase to end. Give "
                    "`unfreeze_at`, the latest epoch for it, and train with `two_phases`."
                )
            return answer
        self._next_ask = row.epoch + check_integer("on_ask's answer", answer, minimum=1)
        return None

    def _ends_first_phase(self, row: AdjusterRow, word: object, *, stops: bool) -> bool:
        if self.unfreeze_at is None or self.phase == 2 or word == "halt":
            return False
        return stops or word == "unfreeze" or row.epoch >= self.unfreeze_at


LRA = LearningRateAdjuster


def _refuse_schedule(optimizer: Any) -> None:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rate = getattr(inner, "_learning_rate", None)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        raise InvalidInputError(
            f"The optimizer's rate follows {type(rate).__name__}, so it cannot be lowered. "
            "Compile the model with a number as `learning_rate`, or leave this callback out."
        )


def _slots(optimizer: Any) -> list[Any]:
    """Return the optimizer's variables but its rate, its step counts and its loss scale."""
    ours = ("learning_rate", "iteration", "step_counter", "dynamic_scale")
    return [v for v in optimizer.variables if v.name not in ours]


def _finite(logs: Mapping[str, float]) -> bool:
    return math.isfinite(logs.get("loss", 0.0))
