"""TrainingBackup: a killed run goes on as if nothing had happened."""

import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from prevalens._writing import remove_unfinished
from prevalens.callbacks.kept_arrays import read_arrays, write_arrays
from prevalens.callbacks.torch_random import set_torch_random_state, torch_random_state
from prevalens.exceptions import InvalidInputError, PrevalensWarning

_FORMAT = "prevalens training backup"
_VERSION = 1
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

    A disk that is full costs the backup, not the training: a warning is given, the last whole
    backup stays, and the next epoch tries again.

    Args:
        path: The file, ending in `.npz`.
        callbacks: Callbacks whose state belongs to the run, for example a LearningRateAdjuster.
            List them before this one in `fit`.

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
    """

    def __init__(self, path: str | os.PathLike[str], *callbacks: Stateful) -> None:
        super().__init__()
        self.path = Path(path)
        if self.path.suffix != ".npz":
            raise InvalidInputError(f"`path` must end in .npz, got {str(path)!r}.")
        for callback in callbacks:
            if not hasattr(callback, "get_state") or not hasattr(callback, "set_state"):
                raise InvalidInputError(
                    f"{type(callback).__name__} has no get_state and set_state, so what it "
                    "remembers cannot be saved. Leave it out, or give it both."
                )
        self.callbacks = callbacks
        self.history: dict[str, list[float]] = {}
        self._restored: dict[str, NDArray[Any]] | None = None

    def restore(self, model: keras.Model, *, epochs: int) -> int:
        """Give a freshly built and compiled model the state of the last whole epoch.

        Args:
            model: The same model, compiled the same way.
            epochs: What `fit` will be given as `epochs`.

        Returns:
            What to give `fit` as `initial_epoch`: 0 where there is no backup; `epochs` where
            the run had ended, so that `fit` trains no more and restores the kept weights.

        Raises:
            InvalidInputError: the file is cut, of another version, or of another model.
        """
        remove_unfinished(self.path)
        if not self.path.exists():
            return 0
        arrays, record = self._read()
        _assign(self.path, "model", _stored(arrays, "model"), model.variables)
        _settle(model)
        _build_optimizer(model)
        _assign(self.path, "optimizer", _stored(arrays, "optimizer"), model.optimizer.variables)
        for place, (callback, state) in enumerate(
            zip(self.callbacks, record["callbacks"], strict=True)
        ):
            callback.set_state(state, _stored(arrays, f"callback{place}"))
        self.history = record["history"]
        self._restored = arrays
        return epochs if record["stopped"] else min(int(record["epoch"]), epochs)

    def saved_state(self, callback: Stateful) -> dict[str, Any] | None:
        """Return the texts and numbers that the file holds of a callback; None without a file."""
        if not self.path.exists():
            return None
        state: dict[str, Any] = self._read()[1]["callbacks"][self.callbacks.index(callback)]
        return state

    def go_on(self, model: keras.Model) -> None:
        """Let the next `fit` go on with this history, after the model was compiled anew."""
        self._restored = _named(
            {"model": _arrays_of(model.variables), "random": _global_random()},
        )

    def _read(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        arrays = read_arrays(self.path)
        record = _read_record(self.path, arrays)
        if len(record["callbacks"]) != len(self.callbacks):
            raise InvalidInputError(
                f"{self.path} holds the state of {len(record['callbacks'])} callbacks, got "
                f"{len(self.callbacks)}. Give the same ones, in the same order."
            )
        return arrays, record

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Start a new history, unless a run goes on."""
        if self._restored is None:
            self.history = {}
        else:
            # Keras 3.15 has by now traced the model once, which on PyTorch moves the random
            # states of its layers on.
            _assign(self.path, "model", _stored(self._restored, "model"), self.model.variables)
            _set_global_random(_stored(self._restored, "random"))
        self._restored = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Save the state, whole or not at all."""
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
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
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "epoch": epoch + 1,
            "stopped": bool(self.model.stop_training),
            "history": self.history,
            "callbacks": [state for state, _ in states],
        }
        families = {
            "model": _arrays_of(self.model.variables),
            "optimizer": _arrays_of(self.model.optimizer.variables),
            "random": _global_random(),
            **{f"callback{place}": kept for place, (_, kept) in enumerate(states)},
        }
        return {
            _RECORD: np.frombuffer(_written(record).encode(), dtype=np.uint8),
            **_named(families),
        }


def _arrays_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    # Copies, because on PyTorch's CPU what Keras hands out is the live variable's memory.
    return [np.array(keras.ops.convert_to_numpy(v), copy=True) for v in variables]


def _named(families: Mapping[str, Sequence[NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {
        f"{family}/{place:05d}": array
        for family, members in families.items()
        for place, array in enumerate(members)
    }


def _written(record: Any) -> str:
    """Write JSON that every reader takes: a loss that broke, as `{"float": "nan"}`."""

    def finite(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: finite(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [finite(member) for member in value]
        broken = isinstance(value, float) and not math.isfinite(value)
        return {"float": str(float(value))} if broken else value

    return json.dumps(finite(record), allow_nan=False)


def _number(members: dict[str, Any]) -> Any:
    return float(members["float"]) if members.keys() == {"float"} else members


def _read_record(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    text = arrays[_RECORD].tobytes() if _RECORD in arrays else b"{}"
    record = json.loads(text, object_hook=_number)
    if record.get("format") != _FORMAT:
        raise InvalidInputError(f"{path} is no training backup. Give a file TrainingBackup wrote.")
    if record["version"] != _VERSION:
        raise InvalidInputError(
            f"{path} has version {record['version']!r}; this prevalens reads {_VERSION}. "
            "Use the version that wrote it, or begin anew."
        )
    return dict(record)


def _stored(arrays: Mapping[str, NDArray[Any]], family: str) -> list[NDArray[Any]]:
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{family}/")]


def _assign(path: Path, family: str, arrays: Sequence[Any], variables: Sequence[Any]) -> None:
    ours = [tuple(variable.shape) for variable in variables]
    theirs = [array.shape for array in arrays]
    if ours != theirs:
        place = next(
            (k for k, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None
        )
        where = (
            f"{len(theirs)} variables where there are {len(ours)}"
            if place is None
            else f"shape {theirs[place]} where {variables[place].path} has {ours[place]}"
        )
        raise InvalidInputError(
            f"{path} is of another {family}: it has {where}. Build and compile the model as in "
            "the run that wrote it, or begin anew with another file."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _settle(model: keras.Model) -> None:
    """Make layers that keep constants beside their weights (Normalization) read them anew."""
    for layer in model._flatten_layers():  # noqa: SLF001 - Keras has no public walk
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def _global_random() -> list[NDArray[Any]]:
    return torch_random_state() if keras.backend.backend() == "torch" else []


def _set_global_random(states: Sequence[NDArray[Any]]) -> None:
    if states and keras.backend.backend() == "torch":
        set_torch_random_state(states)


def _build_optimizer(model: keras.Model) -> None:
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
