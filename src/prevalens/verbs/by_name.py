"""Numbers of a shell that are one for all, or one for each class by name: 0.3, or mel=0.3."""

import argparse
from collections.abc import Sequence
from typing import TypeAlias

from prevalens.exceptions import InvalidInputError

Named: TypeAlias = tuple[str, float]


def named_number(text: str) -> Named:
    """Return a name, empty for none, and a number; the type of an argument.

    Raises:
        argparse.ArgumentTypeError: there is no number.
    """
    name, _, number = text.rpartition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number, nor a class and a number such as mel=0.3"
        ) from None


def by_name(option: str, given: Sequence[Named] | None) -> float | dict[str, float] | None:
    """Return one number, or numbers by name; None where nothing is given.

    Args:
        option: Name of the option, for errors.
        given: What `named_number` returned of each word.

    Raises:
        InvalidInputError: several numbers have no name, or a name has several.
    """
    if given is None:
        return None
    names = [name for name, _ in given]
    if names == [""]:
        return given[0][1]
    if "" in names or len(set(names)) < len(names):
        came = " ".join(f"{name}={value:g}" if name else f"{value:g}" for name, value in given)
        raise InvalidInputError(
            f"{option} takes one number, or one for each class by its name, such as {option} "
            f"mel=0.3 {option} bcc=0.2, got {came}."
        )
    return dict(given)
