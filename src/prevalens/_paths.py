"""Names in a table against a folder: which lead out of it, and which are no files."""

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath

from prevalens.exceptions import InvalidInputError

_MANY = 64  # names in one folder from which its listing is cheaper than a look at each


@dataclass(frozen=True)
class Strays:
    """Names that are not files below a folder.

    Args:
        outside: Names that lead out of the folder, by `..`, as absolute paths or through links.
        absent: Names at which there is nothing.
        irregular: Names at which there is no regular file but a folder, a pipe or a device.
    """

    outside: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)


def find_strays(names: Iterable[str], root: str | os.PathLike[str]) -> Strays:
    """Look up names below a folder.

    Each folder is resolved once, and listed where many of its files are named; else there is one
    look a file. A name may go on after a `#`, which then says what is meant inside the file
    before it. Names with `://` are no files, and are passed over.

    Args:
        names: Paths relative to `root`, or absolute, with forward slashes.
        root: The folder.
    """
    base = os.path.realpath(root)
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folders[name.rpartition("/")[0]].append(name)
    found = Strays()
    for folder, inside in folders.items():
        if "://" in f"{folder}/":
            continue
        real = _resolved(folder, base)
        files = _listing(real) if real is not None and len(inside) >= _MANY else frozenset()
        start = len(folder) + 1 if folder else 0
        for name in [name for name in inside if name[start:] not in files]:
            _sort(name, real, base, found)
    return found


def _listing(folder: str) -> frozenset[str]:
    """Return the names of the regular files of a folder, without its links."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(e.name for e in entries if e.is_file(follow_symlinks=False))
    except OSError:
        return frozenset()


def _sort(name: str, real: str | None, base: str, found: Strays) -> None:
    inside, mode = _look(name, real, base)
    if mode is None and "#" in name:
        inside, mode = _resolve(name.rpartition("#")[0], base)
    if not inside:
        found.outside.append(name)
    if mode is None:
        found.absent.append(name)
    elif not stat.S_ISREG(mode):
        found.irregular.append(name)


def _look(name: str, real: str | None, base: str) -> tuple[bool, int | None]:
    """Return whether a name stays inside, and the mode of what is there."""
    last = name.rpartition("/")[2]
    if real is None or last in {"", ".", ".."}:
        return _resolve(name, base)
    try:
        mode = os.lstat(f"{real}{os.sep}{last}").st_mode
    except (OSError, ValueError):
        return True, None
    return (True, mode) if not stat.S_ISLNK(mode) else _resolve(name, base)


def _resolve(name: str, base: str) -> tuple[bool, int | None]:
    path = os.path.join(base, name)  # noqa: PTH118
    inside = not _is_absolute(name) and ("\0" in name or _is_below(os.path.realpath(path), base))
    try:
        return inside, os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        return inside, None


def _resolved(folder: str, base: str) -> str | None:
    """Return the real path of a folder, or None where each name in it is looked up by itself."""
    # To the system, `..` of a folder that is not there is nothing.
    if _is_absolute(folder) or ".." in folder or "\0" in folder:
        return None
    real = os.path.realpath(os.path.join(base, folder))  # noqa: PTH118
    return real if _is_below(real, base) else None


def _is_absolute(name: str) -> bool:
    return PurePosixPath(name).is_absolute() or bool(PureWindowsPath(name).drive)


def _is_below(real: str, base: str) -> bool:
    return real == base or real.startswith(base if base.endswith(os.sep) else base + os.sep)


def is_below(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> bool:
    """Return whether a path lies in a folder, or is it, once links are followed.

    By the system and not by Path.resolve, which raises where links go round in a circle.
    """
    return _is_below(os.path.realpath(path), os.path.realpath(folder))


def is_file(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a regular file, linked or not; False for names that cannot be."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def walk(
    root: str | os.PathLike[str], *, follow_links: bool = False
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder from `root` on, as `os.walk` does, which passes over what it cannot read.

    Raises:
        InvalidInputError: a folder, or what stands in it, may not be looked at.
    """
    for folder, folders, names in os.walk(root, followlinks=follow_links, onerror=_refuse):
        if names and not os.access(folder, os.X_OK):
            _refuse(PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder))
        yield folder, folders, names


def _refuse(error: OSError) -> None:
    raise InvalidInputError(
        f"The folder {error.filename} cannot be read ({error.strerror}), so that what is in it "
        "would be left out. Ask for the right to read it, or move it elsewhere."
    ) from error
