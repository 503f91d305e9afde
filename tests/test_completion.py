"""Completion scripts, tried out in the shells that this machine has."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from prevalens._completion import SHELLS, completion_script
from prevalens.command import _parser, main
from prevalens.reports.request import ORIGINS

BASH = shutil.which("bash")


def complete(*words: str, folder: Path) -> set[str]:
    """Return what bash offers for the last of the words."""
    program = (
        'eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        '_prevalens; printf "%s\\n" "${COMPREPLY[@]}"; complete -p prevalens'
    )
    assert BASH is not None
    told = subprocess.run(
        [BASH, "--norc", "-uc", program, "bash", completion_script(_parser(), "bash"), *words],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
    )
    assert told.stderr == ""
    *offered, registered = told.stdout.splitlines()
    assert registered == "complete -o default -F _prevalens prevalens"
    return {word for word in offered if word}


@pytest.mark.skipif(BASH is None, reason="bash is not on this machine")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], {"split", "audit", "report", "verify", "completion", "-h", "--help", "--version"}),
        (["re"], {"report"}),
        (["report", "x.csv", "--thr"], {"--threshold", "--threshold-origin"}),
        (["split", "x.csv", "--thr"], set()),
        (["report", "x.csv", "--threshold-origin", ""], set(ORIGINS)),
        (["report", "x.csv", "--patient-score", "m"], {"mean", "max"}),
        (["report", "x.csv", "--score", ""], set()),
        (["report", ""], set()),
        (["report", "x.csv", "-o", "-"], set()),
        (["completion", ""], {"bash", "zsh", "fish"}),
        (["completion", "z"], {"zsh"}),
        (["completion", "--"], {"--help"}),
    ],
)
def test_bash_offers_what_fits(words: list[str], offered: set[str], tmp_path: Path) -> None:
    """Commands first, then options and choices; nothing where a file name belongs."""
    assert complete("prevalens", *words, folder=tmp_path) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_choice_is_in_every_script(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script comes from the parser itself, so that a new option cannot be forgotten."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("split", "audit", "report", "threshold-origin", "partition", *ORIGINS):
        assert word in script, word


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_whole_for_its_shell(shell: str, tmp_path: Path) -> None:
    """Each shell that is here finds no error of syntax."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not on this machine")
    path = tmp_path / "script"
    path.write_text(completion_script(_parser(), shell), encoding="utf-8")
    subprocess.run([program, "-n", str(path)], check=True)


def test_fish_texts_are_quoted() -> None:
    """A quotation mark in a help text does not end the text."""
    parser = _parser()
    parser.add_argument("--mark", help="the patient's \\ mark")

    assert "-l mark -r -d 'the patient\\'s \\\\ mark'" in completion_script(parser, "fish")


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The three that are known are named."""
    with pytest.raises(SystemExit):
        main(["completion", "csh"])
    assert "bash" in capsys.readouterr().err
