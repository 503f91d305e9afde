"""The command line: split, audit, report, accept, verify tables; study images; plan validation."""

import argparse
import contextlib
import io
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import metadata
from types import ModuleType
from typing import TextIO

import shtab

from prevalens.exceptions import PrevalensError, PrevalensWarning
from prevalens.verbs import (
    accept,
    audit,
    compare,
    describe,
    dossier,
    explain,
    plan_validation,
    predict,
    preview,
    report,
    split,
    study,
    threshold,
    validate,
    verify,
)
from prevalens.verbs.shell_parser import ShellParser
from prevalens.verbs.shell_words import flags_of, in_shell_words

# In the order of `prevalens --help`. A verb loads what it works with when it runs.
VERBS: dict[str, ModuleType] = {
    "describe": describe,
    "split": split,
    "audit": audit,
    "preview": preview,
    "study": study,
    "predict": predict,
    "validate": validate,
    "explain": explain,
    "threshold": threshold,
    "compare": compare,
    "report": report,
    "accept": accept,
    "dossier": dossier,
    "verify": verify,
    "plan-validation": plan_validation,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Words after `prevalens`; by default those the process was started with.

    Returns:
        0 where all went well; 1 where `audit` or `verify` found something or `accept` did not
        accept; 2 where input was refused or a file could not be read or written, with the reason
        on standard error; 130 after Ctrl-C; 143 where the process was asked to end (SIGTERM), and
        129 where its terminal was closed.
    """
    # The names of files, and the texts of tables, may hold what a terminal or a pipe cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except OSError as error:
        # Standard output takes no more; closed, it is not flushed again when the process ends.
        with contextlib.suppress(OSError):
            sys.stdout.close()
        if isinstance(error, BrokenPipeError):
            return 0  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.write(f"prevalens: standard output cannot be written ({error.strerror}).\n")
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    name = f"prevalens {options.command}"
    with warnings.catch_warnings():
        warnings.showwarning = partial(_show_warning, flags=options.flags)
        try:
            with _stoppable():
                code: int = options.run(options)
        except PrevalensError as error:
            sys.stderr.write(f"{name}: {in_shell_words(str(error), options.flags)}\n")
            return 2
        except OSError as error:
            if error.filename is None:
                raise
            told = f"{error.filename} cannot be used ({error.strerror}). Name another."
            sys.stderr.write(f"{name}: {told}\n")
            return 2
        except KeyboardInterrupt as stopped:
            sys.stderr.write(f"\n{name}: stopped. No file is half written.\n")
            return 128 + getattr(stopped, "number", signal.SIGINT)
    return code


class _Stopped(KeyboardInterrupt):
    """The system's wish that the process ends, which then cleans up as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Stop as after Ctrl-C where the process is asked to end: workers too, and no litter stays."""

    def stop(number: int, _: object) -> None:
        raise _Stopped(number)

    asked = [
        getattr(signal, name)
        for name in ("SIGTERM", "SIGHUP")
        if hasattr(signal, name)
        and threading.current_thread() is threading.main_thread()
        # `nohup` has it ignored, and a program that calls this may have a way of its own.
        and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL
    ]
    for number in asked:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in asked:
            signal.signal(number, signal.SIG_DFL)


def _show_warning(  # noqa: PLR0917 - as `warnings` calls it
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
    *,
    flags: Mapping[str, str],
) -> None:
    """Show a warning of the library's as a sentence, without the line of code it came from."""
    text = f"prevalens: warning: {in_shell_words(str(message), flags)}\n"
    if not issubclass(category, PrevalensWarning):
        text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)


def _parser() -> argparse.ArgumentParser:
    parser = ShellParser(
        prog="prevalens",
        description="Studies of imbalanced medical images, and their splits, audits and reports.",
    )
    parser.add_argument(
        "--version", action="version", version=f"prevalens {metadata.version('prevalens')}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, verb in VERBS.items():
        asked = _add_command(commands, name, purpose=verb.PURPOSE, example=verb.EXAMPLE)
        verb.add_arguments(asked)
        asked.set_defaults(run=verb.run, flags=flags_of(asked))
    completion = _add_command(
        commands,
        "completion",
        purpose="print the completion script of a shell",
        example="bash > ~/.prevalens.bash\n  echo 'source ~/.prevalens.bash' >> ~/.bashrc",
    )
    completion.add_argument(
        "shell", choices=shtab.SUPPORTED_SHELLS, help="the shell to complete in"
    )
    completion.set_defaults(run=_completion, flags={})
    return parser


def _add_command(
    commands: "argparse._SubParsersAction[ShellParser]",
    name: str,
    *,
    purpose: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"example:\n  prevalens {name} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _completion(options: argparse.Namespace) -> int:
    sys.stdout.write(shtab.complete(_parser(), shell=options.shell))
    return 0
