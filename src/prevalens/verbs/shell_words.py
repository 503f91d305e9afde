"""Messages of the library in the words of the shell."""

import argparse
import re
from collections.abc import Mapping

_PYTHON = re.compile(r"\s*\(In\s+Python[^)]*\)")
_NAMED = re.compile(r"(?:`\w+`|\b\w+=\w+) \((--[a-z-]+)\)")
_QUOTED = re.compile(r"`([a-z_]+)`")


def flags_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return the option of each argument, by the names that it may have in Python."""
    found = {}
    for action in parser._actions:  # noqa: SLF001 - argparse lists them nowhere else
        for option in action.option_strings:
            if option.startswith("--"):
                found[option[2:].replace("-", "_")] = option
                found.setdefault(action.dest, option)
    return found


def in_shell_words(text: str, flags: Mapping[str, str]) -> str:
    """Return a message as a reader at a shell understands it.

    What stands in brackets as `(In Python, ...)` is left out, `` `root` (--root)`` is `--root`, and
    an argument in backticks is the option that it came from.

    Args:
        text: The message.
        flags: Options by the names that their values have in Python.
    """
    text = _NAMED.sub(r"\1", _PYTHON.sub("", text))
    return _QUOTED.sub(lambda found: flags.get(found[1], found[0]), text)
