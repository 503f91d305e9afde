"""Files that a table names: below its folder, there, and files indeed."""

import os
import stat
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from prevalens._checks import name_some
from prevalens.exceptions import InvalidInputError, UnreadableImageError

_MANY = 64  # names in one folder from which its listing is cheaper than a look at each


@dataclass
class _Found:
    """Names that are no files below the folder."""

    outside: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)


def check_files(names: Sequence[str], root: Path, *, allow_outside: bool, must_exist: bool) -> None:
    """Refuse names that lead out of a folder, or at which there is no regular file.

    Each folder is resolved once, and listed where many of its files are named; a file is looked
    at by itself only where it is a link. A name may go on after a `#`, which then says what is
    meant inside the file; names with `://` are no files and are left alone.

    Args:
        names: Paths relative to `root`, or absolute, with forward slashes.
        root: The folder.
        allow_outside: Whether names may lead out of it.
        must_exist: Whether every file must be there.

    Raises:
        InvalidInputError: a name leads out, or what is there is no file (a folder, pipe, device).
        UnreadableImageError: files are not there; the text names every one, or three of them
            where all are missing.
    """
    found = _look(names, root)
    if found.outside and not allow_outside:
        raise InvalidInputError(
            f"Every path must stay below {root}, but {len(found.outside)} lead out of it: "
            f"{name_some(found.outside)}. Give the folder above as `root`, or pass "
            "allow_outside=True."
        )
    if found.irregular:
        raise InvalidInputError(
            f"An image is a regular file, but {len(found.irregular)} are not (a folder, a pipe or "
            f"a device): {name_some(found.irregular)}. Correct the table there."
        )
    if must_exist and found.absent:
        _refuse_absent(found.absent, len(names), root)


def _look(names: Sequence[str], root: Path) -> _Found:
    base = os.path.realpath(root)
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folders[name.rpartition("/")[0]].append(name)
    found = _Found()
    for folder, inside in folders.items():
        if "://" in folder:
            continue
        absolute = PurePosixPath(folder).is_absolute() or PureWindowsPath(folder).drive
        real = os.path.realpath(os.path.join(base, folder))  # noqa: PTH118
        if absolute or not _is_below(real, base):
            found.outside += inside
        if not absolute or os.path.isdir(folder):  # noqa: PTH112
            _look_in(real, base, inside, found)
        else:
            found.absent += inside
    return found


def _look_in(real: str, base: str, names: Sequence[str], found: _Found) -> None:
    """Look up names of one folder, whose real path is given."""
    files = _listing(real) if len(names) >= _MANY else None
    for name in names:
        last = name.rpartition("/")[2]
        if files is not None and last in files:
            continue
        kind = _kind(f"{real}/{last}", base)
        if kind == "absent" and "#" in last:
            kind = _kind(f"{real}/{last.rpartition('#')[0]}", base)
        if kind is not None:
            getattr(found, kind).append(name)


def _listing(folder: str) -> set[str]:
    """Return the names of the regular files of a folder, without its links."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()


def _kind(path: str, base: str) -> str | None:
    """Return None for a regular file below `base`, else what is wrong with a path."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not _is_below(os.path.realpath(path), base):
                return "outside"
            mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        return "absent"
    return None if stat.S_ISREG(mode) else "irregular"


def _is_below(real: str, base: str) -> bool:
    return real == base or real.startswith(os.path.join(base, ""))  # noqa: PTH118


def _refuse_absent(absent: Sequence[str], n_names: int, root: Path) -> None:
    where = f"below {root.resolve()}. Correct `root`, or pass check_files=False where the images "
    where += "are elsewhere."
    if len(absent) == n_names > 3:
        # It is the folder that is wrong, not ten thousand names.
        raise UnreadableImageError(
            f"None of the {n_names} images is {where} Looked for: {name_some(absent, limit=3)}."
        )
    listed = "\n".join(f"- {name}" for name in absent)
    raise UnreadableImageError(
        f"{len(absent)} of {n_names} images are not {where} Missing:\n{listed}"
    )
