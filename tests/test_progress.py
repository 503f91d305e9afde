"""The line that shows how far a long call is."""

import io
import subprocess
import sys

import pytest

from prevalens._progress import progress_line


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_terminal_sees_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last state stays on the screen: words, counts and unit."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stderr", Terminal())
    with progress_line("extracted", 30, "images") as advance:
        advance(20)
        advance(10)
    written = sys.stderr.getvalue()  # type: ignore[attr-defined]

    assert "extracted" in written
    assert "30 of 30 images" in written


@pytest.mark.parametrize(("words", "total"), [(None, 30), ("read", 0), ("read", 30)])
def test_nothing_is_written_elsewhere(
    monkeypatch: pytest.MonkeyPatch, words: str | None, total: int
) -> None:
    """Not where it is not asked for, nothing is to be done, or standard error is a file."""
    stream = io.StringIO() if words and total else Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with progress_line(words, total, "files") as advance:
        advance(total)

    assert stream.getvalue() == ""


def test_the_bar_is_loaded_when_it_is_shown() -> None:
    """Importing the images stage does not load rich's bars."""
    code = "import sys, prevalens.images; sys.exit('rich.progress' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
