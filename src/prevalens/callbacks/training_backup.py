"""TrainingBackup: a killed run goes on as if nothing had happened."""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from prevalens._checks import check_path
from prevalens._processes import running_processes
from prevalens._running_method import running_method
from prevalens._writing import remove_unfinished
from prevalens.callbacks.backup_record import BackupRecord
from prevalens.callbacks.run_identity import RunIdentity, identity_of, relevant_versions
from prevalens.callbacks.run_lock import RunLock
from prevalens.callbacks.training_state import (
    arrays_of,
    assign,
    build_optimizer,
    global_random,
    named,
    set_global_random,
    settle,
    stored,
)
from prevalens.callbacks.weight_snapshot import read_arrays, write_arrays
from prevalens.exceptions import InvalidInputError, PrevalensWarning

_RECORD = "record"


class Stateful(Protocol):
    """A callback that can give what it remembers, and take it back."""

    def get_state(self) -> tuple[dict[str, Any], Sequence[Any]]:
        """Return texts and numbers for JSON, with the number of epochs seen as `"epoch"`."""
        ...

    def set_state(self, record: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take back what `get_state` gave."""
        ...


class TrainingBackup(keras.callbacks.Callback):
    """Save at each epoch's end all that the next epoch depends on, in one file.

    The weights, the optimizer, the random states of dropout and augmentation, the states of the
    given callbacks and the history go into one file that is replaced whole or not at all. After
    a kill at any moment, `restore` and `fit` with its answer as `initial_epoch` give the history
    and the weights of a run that was never killed, bit for bit where the backend computes
    reproducibly, provided the data of an epoch depends on its number alone: the datasets of
    `prevalens.batches` do; other data needs `shuffle=False`.

    The file knows its run: `restore` refuses another backend or other `settings`, `fit` refuses
    other data than the run was started with, and another version of a package is said. One
    process at a time uses the file: a second one is refused, and what a killed one held is free.
    Of several processes only the first writes it, and all read it.

    A disk that is full costs the backup, not the training: a warning is given, the last whole
    backup stays, and the next epoch tries again.

    Args:
        path: The file, ending in `.npz`.
        callbacks: Callbacks whose state belongs to the run, for example a LearningRateAdjuster.
            List them before this one in `fit`.
        settings: What decides the result, as texts and numbers by name, for example the options
            of a program or `{"partition": ...}` with the checksum of its file; a run with other
            settings is refused.

    Attributes:
        history: Logs of every epoch of the run by name, those before a kill too.

    Example:
        Around `fit`, with the backup last::

            adjuster = LearningRateAdjuster()
            backup = TrainingBackup("run/backup.npz", adjuster)
            model.fit(
                dataset,
                epochs=40,
                initial_epoch=backup.restore(model, epochs=40),
                callbacks=[dataset.follow_epochs(), adjuster, backup],
            )

    Examples:
        >>> import tempfile
        >>> import keras
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x, y = np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     backup = TrainingBackup(f"{folder}/run.npz")
        ...     start = backup.restore(model, epochs=2)
        ...     history = model.fit(
        ...         x, y, epochs=2, initial_epoch=start, callbacks=[backup], verbose=0,
        ...         shuffle=False,
        ...     )
        ...     TrainingBackup(f"{folder}/run.npz").restore(model, epochs=2)
        2
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *callbacks: Stateful,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.path = Path(check_path("path", path))
        if self.path.suffix != ".npz":
            raise InvalidInputError(f"`path` must end in .npz, got {str(path)!r}.")
        for callback in callbacks:
            if not hasattr(callback, "get_state") or not hasattr(callback, "set_state"):
                raise InvalidInputError(
                    f"{type(callback).__name__} has no get_state and set_state, so what it "
                    "remembers cannot be saved. Leave it out, or give it both."
                )
        self.callbacks = callbacks
        self.history: dict[str, list[Any]] = {}
        backend = keras.backend.backend()
        self._run = RunIdentity(
            backend=backend, versions=relevant_versions(backend), settings=dict(settings or {})
        )
        self._lock = RunLock(self.path)
        self._restored: dict[str, NDArray[Any]] | None = None
        self._earlier: RunIdentity | None = None

    def restore(self, model: keras.Model, *, epochs: int) -> int:
        """Give a freshly built and compiled model the state of the last whole epoch.

        Args:
            model: The same model, compiled the same way.
            epochs: What `fit` will be given as `epochs`.

        Returns:
            What to give `fit` as `initial_epoch`: 0 where there is no backup; `epochs` where
            the run had ended, so that `fit` trains no more and restores the kept weights.

        Raises:
            InvalidInputError: another run uses the file; or it is cut, or was written by another
                version, model or backend, or with other settings.
        """
        self._take_over()
        if not self.path.exists():
            return 0
        arrays, record = self._read()
        self._compare(record.run)
        assign(self.path, "model", stored(arrays, "model"), model.variables)
        settle(model)
        build_optimizer(model)
        assign(self.path, "optimizer", stored(arrays, "optimizer"), model.optimizer.variables)
        for place, (callback, state) in enumerate(
            zip(self.callbacks, record.callbacks, strict=True)
        ):
            try:
                callback.set_state(state, stored(arrays, f"callback{place}"))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise InvalidInputError(
                    f"{self.path} was edited or cut: {type(callback).__name__} cannot take back "
                    f"its state ({type(error).__name__}: {error}). {BackupRecord.REMEDY}"
                ) from error
        self.history = record.history
        self._restored = arrays
        return epochs if record.stopped else min(record.epoch, epochs)

    def saved_state(self, callback: Stateful) -> dict[str, Any] | None:
        """Return the texts and numbers that the file holds of a callback; None without a file."""
        if not self.path.exists():
            return None
        return self._read()[1].callbacks[self.callbacks.index(callback)]

    def go_on(self, model: keras.Model) -> None:
        """Let the next `fit` go on with this history, after the model was compiled anew."""
        self._restored = named(
            {"model": arrays_of(model.variables), "random": global_random()},
        )

    def _take_over(self) -> None:
        """Lock the file, and remove what killed runs left beside it."""
        if running_processes()[0] == 0:
            self._lock.acquire()
            remove_unfinished(self.path)

    def _compare(self, earlier: RunIdentity) -> None:
        earlier.check_settings(self._run, where=str(self.path))
        changed = earlier.changed_versions(self._run)
        if changed:
            warnings.warn(
                f"{self.path} was written with other versions ({', '.join(changed)}), so the run "
                "may not go on to the last bit as it began. Install those, or accept it.",
                PrevalensWarning,
                stacklevel=3,
            )
        self._earlier = earlier

    def _identify_data(self) -> None:
        """Learn which data `fit` was given, and refuse other data than the run's."""
        given = running_method(keras.Model).settings
        parts = {
            "training": tuple(given.get(name) for name in ("x", "y", "sample_weight")),
            "validation": given.get("validation_data"),
        }
        known = {
            part: identity_of(_alone(data)) for part, data in parts.items() if data is not None
        }
        if self._earlier is not None:
            for part, now in known.items():
                self._earlier.check_data(part, now, where=str(self.path))
        self._run = replace(self._run, data=known)

    def _read(self) -> tuple[dict[str, NDArray[Any]], BackupRecord]:
        arrays = read_arrays(self.path)
        if _RECORD not in arrays:
            raise InvalidInputError(f"{self.path} is no training backup. {BackupRecord.REMEDY}")
        record = BackupRecord.from_bytes(arrays[_RECORD], path=self.path)
        if len(record.callbacks) != len(self.callbacks):
            raise InvalidInputError(
                f"{self.path} holds the state of {len(record.callbacks)} callbacks, got "
                f"{len(self.callbacks)}. Give the same ones, in the same order."
            )
        return arrays, record

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Start a new history, unless a run goes on; refuse other data than the run's."""
        self._take_over()
        self._identify_data()
        if self._restored is None:
            self.history = {}
        else:
            # Keras 3.15 has by now traced the model once, which on PyTorch moves the random
            # states of its layers on.
            assign(self.path, "model", stored(self._restored, "model"), self.model.variables)
            set_global_random(stored(self._restored, "random"))
        self._restored = self._earlier = None

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Let another process use the file."""
        self._lock.release()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save the state, whole or not at all."""
        for name, value in (logs or {}).items():
            # A metric may have one value a class.
            self.history.setdefault(name, []).append(np.asarray(value, dtype=float).tolist())
        if running_processes()[0] != 0:
            return
        try:
            write_arrays(self.path, self._collect(epoch))
        except OSError as error:
            warnings.warn(
                f"The backup of epoch {epoch + 1} could not be written to {self.path}: {error}. "
                "Training goes on, and an earlier backup stays as it was. Free some space.",
                PrevalensWarning,
                stacklevel=2,
            )

    def _collect(self, epoch: int) -> dict[str, NDArray[Any]]:
        states = [callback.get_state() for callback in self.callbacks]
        for callback, (state, _) in zip(self.callbacks, states, strict=True):
            if state.get("epoch", epoch + 1) != epoch + 1:
                raise InvalidInputError(
                    f"{type(callback).__name__} has not seen epoch {epoch + 1} yet. List it in "
                    "`fit` before the TrainingBackup."
                )
        record = BackupRecord(
            epoch=epoch + 1,
            stopped=bool(self.model.stop_training),
            history=self.history,
            callbacks=[state for state, _ in states],
            run=self._run,
        )
        families = {
            "model": arrays_of(self.model.variables),
            "optimizer": arrays_of(self.model.optimizer.variables),
            "random": global_random(),
            **{f"callback{place}": kept for place, (_, kept) in enumerate(states)},
        }
        return {
            _RECORD: record.to_bytes(),
            **named(families),
        }


def _alone(data: Any) -> Any:
    """Return a dataset that came without labels and weights beside it, and arrays as they are."""
    if isinstance(data, tuple) and len(data) > 1 and all(each is None for each in data[1:]):
        return data[0]
    return data
