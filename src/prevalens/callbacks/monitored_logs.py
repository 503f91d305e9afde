"""Reading the followed values out of Keras' logs, and refusing early what will not be there."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from prevalens._checks import did_you_mean
from prevalens._running_method import RunningMethod
from prevalens.callbacks.monitor_direction import check_log_name
from prevalens.exceptions import InvalidInputError


class MonitoredLogs:
    """Reads the monitor and, where it is followed, the training accuracy.

    The logs of the first batch tell which values there will be, so a misspelt name, a metric that
    was not compiled and a metric with one value a class are refused then and not after an epoch.

    Args:
        monitor: Name of the monitored value.
        accuracy: Name of the training accuracy; None where it is not followed.
    """

    def __init__(self, monitor: str, *, accuracy: str | None) -> None:
        self.monitor = check_log_name("monitor", monitor)
        self.accuracy = accuracy if accuracy is None else check_log_name("accuracy", accuracy)
        self.begin(RunningMethod("", None, {}), after=())

    def begin(self, fit: RunningMethod, *, after: Collection[Any]) -> None:
        """Learn what `fit` was given.

        Args:
            fit: The running call.
            after: Callbacks listed before, which may add values to the logs at an epoch's end.
        """
        self._checked = not fit.name
        self._was_there = False
        self._validates = fit.settings.get("validation_data") is not None
        self._every_epoch = fit.settings.get("validation_freq", 1) == 1
        self._open_ended = _tests_its_own_way(fit.model) or any(map(_is_users, after))

    def check_batch(self, logs: Mapping[str, Any]) -> None:
        """Look at the logs of the first batch; later ones are not looked at.

        Raises:
            InvalidInputError: a followed value is not among them, or is one value a class.
        """
        if self._checked or not logs:
            return
        self._checked = True
        names = set(logs) | ({f"val_{name}" for name in logs} if self._validates else set())
        for name in self._followed():
            if name in names:
                _scalar(name, logs[name if name in logs else name.removeprefix("val_")])
            elif not self._open_ended:
                raise self._missing(name, names)

    def value(self, logs: Mapping[str, Any]) -> float | None:
        """Return the monitored value; None in an epoch that `validation_freq` leaves out."""
        if self.monitor not in logs and self._validates and not self._every_epoch:
            return None
        return self._read(logs, self.monitor)

    def training_accuracy(self, logs: Mapping[str, Any]) -> float | None:
        """Return the training accuracy; None where it is not followed."""
        return None if self.accuracy is None else self._read(logs, self.accuracy)

    def _followed(self) -> list[str]:
        return [self.monitor] if self.accuracy is None else [self.monitor, self.accuracy]

    def _read(self, logs: Mapping[str, Any], name: str) -> float:
        if name not in logs:
            raise self._missing(name, logs)
        self._was_there |= name == self.monitor
        return _scalar(name, logs[name])

    def _missing(self, name: str, names: Collection[str]) -> InvalidInputError:
        hint = did_you_mean(name, names)
        if name == self.monitor and self._was_there:
            hint += " Validate in every epoch."
        elif name == self.monitor and not self._validates:
            hint += ' Without validation data use monitor="loss".'
        if name != self.monitor:
            hint += " Or leave `threshold` out (threshold=None): the monitor then decides alone."
        return InvalidInputError(
            f"The logs have no {name!r}; they have {sorted(names)}. Name one of those, or "
            f"compile the model with that metric.{hint}"
        )


def _tests_its_own_way(model: Any) -> bool:
    """Return whether a model's own `test_step` may give other values than its training."""
    kept = [vars(kind)["test_step"] for kind in type(model).__mro__ if "test_step" in vars(kind)]
    return bool(kept) and not kept[0].__module__.startswith("keras.")


def _is_users(callback: Any) -> bool:
    module = type(callback).__module__
    own = module.startswith(("keras.", "prevalens."))
    return not own or type(callback).__name__ == "LambdaCallback"


def _scalar(name: str, value: Any) -> float:
    values = np.asarray(value, dtype=float).reshape(-1)
    if values.size != 1:
        raise InvalidInputError(
            f"{name!r} has {values.size} values, one a class, and one value decides. Compile the "
            'metric with an average, for example F1Score(average="macro"), or name another.'
        )
    return float(values[0])
