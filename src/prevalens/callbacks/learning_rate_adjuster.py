"""LearningRateAdjuster: the Keras callback that obeys `AdjusterRule`."""

import logging
import math
import os
import sys
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
from prevalens.callbacks.adjuster_rule import AdjusterRule, AdjusterState
from prevalens.callbacks.kept_arrays import KeptArrays
from prevalens.exceptions import InvalidInputError, PrevalensWarning

_LOWER_IS_BETTER = (
    *("loss", "error", "entropy", "divergence", "hinge", "poisson", "logcosh", "mse", "mae"),
    *("false_positives", "false_negatives"),
)
_HIGHER_IS_BETTER = (
    *("acc", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "f_beta"),
    *("iou", "io_u", "dice", "similarity", "correlation", "concordance", "r2", "_at_"),
    *("true_positives", "true_negatives"),
)


class LearningRateAdjuster(keras.callbacks.Callback):
    """Lower the rate when progress stalls, go back to the best weights, stop in time.

    Holds an `AdjusterRule` and obeys it at the end of each epoch; at the end of training the
    weights of the kept epoch are restored, always. `LRA` is another name for this class.

    Args:
        monitor: Name in Keras' logs of the value that decides from the threshold on. Without
            validation data use `"loss"`.
        accuracy: Name in Keras' logs of the training accuracy that `threshold` is about.
        mode: `"min"` or `"max"`; `"auto"` reads it off the metric or its name.
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
            of the kept epoch. The rate and the step count are never taken back.
        weights_file: Keep the best weights in this `.npz` file rather than in memory; where the
            disk is full, a warning is given and memory holds them.
        on_ask: Called with the epoch's row from epoch `ask_epoch` on; returns `"halt"` to end
            the training, a whole number to be asked again after so many epochs, or None.
        ask_epoch: Number of epochs after which `on_ask` is first called, from 1.
        halt_file: The training ends after the epoch in which this file appears.
        verbose: 1 prints one line an epoch, 0 none.

    Attributes:
        rule: The rule that is obeyed.
        record: One row per epoch; can be saved as CSV and plotted.

    Raises:
        InvalidInputError: a setting lies outside its range, a monitor is not in the logs, or
            the optimizer's rate follows a schedule and so cannot be set.
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
        if ask_epoch is not None:
            check_integer("ask_epoch", ask_epoch, minimum=1)
        self.rule = AdjusterRule(
            patience=patience,
            stop_patience=stop_patience,
            threshold=threshold,
            factor=factor,
            dwell=dwell,
            mode="max" if mode == "max" else "min",
            min_delta=min_delta,
            min_rate=min_rate,
            cooldown=cooldown,
            noise_epochs=noise_epochs,
            noise_width=noise_width,
        )
        self.monitor, self.accuracy, self.mode = monitor, accuracy, mode
        self.restore_optimizer = restore_optimizer
        self.weights_file = None if weights_file is None else Path(weights_file)
        self.on_ask, self.ask_epoch = on_ask, ask_epoch
        self.halt_file = None if halt_file is None else Path(halt_file)
        self.verbose = verbose
        self.record = AdjusterRecord(monitor=monitor)
        self._state: AdjusterState | None = None
        self._resumes = False
        self._forget_epoch()

    def _forget_epoch(self) -> None:
        self._broken_batch: int | None = None
        self._began = time.perf_counter()
        self._next_ask = self.ask_epoch

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Refuse a rate that cannot be set, and start afresh unless a state was given."""
        _refuse_schedule(self.model.optimizer)
        if self.weights_file is not None:
            remove_unfinished(self.weights_file)
        if not self._resumes:
            self._state = None
            self.record = AdjusterRecord(monitor=self.monitor)
            self._forget_epoch()
        self._resumes = False

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Start the clock; before the first epoch keep the weights it starts from."""
        if self._state is None:
            self._state = self.rule.start(epoch=epoch, weights=self._snapshot())
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
            self._broken_batch = min(batch, self._broken_batch or batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Ask the rule, and do what it says; adds the epoch's rate to the logs."""
        logs = {} if logs is None else logs
        self._settle_mode()
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        broken = not math.isfinite(logs.get("loss", 0.0))
        state, decision = self.rule.step(
            self._known(),
            epoch=epoch,
            value=math.nan if broken else self._read(logs, self.monitor),
            rate=rate,
            accuracy=None if self.rule.threshold is None else self._read(logs, self.accuracy),
        )
        if decision.keep:
            state = replace(state, kept=replace(state.kept, weights=self._snapshot()))
        self._state = state
        if math.isnan(decision.value):
            self._warn_of_broken_loss(epoch)
        if decision.restore:
            self._go_back(state)
        if decision.next_rate != rate:
            # Through `self.model`: an optimizer held elsewhere is a stale copy on JAX.
            self.model.optimizer.learning_rate = decision.next_rate
        logs["learning_rate"] = rate
        seconds = time.perf_counter() - self._began
        row = AdjusterRow.of(decision, loss=logs.get("loss"), duration=seconds)
        self._write_down(row)
        if decision.stop or self._told_to_halt(row):
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Restore the weights of the kept epoch."""
        if self._state is not None:
            self._go_back(self._state)

    def get_state(self) -> tuple[dict[str, Any], Sequence[Any]]:
        """Return what the callback remembers: texts and numbers, and the kept arrays."""
        state = self._known()
        kept = state.kept.weights
        record = {
            "epoch": self.record.rows[-1].epoch if self.record.rows else 0,
            "state": state.to_dict(),
            "rows": self.record.to_list(),
            "next_ask": self._next_ask,
        }
        return record, [] if kept is None else kept.arrays()

    def set_state(self, record: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take back what `get_state` gave, so that the next `fit` goes on from there."""
        state = AdjusterState.from_dict(record["state"])
        kept = self._keep(arrays)
        self._state = replace(state, kept=replace(state.kept, weights=kept))
        self.record = AdjusterRecord(monitor=self.monitor, rows=rows_of(record["rows"]))
        self._next_ask = record["next_ask"]
        self._resumes = True

    def _known(self) -> AdjusterState:
        return self._state if self._state is not None else self.rule.start()

    def _read(self, logs: Mapping[str, float], name: str) -> float:
        if name not in logs:
            hint = ' Without validation data use monitor="loss".' if name == self.monitor else ""
            raise InvalidInputError(
                f"The logs have no {name!r}; they have {sorted(logs)}. Name one of those, or "
                f"compile the model with that metric.{did_you_mean(name, logs)}{hint}"
            )
        return float(logs[name])

    def _settle_mode(self) -> None:
        if self.mode == "auto":
            self.rule = replace(self.rule, mode=_direction(self.monitor))

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

    def _warn_of_broken_loss(self, epoch: int) -> None:
        batch = "" if self._broken_batch is None else f", batch {self._broken_batch + 1}"
        warnings.warn(
            f"The loss is not a finite number in epoch {epoch + 1}{batch}. Training stops there "
            f"and goes back to epoch {self._known().kept.epoch + 1}. Lower the rate, clip the "
            "gradients, or look for broken images and labels in that batch.",
            PrevalensWarning,
            stacklevel=2,
        )

    def _write_down(self, row: AdjusterRow) -> None:
        self.record.rows.append(row)
        if self.verbose:
            heading = [self.record.heading()] if len(self.record) == 1 else []
            # Keras ends the line of its progress bar after the other callbacks have spoken.
            bar = [""] if (self.params or {}).get("verbose") == 1 else []
            _say("\n".join([*bar, *heading, self.record.line(row)]))

    def _told_to_halt(self, row: AdjusterRow) -> bool:
        if self.halt_file is not None and self.halt_file.exists():
            return True
        if self.on_ask is None or self._next_ask is None or row.epoch < self._next_ask:
            return False
        answer = self.on_ask(row)
        if answer == "halt" or answer is None:
            return answer is not None
        self._next_ask = row.epoch + check_integer("on_ask's answer", answer, minimum=1)
        return False


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
    """Return the optimizer's variables but its rate and its step count."""
    return [v for v in optimizer.variables if v.name not in ("learning_rate", "iteration")]


def _direction(monitor: str) -> str:
    """Return whether a lower (`"min"`) or higher (`"max"`) value of `monitor` is better."""
    name = monitor.removeprefix("val_")
    if any(part in name for part in _LOWER_IS_BETTER):
        return "min"
    if any(part in name for part in _HIGHER_IS_BETTER):
        return "max"
    raise InvalidInputError(
        f"Whether a lower or a higher {monitor!r} is better cannot be told from its name. "
        'Pass mode="min" or mode="max".'
    )


def _say(text: str) -> None:
    """Print as Keras does: to the terminal, or to the log where its output goes there."""
    if keras.config.is_interactive_logging_enabled():
        sys.stdout.write(f"{text}\n")
    else:
        logging.getLogger("prevalens").info(text)
