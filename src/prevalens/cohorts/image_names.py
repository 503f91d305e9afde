"""Paths of images as a table names them: one spelling each."""

import os
import posixpath
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from prevalens import _cells
from prevalens._checks import name_some
from prevalens._columns import as_texts, listed
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Texts

# Names that need no look: folders and a file, each of letters, digits, dots and dashes.
_PLAIN = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)
_BYTE = re.compile("[\udc80-\udcff]")
_ESCAPE = re.compile(r"%([89A-F][0-9A-F])")


def image_names(values: Any) -> Texts:
    r"""Return the path of each image in one spelling.

    `./a.png`, `a.png ` and `.\a.png` are `a.png`; folders are parted by `/`. A byte of a file
    name that is no UTF-8 is written `%E4`, which `file_of` finds again. Addresses with `://`
    stay as they are.

    Raises:
        InvalidInputError: a row has no path, a path cannot be one, or an image is listed twice.
    """
    names = spelled(values)
    missing = [row for row, name in enumerate(names) if not name]
    if missing:
        raise InvalidInputError(
            f"Every row needs its image, but {len(missing)} of {len(names)} have none: rows "
            f"{name_some(missing)} (the first is 0). Fill them in, or leave those rows out."
        )
    _refuse_flawed(names)
    refuse_repeated(names)
    return as_texts(names)


def spelled(values: Any) -> list[str]:
    """Return paths in one spelling each, unchecked; an empty text where there is none."""
    return [
        cell
        if type(cell) is str and _PLAIN.fullmatch(cell) and cell not in _cells.MISSING
        else _one_spelling(cell)
        for cell in listed("image", values)
    ]


def _one_spelling(cell: Any) -> str:
    if isinstance(cell, os.PathLike):
        cell = os.fspath(cell)
    if _cells.is_missing(cell):
        return ""
    name = str(_cells.plain(cell))
    if "://" not in name:
        name = posixpath.normpath(name.replace("\\", "/"))
    return escaped(name)


def escaped(name: str) -> str:
    """Return a file's name with each byte that is no UTF-8 written as `%E4`."""
    return _BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", name)


def _refuse_flawed(names: list[str]) -> None:
    flawed = [name for name in names if not name.isprintable() and _cells.flaw(name)]
    if flawed:
        raise InvalidInputError(
            f"A path is one line of text, but {len(flawed)} are not: {name_some(flawed, limit=2)} "
            f"holds {_cells.flaw(flawed[0])}. Correct the table there."
        )


def refuse_repeated(names: list[str]) -> None:
    """Refuse an image that is listed twice, also by accents composed in two ways."""
    keys = [name if name.isascii() else unicodedata.normalize("NFC", name) for name in names]
    if len(set(keys)) == len(keys):
        return
    twice = [key for key, count in Counter(keys).items() if count > 1]
    raise InvalidInputError(
        f"Each image is one row, but {len(twice)} are listed more than once: {name_some(twice)}. "
        "Keep one row of each; `read_table(combine='any')` (--combine any) joins rows of a table."
    )


def file_of(root: Path, name: str) -> Path:
    """Return the file of an image, also where its name is no UTF-8."""
    path = root / name
    if "%" in name and not path.exists():
        raw = root / _ESCAPE.sub(lambda found: chr(0xDC00 + int(found[1], 16)), name)
        return raw if raw.exists() else path
    return path
