"""LearningRateAdjuster: the Keras callback that obeys `AdjusterRule`."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import keras

from prevalens._checks import check_choice, check_path
from prevalens._notebook import show_text
from prevalens._processes import agreed
from prevalens._running_method import running_method
from prevalens.callbacks.adjuster_record import AdjusterRecord, AdjusterRow, rows_of
from prevalens.callbacks.adjuster_rule import AdjusterRule, AdjusterState, Decision, RuleSettings
from prevalens.callbacks.broken_loss import BrokenLoss, is_finite
from prevalens.callbacks.epoch_printer import EpochPrinter
from prevalens.callbacks.model_snapshots import ModelSnapshots
from prevalens.callbacks.monitor_direction import monitor_direction
from prevalens.callbacks.monitored_logs import MonitoredLogs
from prevalens.callbacks.optimizer_rates import refuse_schedule, set_rates, show_parts
from prevalens.callbacks.other_callbacks import WatchedRates, check_other_callbacks
from prevalens.callbacks.owner_questions import OwnerQuestions
from prevalens.callbacks.training_phases import TrainingPhases
from prevalens.exceptions import InvalidInputError


class LearningRateAdjuster(keras.callbacks.Callback):
    """Lower the rate when progress stalls, go back to the best weights, stop in time.

    Holds an `AdjusterRule` and obeys it at the end of each epoch: by default the validation loss
    decides, from the first epoch on. At the end of training the weights of the kept epoch are
    restored, always. `LRA` is another name for this class.

    Where the optimizer averages weights (`use_ema=True`) the training ends with the average of
    the kept epoch; a `MultiOptimizer` has each of its rates lowered, and rows show the highest.
    Epochs that `validation_freq` leaves out are skipped and counted nowhere.

    Args:
        monitor: Name in Keras' logs of the value that decides. Without validation data use
            `"loss"`; where the training rows are undersampled, a monitor that knows the
            prevalence, such as `"val_corrected_loss"` (see `CorrectedLogLoss`) or `"val_auc"`.
        accuracy: Name in Keras' logs of the training accuracy, where there is a `threshold`.
        mode: `"min"` or `"max"`; `"auto"` reads it off the monitor's name.
        restore_optimizer: Whether going back also restores the optimizer's slots (its momenta)
            of the kept epoch. The rate, the step count, gradients that are still summed up and a
            loss scale are never taken back; the second weights of ScheduleFreeAdamW always are.
        weights_file: Keep the best weights in this `.npz` file rather than in memory; where the
            disk is full, a warning is given and memory holds them.
        unfreeze_at: Number of epochs, from 1, after which the first of two phases ends, so that
            layers can be opened and the model compiled anew; earlier where progress has stalled
            for good. `two_phases` goes on from there. Keras cannot do it within one `fit`.
        on_ask: Called with the epoch's row from epoch `ask_epoch` on; returns `"halt"` or, to end
            the first phase, `"unfreeze"`, a number of epochs until the next question, or None.
        ask_epoch: Number of epochs after which `on_ask` is first called, from 1.
        halt_file: The training ends after the epoch in which this file appears; one that is
            there from the start is refused.
        verbose: 1 prints one line an epoch, in colour on a terminal; 0 none.
        **rule: Settings of `AdjusterRule`: `patience` (1), `stop_patience` (3), `threshold`
            (None), `factor` (0.5), `dwell` (True), `min_delta`, `min_rate`, `cooldown`,
            `noise_epochs` (0 each) and `noise_width` (2.0).

    Attributes:
        rule: The rule that is obeyed.
        record: One row per epoch; can be printed, saved as CSV and plotted.
        phases: Which of two phases it is (`number`), and whether the first is over (`has_ended`).

    Raises:
        InvalidInputError: a setting is out of range, the monitor's name tells no direction, is
            not in the logs or one value a class, or the optimizer's rate follows a schedule.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> adjuster = LearningRateAdjuster(patience=2, verbose=0)
        >>> x, y = np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
        >>> history = model.fit(
        ...     x, y, validation_data=(x, y), epochs=2, callbacks=[adjuster], verbose=0
        ... )
        >>> "learning_rate" in history.history  # the rate of each epoch
        True
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
        restore_optimizer: bool = False,
        weights_file: str | os.PathLike[str] | None = None,
        unfreeze_at: int | None = None,
        on_ask: Callable[[AdjusterRow], object] | None = None,
        ask_epoch: int | None = None,
        halt_file: str | os.PathLike[str] | None = None,
        verbose: int = 1,
        **rule: Unpack[RuleSettings],
    ) -> None:
        super().__init__()
        check_choice("mode", mode, ("auto", "min", "max"))
        self.rule = AdjusterRule(
            mode=monitor_direction(monitor) if mode == "auto" else mode, **rule
        )
        self.monitor, self.accuracy = monitor, accuracy
        self._logs = MonitoredLogs(
            monitor, accuracy=None if self.rule.threshold is None else accuracy
        )
        self._snapshots = ModelSnapshots(
            None if weights_file is None else Path(check_path("weights_file", weights_file)),
            with_slots=restore_optimizer,
        )
        self.phases = TrainingPhases(unfreeze_at)
        self._questions = OwnerQuestions(on_ask, ask_epoch=ask_epoch, halt_file=halt_file)
        self._broken = BrokenLoss(monitor=monitor, accuracy=accuracy)
        self._printer = EpochPrinter(monitor, verbose=verbose)
        self._resumes = False
        self._start_afresh()

    def _repr_html_(self) -> str:
        return self.record._repr_html_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        show_text(self.record, printer, cycle)

    def _start_afresh(self) -> None:
        self.record = AdjusterRecord(monitor=self.monitor, threshold=self.rule.threshold)
        self.phases.start_afresh()
        self._questions.start_afresh()
        self._state: AdjusterState | None = None
        self._began = time.perf_counter()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Refuse what cannot work, and start afresh unless a state was given."""
        show_parts(self.model)
        refuse_schedule(self.model.optimizer)
        self._snapshots.remove_unfinished()
        self._questions.check_no_halt_file()
        fit = running_method(keras.Model)
        own = fit.callbacks.index(self) if self in fit.callbacks else len(fit.callbacks)
        before, after = fit.callbacks[:own], fit.callbacks[own + 1 :]
        others = [*before, *after]
        check_other_callbacks(others, optimizer=self.model.optimizer, after=after)
        self._logs.begin(fit, after=before if self in fit.callbacks else [])
        if not self._resumes:
            self._start_afresh()
        if not self.phases.has_ended:
            self.phases.n_trainable = len(self.model.trainable_variables)
        self._printer.begin()
        self._rates = WatchedRates(others)
        self._resumes = False

    def begin_second_phase(self) -> int:
        """Let the next `fit` go on with this record, after the model was compiled anew.

        The kept epoch and its weights stay the bar; the counters start anew.

        Returns:
            What to give that `fit` as `initial_epoch`.

        Raises:
            InvalidInputError: the first phase has not ended.
        """
        self.phases.begin_second()
        self._resumes = True
        return self.record.rows[-1].epoch

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start the clock; before the first epoch keep the weights it starts from."""
        self._printer.flush()
        if self._state is None:
            weights = self._snapshots.take(self.model)
            self._state = self.rule.start(epoch=epoch, weights=weights)
        elif self.phases.has_ended:
            self.phases.check_opened(len(self.model.trainable_variables))
            # The optimizer is another one now, so what is kept of it is its state at this start.
            self._state = self._with_weights(self.rule.reopen(self._state))
        self._broken.begin_epoch()
        self._began = time.perf_counter()

    def on_train_batch_begin(
        self,
        batch: int,  # noqa: ARG002
        logs: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> None:
        """End the training where an earlier batch's loss was not finite."""
        if self._broken.batch is not None:
            self.model.stop_training = True

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Look at what the first batch logs, and note the first whose loss is not finite."""
        self._logs.check_batch(logs or {})
        self._broken.note(batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Ask the rule, and do what it says; adds the epoch's rate to the logs."""
        logs = {} if logs is None else logs
        rates = self._rates.read(self.model.optimizer, epoch=epoch + 1)
        state, decision = self._decide(epoch, logs, rate=max(rates))
        self._state = self._with_weights(state) if decision.keep else state
        broken = self._broken.warn(
            decision,
            logs,
            steps_per_execution=int(self.model.steps_per_execution),
            steps=(self.params or {}).get("steps"),
        )
        if decision.restore:
            self._snapshots.restore(self.model, state.kept.weights)
        if decision.next_rate != decision.rate:
            # Through `self.model`: an optimizer held elsewhere is a stale copy on JAX.
            set_rates(self.model.optimizer, [self.rule.lowered(rate) for rate in rates])
        self._rates.remember(self.model.optimizer)
        logs["learning_rate"] = decision.rate
        seconds = time.perf_counter() - self._began
        row = AdjusterRow.of(decision, logs=logs, accuracy=self.accuracy, duration=seconds)
        self._finish_epoch(row, stops=decision.stop, broken=broken)

    def _decide(
        self, epoch: int, logs: Mapping[str, Any], *, rate: float
    ) -> tuple[AdjusterState, Decision]:
        value = self._logs.value(logs) if is_finite(logs) else math.nan
        accuracy = self._logs.training_accuracy(logs)
        if value is not None:
            value, *rest = agreed([value] if accuracy is None else [value, accuracy])
            accuracy = rest[0] if rest else None
        return self.rule.step(self._known(), epoch=epoch, value=value, rate=rate, accuracy=accuracy)

    def _finish_epoch(self, row: AdjusterRow, *, stops: bool, broken: bool) -> None:
        self.record.rows.append(row)
        self._printer.wait(row)
        if self._questions.is_due(row.epoch):
            self._printer.flush(behind_bar=(self.params or {}).get("verbose") == 1)
        word = self._questions.ask(row, may_unfreeze=self.phases.can_end)
        if not broken and self.phases.ends(row.epoch, word=word, stops=stops):
            self.record.rows[-1] = row.ending_phase()
            self._printer.amend(self.record.rows[-1])
        if stops or self.phases.has_ended or word == "halt":
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Restore the weights of the kept epoch, and say where the monitor never decided."""
        self._printer.flush()
        rows = self.record.rows
        if self._state is not None and any(row.followed != "skipped" for row in rows):
            self.restore_best()
        self._printer.say(self.record.remark())

    def restore_best(self) -> int:
        """Give the model the weights of the kept epoch; for use after Ctrl-C or an error.

        A `fit` that ends by itself has done so already.

        Returns:
            The kept epoch, from 1; 0 is the state before the first.

        Raises:
            InvalidInputError: no epoch has begun.
        """
        if self._state is None:
            raise InvalidInputError(
                "There are no best weights yet: no epoch has begun. Call this after `fit`."
            )
        kept = self._state.kept
        trained = kept.monitor != "start"
        self._snapshots.restore_final(self.model, kept.weights, trained=trained)
        return kept.epoch + 1

    def get_state(self) -> tuple[dict[str, Any], Sequence[Any]]:
        """Return what the callback remembers: texts and numbers, and the kept arrays."""
        state = self._known()
        record = {
            "epoch": self.record.rows[-1].epoch if self.record.rows else 0,
            "state": state.to_dict(),
            "rows": self.record.to_list(),
            "next_ask": self._questions.next_epoch,
            "phases": self.phases.to_dict(),
        }
        return record, state.kept.weights.arrays() if state.kept.weights is not None else []

    def set_state(self, record: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take back what `get_state` gave, so that the next `fit` goes on from there."""
        self._start_afresh()
        state = AdjusterState.from_dict(record["state"])
        kept = self._snapshots.keep(arrays)
        self._state = replace(state, kept=replace(state.kept, weights=kept))
        self.record.rows = rows_of(record["rows"])
        self._questions.next_epoch = record["next_ask"]
        self.phases.set(record["phases"])
        self._resumes = True

    def _known(self) -> AdjusterState:
        return self._state if self._state is not None else self.rule.start()

    def _with_weights(self, state: AdjusterState) -> AdjusterState:
        return replace(state, kept=replace(state.kept, weights=self._snapshots.take(self.model)))


LRA = LearningRateAdjuster
