"""Completion scripts offer what the parser knows."""

import os
import shutil
import subprocess

import pytest
import shtab

from prevalens.command import main
from prevalens.reports.choices import ORIGINS

BASH = shutil.which("bash")


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command prints for a shell."""
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", shtab.SUPPORTED_SHELLS)
def test_every_command_and_option_is_in_every_script(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script is made of the parser itself, so that a new option cannot be forgotten."""
    text = script(shell, capsys)
    for word in ("split", "audit", "report", "study", "threshold-origin", "plan-only", *ORIGINS):
        assert word in text, word


@pytest.mark.skipif(BASH is None, reason="bash is not on this machine")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["re"], {"report"}),
        (["report", "x.csv", "--thr"], {"--threshold", "--threshold-origin"}),
        (["report", "x.csv", "--threshold-origin", ""], set(ORIGINS)),
        (["completion", "z"], {"zsh"}),
    ],
)
def test_bash_offers_what_fits(
    words: list[str], offered: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands, options and choices that begin with the word."""
    assert BASH is not None
    program = (
        'eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        '_shtab_prevalens; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    text = script("bash", capsys)
    told = subprocess.run(
        [BASH, "--norc", "-c", program, "bash", text, "prevalens", *words],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert {word for word in told.stdout.split() if word} == offered
