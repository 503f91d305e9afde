"""The record inside a training backup: typed, and JSON though a loss may be no number."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from prevalens._records import OneOrMore, Part, Record
from prevalens.callbacks.run_identity import RunIdentity
from prevalens.exceptions import InvalidInputError


class BrokenNumber(Part, frozen=True, kw_only=True):
    """A number that JSON cannot write."""

    float: Literal["nan", "inf", "-inf"]


Logged = float | list[float | BrokenNumber] | BrokenNumber


class BackupRecord(Record, frozen=True, kw_only=True):
    """What a training backup holds beside its arrays.

    Args:
        epoch: Number of epochs that are done.
        stopped: Whether a callback had ended the training.
        history: The logged values, one an epoch, by their name; a metric with one value a class
            gives a list an epoch.
        callbacks: The state of each callback, in order.
        run: What the run was started with.
    """

    FORMAT: ClassVar[str] = "prevalens training backup"
    REMEDY: ClassVar[str] = "Give a file TrainingBackup wrote, or begin anew with another."
    epoch: OneOrMore
    stopped: bool
    history: dict[str, list[Logged]]
    callbacks: list[dict[str, Any]]
    run: RunIdentity

    def to_bytes(self) -> np.ndarray[Any, Any]:
        """Return the record as the bytes of a JSON text that every reader takes."""
        text = json.dumps(_writable(self.to_dict()), allow_nan=False)
        return np.frombuffer(text.encode(), dtype=np.uint8)

    @classmethod
    def from_bytes(cls, data: np.ndarray[Any, Any], *, path: Path) -> "BackupRecord":
        """Read what `to_bytes` gave; broken numbers are floats again.

        Args:
            data: The bytes.
            path: The file they stand in.

        Raises:
            InvalidInputError: as in `Record.from_dict`, or it is no JSON.
        """
        try:
            plain = json.loads(data.tobytes(), object_hook=_number)
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidInputError(f"{path} is no whole backup ({error}). {cls.REMEDY}") from error
        return cls.from_dict(plain, where=str(path))


def _writable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _writable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(member) for member in value]
    broken = isinstance(value, float) and not math.isfinite(value)
    return {"float": str(float(value))} if broken else value


def _number(members: dict[str, Any]) -> Any:
    return float(members["float"]) if members.keys() == {"float"} else members
