"""Completion scripts for three shells, made from the parser of the command line."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One option of a command: its flags, what may follow it, and what it is for."""

    flags: tuple[str, ...]
    takes_value: bool
    choices: tuple[str, ...]
    help: str


@dataclass(frozen=True)
class Command:
    """One command: its options, and the words its own argument is chosen from."""

    name: str
    help: str
    options: tuple[Option, ...]
    choices: tuple[str, ...]

    @property
    def flags(self) -> list[str]:
        """Every flag of every option."""
        return [flag for option in self.options for flag in option.flags]


def completion_script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the text that teaches a shell the commands of a parser, their options and choices.

    Args:
        parser: A parser with subcommands.
        shell: One of `SHELLS`.
    """
    top = _command(parser, "", "")
    commands = [
        _command(child, name, help_text)
        for action in _actions(parser)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - it has no public name
        for name, help_text, child in _children(action)
    ]
    return SHELLS[shell](parser.prog, top, commands)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - argparse has no public walk


def _children(
    action: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    helps = {each.dest: each.help or "" for each in action._choices_actions}  # noqa: SLF001
    for name, child in action.choices.items():
        yield name, helps.get(name, ""), child


def _command(parser: argparse.ArgumentParser, name: str, help_text: str) -> Command:
    plain = [
        action
        for action in _actions(parser)
        if not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    ]
    options = tuple(
        Option(
            flags=tuple(action.option_strings),
            takes_value=action.nargs != 0,
            choices=tuple(map(str, action.choices or ())),
            help=action.help or "",
        )
        for action in plain
        if action.option_strings
    )
    choices = [c for action in plain if not action.option_strings for c in action.choices or ()]
    return Command(name, help_text, options, tuple(map(str, choices)))


def _branches(commands: list[Command]) -> Iterator[tuple[str, Option]]:
    """Return the options that a value follows, each with the pattern `command flag`."""
    for command in commands:
        for option in command.options:
            if option.takes_value:
                yield "|".join(f'"{command.name} {flag}"' for flag in option.flags), option


def _bash(prog: str, top: Command, commands: list[Command]) -> str:
    lines = [
        f"# Once: {prog} completion bash > ~/.{prog}.bash",
        f"# In ~/.bashrc: source ~/.{prog}.bash",
        f"_{prog}() {{",
        '  local word="${COMP_WORDS[COMP_CWORD]}" words=""',
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        f'    words="{" ".join([*(c.name for c in commands), *top.flags])}"',
        "  else",
        '    case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}" in',
        *(
            f'      {pattern}) words="{" ".join(option.choices)}" ;;'
            for pattern, option in _branches(commands)
        ),
        *(
            f'      "{c.name} "*) words="{" ".join(c.choices)}"'
            f' && case "$word" in -*) words="{" ".join(c.flags)}" ;; esac ;;'
            for c in commands
        ),
        "    esac",
        "  fi",
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
        "}",
        "# Where no word fits, file names are offered.",
        f"complete -o default -F _{prog} {prog}",
    ]
    return "\n".join(lines) + "\n"


def _zsh(prog: str, top: Command, commands: list[Command]) -> str:
    lines = [
        f"#compdef {prog}",
        f"# Once: {prog} completion zsh > ~/.{prog}.zsh",
        f"# In ~/.zshrc, below compinit: source ~/.{prog}.zsh",
        f"_{prog}() {{",
        "  if (( CURRENT == 2 )); then",
        f"    compadd -- {' '.join([*(c.name for c in commands), *top.flags])}",
        "    return",
        "  fi",
        '  case "${words[2]} ${words[CURRENT-1]}" in',
        *(
            f"    {pattern}) {_zsh_words(option.choices)} ;;"
            for pattern, option in _branches(commands)
        ),
        *(
            f'    "{c.name} "*) if [[ "$PREFIX" == -* ]]; then compadd -- {" ".join(c.flags)}; '
            f"else {_zsh_words(c.choices)}; fi ;;"
            for c in commands
        ),
        "  esac",
        "}",
        f"compdef _{prog} {prog}",
    ]
    return "\n".join(lines) + "\n"


def _zsh_words(choices: tuple[str, ...]) -> str:
    return f"compadd -- {' '.join(choices)}" if choices else "_files"


def _fish(prog: str, top: Command, commands: list[Command]) -> str:
    begin = f"complete -c {prog} -n __fish_use_subcommand"
    lines = [
        f"# Once: {prog} completion fish > ~/.config/fish/completions/{prog}.fish",
        *(f"{begin} -f -a {c.name} -d {_fish_quoted(c.help)}" for c in commands),
        *(f"{begin} {_fish_option(option)}" for option in top.options),
    ]
    for command in commands:
        begin = f"complete -c {prog} -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{begin} {_fish_option(option)}" for option in command.options]
        if command.choices:
            lines.append(f"{begin} -f -a '{' '.join(command.choices)}'")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    names = " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags
    )
    follows = f" -x -a '{' '.join(option.choices)}'" if option.choices else " -r"
    return f"{names}{follows if option.takes_value else ''} -d {_fish_quoted(option.help)}"


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SHELLS: dict[str, Callable[[str, Command, list[Command]], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
