"""The line that shows how far a long call is."""

import contextlib
import io
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from prevalens._progress import _in_notebook, progress_line


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


def test_a_notebook_is_told_the_last_state_whatever_was_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """0 of 5 at once, 3 after the pause, 4 within it not, and the end where an error came."""
    told: list[str] = []
    pages: list[str] = []

    class Line:
        def update(self, state: Any) -> None:
            told.append(repr(state))
            pages.append(state._repr_html_())

    def display(state: Any, *, display_id: bool) -> Line:
        assert display_id
        line = Line()
        line.update(state)
        return line

    clock = iter([10.0, 10.3, 10.3, 10.4])
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr("prevalens._progress.time.monotonic", lambda: next(clock))
    with (
        contextlib.suppress(ZeroDivisionError),
        _in_notebook(None, "read", 5, "<i>") as advance,
    ):
        advance(3)
        advance(1)
        raise ZeroDivisionError

    assert told == ["read 0 of 5 <i>", "read 3 of 5 <i>", "read 4 of 5 <i>"]
    assert '<progress value="4" max="5"' in pages[-1]
    assert "read 4 of 5 &lt;i&gt;" in pages[-1]
