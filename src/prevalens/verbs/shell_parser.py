"""The parser of the command: what is wrong in one line, with the nearest option."""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from prevalens._checks import did_you_mean

_CHOICE = re.compile(r"argument (\S+): invalid choice: '?([^'\s]*)'? \(choose from (.*)\)")
_MISSING = "the following arguments are required: "


class ShellParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and where the options are listed."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, but let no word be left over: each command says so itself."""
        found, extras = super().parse_known_args(args, namespace)
        if extras:
            self.error(self._too_much(extras))
        return found, extras

    def error(self, message: str) -> NoReturn:
        """Write one line of what is wrong and one that leads on; exit with status 2."""
        told = f"{self.prog}: {self._in_words(message)}\n"
        self.exit(2, f"{told}`{self.prog} --help` lists what it takes.\n")

    def _too_much(self, extras: Sequence[str]) -> str:
        word = next((word for word in extras if word.startswith("-")), extras[0])
        if not word.startswith("-"):
            return f"{word!r} is one word too many."
        name = word.partition("=")[0]
        options = [each for action in self._actions for each in action.option_strings]
        return f"{name} is no option.{did_you_mean(name, options)}"

    def _in_words(self, message: str) -> str:
        if message.startswith(_MISSING):
            return f"{message.removeprefix(_MISSING)} must be given."
        if found := _CHOICE.fullmatch(message):
            choices = [each.strip("'") for each in found[3].split(", ")]
            near = did_you_mean(found[2], choices)
            return f"{found[1]} must be one of {', '.join(choices)}, got {found[2]!r}.{near}"
        text = message.removeprefix("argument ")
        return text if text.endswith((".", "?")) else f"{text}."
