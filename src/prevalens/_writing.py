"""Outputs are written whole or not at all."""

import contextlib
import errno
import glob
import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from prevalens._checks import check_path
from prevalens.exceptions import PrevalensError, UnwritableFileError

if sys.platform != "win32":
    import fcntl

_LONGEST = 240  # bytes of a name, to which a temporary one adds ten; most systems take 255


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` once the block succeeds.

    The temporary name keeps the suffix, for writers that read the format from it. If the block
    raises, the temporary file is removed and whatever stood at `path` is untouched.

    Raises:
        UnwritableFileError: the folder cannot be made or written to, `path` is a folder or no
            name of a file, or the disk is full.
    """
    target = _followed(path)
    temporary = _temporary(target)
    try:
        with naming(target, temporary):
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder beside `path`, which gets its name once the block succeeds.

    If the block raises, the temporary folder is removed; an empty folder at `path` is replaced.
    What writers of `path` that were killed have left is removed, but on Windows.

    Raises:
        UnwritableFileError: the folder cannot be made or written to, or the disk is full.
    """
    target = _followed(path)
    temporary = target.parent / f".{_stem(target)}-{secrets.token_hex(4)}"
    with contextlib.ExitStack() as held:
        held.callback(shutil.rmtree, temporary, ignore_errors=True)
        with naming(target, temporary):
            _remove_unfinished_folders(target)
            temporary.mkdir(parents=True)
            held.enter_context(_locked(temporary, wait=True))
            # Who swept this folder before it was locked is done by now.
            temporary.mkdir(exist_ok=True)
            yield temporary
            if target.exists():
                target.rmdir()  # Windows renames onto no folder
            temporary.replace(target)


def _remove_unfinished_folders(target: Path) -> None:
    for left in target.parent.glob(f".{glob.escape(_stem(target))}-????????"):
        with contextlib.suppress(OSError), _locked(left, wait=False) as is_ours:
            if is_ours:
                shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Lock a folder, which the system undoes with the process; say whether it could be."""
    if sys.platform == "win32":
        yield False
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            is_ours = True
        except OSError:  # another's, or a file system without locks
            is_ours = False
        yield is_ours
    finally:
        os.close(handle)


@contextlib.contextmanager
def naming(target: Path, temporary: Path | None = None) -> Iterator[None]:
    """Say of what the system refuses in this block that it is `target` that is not written.

    A write to a full disk names no file, and a file in the making has a name that nobody gave.
    What the system says of other files, such as those that are read meanwhile, is left as it is.

    Args:
        target: The file or folder that the user named.
        temporary: The file or folder that stands for it until it is whole.

    Raises:
        UnwritableFileError: the system refused; the text names `target` and says what to do.
    """
    try:
        yield
    except UnwritableFileError as error:  # of a file in a folder in the making
        if temporary is None or str(temporary) not in str(error):
            raise
        text = str(error).replace(str(temporary), str(target))
        raise UnwritableFileError(text) from error
    except PrevalensError:
        raise
    except OSError as error:
        if not (error.errno in FULL or _is_in(error.filename, target, temporary)):
            raise
        raise UnwritableFileError(f"{target} cannot be written: {_why(error)}") from error


def _is_in(name: str | bytes | int | None, *places: Path | None) -> bool:
    if name is None or isinstance(name, int):
        return True
    path = Path(os.path.abspath(os.fsdecode(name)))  # noqa: PTH100
    return any(each is not None and path.is_relative_to(each.absolute()) for each in places)


# Of a write alone, even where a copy names the file that it was read from.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _why(error: OSError) -> str:
    """Say why the system refused, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "Name another place.")
    return f"{error.strerror or error}. What stood there is untouched. {remedy}"


_REMEDIES = {
    errno.ENOSPC: "Make room, or name a place on another disk.",
    errno.EDQUOT: "Make room within your quota, or name a place on another disk.",
    errno.EFBIG: "Raise the limit on the size of a file (`ulimit -f`), or name another place.",
    errno.ENAMETOOLONG: "Give a shorter name.",
    errno.EROFS: "Name a folder that can be written to.",
    errno.EACCES: "Name a folder that can be written to.",
    errno.EPERM: "Name a folder that can be written to.",
}


def _followed(path: str | os.PathLike[str]) -> Path:
    """Return where a link leads, which stays a link, say to a larger disk; else the path itself."""
    target = Path(check_path("path", path))
    return Path(os.path.realpath(target)) if os.path.islink(target) else target  # noqa: PTH114


def _temporary(target: Path) -> Path:
    if os.path.isdir(target):  # noqa: PTH112 - in Python 3.11 a Path raises where a name is long
        raise UnwritableFileError(f"{target} is a folder. Give the name of a file in it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A name that is too long is said before the work and not behind it.
        with contextlib.suppress(FileNotFoundError):
            target.lstat()
        # Not by tempfile, whose files are private: to ask for the permissions of any new file is
        # to set the mask of the whole process, all its threads included, for a moment.
        name = target.parent / f".{_stem(target)}-{secrets.token_hex(4)}{target.suffix}"
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError as error:
        if error.errno in {errno.ENAMETOOLONG, errno.ENOSPC, errno.EDQUOT}:
            raise UnwritableFileError(f"{target} cannot be written: {_why(error)}") from error
        raise UnwritableFileError(
            f"{target} cannot be written: its folder {target.parent} cannot be made or written to "
            f"({error.strerror}). Name a folder that can be."
        ) from error
    os.close(handle)
    return name


def _stem(target: Path) -> str:
    """Return what a temporary name begins with: the name itself, where there is room for more."""
    if len(os.fsencode(target.name)) <= _LONGEST:
        return target.stem
    return hashlib.sha256(os.fsencode(target.stem)).hexdigest()[:16]


def remove_unfinished(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` that were killed have left beside it."""
    target = _followed(path)
    stem, suffix = glob.escape(_stem(target)), glob.escape(target.suffix)
    # Eight digits are what a temporary name holds.
    for left in target.parent.glob(f".{stem}-????????{suffix}"):
        left.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    r"""Write UTF-8 text, whole or not at all; what UTF-8 has no bytes for is written `\udce9`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_json(path: str | os.PathLike[str], record: object) -> None:
    """Write a record as JSON, whole or not at all; nan and infinity are refused."""
    write_text(path, json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
