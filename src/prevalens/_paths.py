"""Names in a table against a folder: which lead out of it, and which are no files."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Strays:
    """Names that are not files below a folder.

    Args:
        outside: Names that lead out of the folder, by `..`, as absolute paths or through links.
        absent: Names at which there is no regular file.
    """

    outside: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def find_strays(names: Iterable[str], root: str | os.PathLike[str]) -> Strays:
    """Look up names below a folder: one look a file, and each folder resolved once.

    A name may go on after a `#`, which then says what is meant inside the file before it.

    Args:
        names: Paths relative to `root`, or absolute.
        root: The folder.
    """
    base = os.path.realpath(root)
    folders: dict[str, str | None] = {}
    found = Strays()
    for name in names:
        inside, there = _look(name, base, folders)
        if not there and "#" in name:
            inside, there = _look(name.rpartition("#")[0], base, folders)
        if not inside:
            found.outside.append(name)
        if not there:
            found.absent.append(name)
    return found


def _look(name: str, base: str, folders: dict[str, str | None]) -> tuple[bool, bool]:
    """Return whether a name stays inside, and whether there is a file."""
    folder, last = os.path.split(name)
    if folder not in folders:
        folders[folder] = _resolved(folder, base)
    real = folders[folder]
    if real is None or last in {"", ".", ".."}:
        return _resolve(name, base)
    path = f"{real}{os.sep}{last}"
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError):
        return True, False
    return (True, stat.S_ISREG(mode)) if not stat.S_ISLNK(mode) else _resolve(name, base)


def _resolve(name: str, base: str) -> tuple[bool, bool]:
    path = os.path.join(base, name)  # noqa: PTH118
    inside = not _is_absolute(name) and ("\0" in name or _is_below(os.path.realpath(path), base))
    return inside, is_file(path)


def _resolved(folder: str, base: str) -> str | None:
    """Return the real path of a folder, or None where each name in it is looked up by itself."""
    # To the system, `..` of a folder that is not there is nothing.
    if _is_absolute(folder) or ".." in folder or "\0" in folder:
        return None
    real = os.path.realpath(os.path.join(base, folder))  # noqa: PTH118
    return real if _is_below(real, base) else None


def _is_absolute(name: str) -> bool:
    return PurePosixPath(name).is_absolute() or Path(name).is_absolute()


def _is_below(real: str, base: str) -> bool:
    return real == base or real.startswith(base if base.endswith(os.sep) else base + os.sep)


def is_file(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a regular file, linked or not; False for names that cannot be."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False
