"""Which method of a Keras model is running, read off the call stack."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

METHODS = ("fit", "evaluate", "predict")


@dataclass(frozen=True)
class RunningMethod:
    """A call of `fit`, `evaluate` or `predict` that has not returned yet.

    Args:
        name: Name of the method; empty where no model is asking.
        model: The model, or None.
        settings: What the method was given, by the names of its arguments.
    """

    name: str
    model: Any
    settings: Mapping[str, Any]

    @property
    def callbacks(self) -> list[Any]:
        """The callbacks that the method was given, in order."""
        given = self.settings.get("callbacks")
        listed = getattr(given, "callbacks", given)
        if listed is None:
            return []
        return list(listed) if isinstance(listed, list | tuple) else [listed]


def running_method(kind: type) -> RunningMethod:
    """Return which method of a model of type `kind` runs the calling code, the innermost.

    Keras tells neither its callbacks nor its datasets what `fit` was given, so the call stack is
    read; only public names are looked for.
    """
    for frame in _callers(sys._getframe(1)):  # noqa: SLF001
        name, model = frame.f_code.co_name, frame.f_locals.get("self")
        if name in METHODS and isinstance(model, kind):
            return RunningMethod(name, model, dict(frame.f_locals))
    return RunningMethod("", None, {})


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
