"""One process at a time, and nobody after a kill."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prevalens.callbacks import RunLock
from prevalens.exceptions import InvalidInputError, UnwritableFileError

HOLD = (
    "import sys\n"
    "from prevalens.callbacks import RunLock\n"
    "with RunLock(sys.argv[1]):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Start a process that holds the lock until its input ends, and wait until it does."""
    command = [sys.executable, "-c", HOLD, str(path)]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stdout.readline() == b"held\n"
    return program


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    """The refusal names the process; once it has ended the lock is free and its file gone."""
    program = holder(tmp_path / "run")
    with pytest.raises(InvalidInputError, match=rf"in use by another run \(process {program.pid}"):
        RunLock(tmp_path / "run").acquire()
    program.communicate()
    assert list(tmp_path.iterdir()) == []

    with RunLock(tmp_path / "run") as lock:
        assert lock.is_held
    assert not lock.is_held


def test_a_kill_frees_the_lock(tmp_path: Path) -> None:
    """The file of a killed process stays, and binds nobody; the next one removes it."""
    program = holder(tmp_path / "run")
    program.send_signal(signal.SIGKILL)
    program.communicate()

    assert [file.name for file in tmp_path.iterdir()] == [".run.lock"]
    with RunLock(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_never_given_back_leaves_no_file(tmp_path: Path) -> None:
    """A program that restores, looks and ends leaves the folder as it was."""
    take = "import sys; from prevalens.callbacks import RunLock; RunLock(sys.argv[1]).acquire()"
    subprocess.run([sys.executable, "-c", take, str(tmp_path / "run")], check=True)

    assert list(tmp_path.iterdir()) == []


def test_one_process_may_take_it_again(tmp_path: Path) -> None:
    """A cell run anew after an error finds the lock held by its own process, and has it."""
    first, second = RunLock(tmp_path / "run"), RunLock(tmp_path / "run")
    first.acquire()
    second.acquire()
    second.release()
    first.release()

    assert not first.is_held


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Where the folder is a file the lock cannot be made."""
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableFileError, match=r"lock file .* cannot be made"):
        RunLock(tmp_path / "file" / "run").acquire()
