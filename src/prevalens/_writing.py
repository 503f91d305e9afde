"""Outputs are written whole or not at all."""

import contextlib
import glob
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from prevalens._checks import check_path
from prevalens.exceptions import UnwritableFileError


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` once the block succeeds.

    The temporary name keeps the suffix, for writers that read the format from it. If the block
    raises, the temporary file is removed and whatever stood at `path` is untouched.

    Raises:
        UnwritableFileError: the folder cannot be made or written to, or `path` is a folder.
    """
    target = Path(check_path("path", path))
    temporary = _temporary(target)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(target: Path) -> Path:
    if target.is_dir():
        raise UnwritableFileError(f"{target} is a folder. Give the name of a file in it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not by tempfile, whose files are private: to ask for the permissions of any new file is
        # to set the mask of the whole process, all its threads included, for a moment.
        name = target.parent / f".{target.stem}-{secrets.token_hex(4)}{target.suffix}"
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError as error:
        raise UnwritableFileError(
            f"{target} cannot be written: its folder {target.parent} cannot be made or written to "
            f"({error.strerror}). Name a folder that can be."
        ) from error
    os.close(handle)
    return name


def remove_unfinished(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` that were killed have left beside it."""
    target = Path(check_path("path", path))
    stem, suffix = glob.escape(target.stem), glob.escape(target.suffix)
    # Eight digits are what a temporary name holds.
    for left in target.parent.glob(f".{stem}-????????{suffix}"):
        left.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | os.PathLike[str], record: object) -> None:
    """Write a record as JSON, whole or not at all; nan and infinity are refused."""
    write_text(path, json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
