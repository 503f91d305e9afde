"""The command line: refusals in words and a code, whatever the verb."""

import errno
import io
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from verbs.words import COLUMNS, REPORT

from prevalens.command import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label", "yy", *REPORT[2:]], "no column 'yy' for the label"),
        ([*REPORT, "-o", "x.pdf"], "must be one of '.html'"),
        ([*REPORT, "--by", "sit"], "Did you mean 'site'"),
        ([*REPORT[:-1], "5"], "--threshold must lie in [0, 1]"),
        (["--label", "y", "--score", "p", "--independent", "--threshold", "0.5"], ""),
    ],
)
def test_a_refusal_is_a_sentence_and_code_two(
    table: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: the reason on standard error, nothing on standard output."""
    code = main(["report", str(table), *words])
    told = capsys.readouterr()
    if message:
        assert code == 2
        assert message in told.err
        assert told.out == ""
    else:
        assert code == 0


@pytest.mark.parametrize("name", ["clinic.csv/r.html", "folder.html"])
def test_a_file_that_cannot_be_written_is_a_sentence(
    name: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is a file, or a file that is a folder: named, with what to do."""
    (tmp_path / "folder.html").mkdir()
    assert main(["report", str(table), *REPORT, "-o", str(tmp_path / name)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"prevalens report: {tmp_path / name} ")
    assert "folder" in told
    assert len(told.splitlines()) == 1


def test_a_full_disk_is_a_sentence_about_the_file(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report that has no room is named, not standard output, which is well."""

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    target = tmp_path / "r.html"
    assert main(["report", str(table), *REPORT, "-o", str(target)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith(f"prevalens report: {target} cannot be written: No space left")
    assert list(tmp_path.glob("*r*.html")) == []


def test_ctrl_c_is_a_sentence_and_code_130(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that is stopped says that nothing is half written."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prevalens.reports.ClinicalReport", stopped)
    assert main(["report", str(table), *REPORT]) == 130
    assert "prevalens report: stopped. No file is half written." in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_asked_to_end_it_cleans_up_as_after_ctrl_c(
    name: str,
    code: int,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the middle of a write: the file in the making goes, and the way of signals is put back."""
    number = getattr(signal, name)

    def ask(_: int) -> None:
        os.kill(os.getpid(), number)
        time.sleep(10)

    monkeypatch.setattr(os, "fsync", ask)
    folder = table.parent
    before = sorted(folder.iterdir())
    own = signal.signal(number, signal.SIG_DFL)  # under `nohup` SIGHUP is ignored
    try:
        assert main(["report", str(table), *REPORT, "-o", str(folder / "r.html")]) == code
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, own)
    assert "prevalens report: stopped. No file is half written." in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_program_that_has_its_own_way_with_a_signal_keeps_it(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`nohup` has SIGHUP ignored: the report is made."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    made: list[str] = []

    def hang_up(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        made.append("report")
        raise PermissionError(errno.EACCES, "Permission denied", "pictures/1.png")

    try:
        monkeypatch.setattr("prevalens.reports.ClinicalReport", hang_up)
        assert main(["report", str(table), *REPORT]) == 2
    finally:
        signal.signal(signal.SIGHUP, before)
    assert made == ["report"]


def test_other_errors_of_the_system_name_their_file(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no stage has put into words is still no traceback."""

    def broken(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "pictures/1.png")

    monkeypatch.setattr("prevalens.reports.ClinicalReport", broken)
    assert main(["report", str(table), *REPORT]) == 2
    assert "pictures/1.png cannot be used (Permission denied)" in capsys.readouterr().err


def test_a_warning_of_the_library_is_a_sentence(
    cohort_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line of code stands below it; a warning of another package keeps its place."""
    text = cohort_table.read_text(encoding="utf-8")
    cohort_table.write_text(text.replace(",k1,", ",K2,"), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        main(["split", str(cohort_table), *COLUMNS, "-o", str(tmp_path / "p.json")])
    told = capsys.readouterr().err
    assert told.startswith("prevalens: warning: Patient ids that differ by case")
    assert len(told.splitlines()) == 1


def test_warnings_of_other_packages_keep_their_place(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are shown as Python shows them, and the caller's own way is put back."""
    before = warnings.showwarning

    def old(*_: object, **__: object) -> str:
        warnings.warn("old", FutureWarning, stacklevel=1)
        return "report"

    monkeypatch.setattr("prevalens.reports.ClinicalReport", old)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["report", str(table), *REPORT]) == 0
    assert "test_command.py" in capsys.readouterr().err
    assert warnings.showwarning is before


@pytest.mark.parametrize("words", [["--help"], ["report"]])
def test_a_closed_pipe_is_silence(words: list[str], table: Path) -> None:
    """`prevalens report ... | head` ends with code 0 and no word, whatever Python buffers."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*words, str(table), *REPORT] if words == ["report"] else words
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    try:
        told = subprocess.run(
            [sys.executable, "-m", "prevalens", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            env=env,
        )
    finally:
        os.close(writer)
    assert (told.returncode, told.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are Unicode")
@pytest.mark.parametrize("codec", ["ascii", "utf-8"])
def test_names_and_texts_that_cannot_be_shown_are_no_error(
    codec: str, table: Path, tmp_path: Path
) -> None:
    """Names in Latin-1, and a pipe that takes fewer letters than a text has."""
    named = os.fsencode(tmp_path) + b"/caf\xe9"
    Path(os.fsdecode(named + b".csv")).write_bytes(table.read_bytes())
    for suffix in (b".html", b".json", b".md"):
        told = subprocess.run(
            [
                *(sys.executable, "-m", "prevalens", "report", named + b".csv", *REPORT),
                *("--title", "Zu\u0142a", "-o", named + suffix),
            ],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONIOENCODING": f"{codec}:strict"},
        )
        assert told.stdout.endswith(b"/caf\\udce9%b\n" % suffix)
        assert "Zu\u0142a" in Path(os.fsdecode(named + suffix)).read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "code"), [(errno.EPIPE, 0), (errno.ENOSPC, 2)])
@pytest.mark.parametrize("method", ["write", "flush"])
def test_output_that_takes_no_more_is_closed(
    method: str,
    number: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A closed pipe is no error, a full disk is one; neither is flushed again at the end."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    full = io.StringIO()
    monkeypatch.setattr(full, method, refuse, raising=False)
    monkeypatch.setattr("sys.stdout", full)
    assert main(["completion", "bash"]) == code
    assert full.closed
    told = capsys.readouterr().err
    assert ("standard output cannot be written (No space" in told) == (code == 2)


def test_the_help_loads_no_stage() -> None:
    """A shell that completes a word waits for argparse and numpy, not for scipy and the rest."""
    program = (
        "import sys\nfrom prevalens.command import _parser\n_parser().format_help()\n"
        "heavy = {'scipy', 'sklearn', 'PIL', 'joblib', 'msgspec', 'jinja2', 'keras'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--threshold", "1.4"], "report: --threshold must lie in [0, 1], got 1.4."),
        (
            ["--threshold", "0.5", "--patient-threshold", "0.4"],
            "report: --patient-threshold is of pooled scores: give --p",
        ),
    ],
)
def test_a_refusal_names_the_options_of_the_shell(
    table: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library's sentence, in which an argument is the option that the reader typed."""
    columns = ["--label", "y", "--score", "p", "--patient", "id"]

    assert main(["report", str(table), *columns, *words]) == 2
    assert f"prevalens {message}" in capsys.readouterr().err
