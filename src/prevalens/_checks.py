"""Checks of input, in one voice: rule, value, remedy."""

import difflib
import math
import numbers
import os
from collections.abc import Iterable, Sized

from prevalens.exceptions import InvalidInputError

# What to do where an argument is no such object; by the name of its class.
_WAYS = {
    "AcceptanceCriteria": "Read them with AcceptanceCriteria.load(path), or write them in Python.",
    "Cohort": "Read one with read_table or read_folder, or call Cohort(...).",
    "Predictions": "Read them with Predictions.load, or call Predictions(...).",
    "Development": "Call Development(predictions=..., thresholds=...).",
    "Partition": "Make one with PatientHoldout(...).partition(cohort) or Partition.of.",
    "ClinicalReport": "Make one with ClinicalReport(predictions, ...).",
    "Classifier": "Load one with load_classifier(path).",
    "StudyPlan": "Make one with plan(cohort), or read it with StudyPlan.read(path).",
}


def check_kind(name: str, value: object, kind: type) -> None:
    """Say what `value` is and how one is made, where it is no `kind`, one of those above."""
    if isinstance(value, kind):
        return
    given = f"the text {value!r:.60}" if isinstance(value, str) else f"a {type(value).__name__}"
    raise InvalidInputError(
        f"`{name}` must be a {kind.__name__}, got {given}. {_WAYS[kind.__name__]}"
    )


def check_path(name: str, value: object) -> str:
    """Return a path as a text, or say that it must be one; bytes and file numbers are none."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(found, str) and found:
        return found
    told = " Decode it by os.fsdecode." if isinstance(found, bytes) else ""
    raise InvalidInputError(
        f"`{name}` must be a path, as a text or pathlib.Path, got {value!r:.60}.{told}"
    )


def check_integer(name: str, value: object, *, minimum: int) -> int:
    """Return `value` as an int, or say that it must be one of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise InvalidInputError(f"`{name}` must be a whole number >= {minimum}, got {value!r}.")
    return int(value)


def check_number(
    name: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Return `value` as a float, or say in which range it must lie; bounds count unless open."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or math.isnan(value):
        raise InvalidInputError(f"`{name}` must be a number, got {value!r}.")
    number = float(value)
    below = number <= low if open_low else number < low
    above = number >= high if open_high else number > high
    if below or above:
        left, right = ("(" if open_low else "["), (")" if open_high else "]")
        raise InvalidInputError(
            f"`{name}` must lie in {left}{low:g}, {high:g}{right}, got {value!r}."
        )
    return number


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return `value`, or list the choices and suggest the nearest.

    `name` is an argument's, or says in words what must be chosen.
    """
    options = list(choices)
    if isinstance(value, str) and value in options:
        return value
    named = name if " " in name else f"`{name}`"
    raise InvalidInputError(
        f"{named[0].upper()}{named[1:]} must be one of {', '.join(map(repr, options))}, got "
        f"{value!r}." + did_you_mean(value, options)
    )


def did_you_mean(value: object, options: Iterable[str]) -> str:
    """Return ' Did you mean ...?' for the option nearest to `value`, or an empty text."""
    near = difflib.get_close_matches(str(value), list(options), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def check_same_length(**columns: Sized) -> int:
    """Return the common length of the columns, or name each column's."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        raise InvalidInputError(
            f"One row per image: all columns must have the same length, but {listed}."
        )
    return next(iter(lengths.values()))


def name_some(values: Iterable[object], *, limit: int = 5) -> str:
    """List up to `limit` values for a message, and count the rest."""
    shown = [repr(value) for value in values]
    rest = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {rest} more" if rest > 0 else "")
