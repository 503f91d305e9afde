"""A lock on the files of a run, which the system releases with the process."""

import atexit
import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from prevalens._checks import check_path
from prevalens.exceptions import InvalidInputError, UnwritableFileError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Open lock files by process and path: a process that asks again has the lock already.
_HELD: dict[tuple[int, Path], int] = {}


class RunLock:
    """Lets one process at a time use a file or a folder; others are refused at once.

    The lock is a hidden file beside it, held by the operating system (`fcntl.lockf`, on Windows
    `msvcrt.locking`): it is gone with the process however that ends, a file left behind binds
    nobody, and worker processes do not inherit it. Within one process it may be taken again.

    Args:
        path: What to lock; it need not exist yet.

    Raises:
        InvalidInputError: on entering, another process holds the lock.
        UnwritableFileError: on entering, the lock file cannot be made.

    Example:
        Two starts of this program into one folder are kept apart::

            with RunLock("runs/all"):
                train("runs/all")

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, RunLock(f"{folder}/run") as lock:
        ...     lock.is_held
        True
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(check_path("path", path))

    @property
    def file(self) -> Path:
        """The lock file."""
        path = self.path.absolute()
        return path.with_name(f".{path.name}.lock")

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock."""
        return self._key in _HELD

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock, or say who has it."""
        while not self.is_held:
            handle = self._open()
            if not _try_lock(handle):
                owner = os.pread(handle, 100, 0).decode(errors="replace") if _CAN_READ else ""
                os.close(handle)
                raise InvalidInputError(
                    f"{self.path} is in use by another run{owner and f' ({owner})'}. Wait until "
                    "it has ended, or give this run a place of its own."
                )
            # Whoever released the lock removed its file: what was locked may be no more there.
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(handle), self.file.stat()):
                    os.ftruncate(handle, 0)
                    os.write(handle, f"process {os.getpid()}".encode())
                    _HELD[self._key] = handle
                    return
            os.close(handle)

    def release(self) -> None:
        """Give the lock back and remove its file; nothing happens where it is not held."""
        handle = _HELD.pop(self._key, None)
        if handle is None:
            return
        with contextlib.suppress(OSError):  # Windows removes no open file
            self.file.unlink()
        os.close(handle)
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self.file.unlink()

    @property
    def _key(self) -> tuple[int, Path]:
        return os.getpid(), self.file

    def _open(self) -> int:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UnwritableFileError(
                f"The lock file {self.file} cannot be made ({error.strerror}). Name a folder that "
                "can be written to."
            ) from error


@atexit.register
def _release_all() -> None:
    """Leave no lock file behind where a lock was never given back."""
    for process, file in list(_HELD):
        if process == os.getpid():
            with contextlib.suppress(OSError):
                file.unlink()


_CAN_READ = hasattr(os, "pread")


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
