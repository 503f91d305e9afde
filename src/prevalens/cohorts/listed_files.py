"""Files that a table names: below its folder, there, and files indeed."""

from collections.abc import Sequence
from pathlib import Path

from prevalens._checks import name_some
from prevalens._paths import find_strays
from prevalens.cohorts.image_names import file_of
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.readers.reader import Reader


def check_files(
    names: Sequence[str],
    root: Path,
    *,
    allow_outside: bool,
    must_exist: bool,
    reader: Reader | None = None,
) -> None:
    """Refuse names that lead out of a folder, or at which there is no regular file.

    Args:
        names: Paths relative to `root`, or absolute, with forward slashes.
        root: The folder.
        allow_outside: Whether names may lead out of it.
        must_exist: Whether every file must be there.
        reader: What reads them and knows what is there; by default they are files.

    Raises:
        InvalidInputError: a name leads out, or what is there is no file (a folder, pipe, device).
        UnreadableImageError: files are not there, or may not be looked at; the text names every
            one, or three of them where all are missing.
    """
    found = find_strays(names, root)
    absent = found.absent if reader is None else _unknown(names, root, reader)
    if found.outside and not allow_outside:
        raise InvalidInputError(
            f"Every path must stay below {root}, but {len(found.outside)} lead out of it: "
            f"{name_some(found.outside)}. Give the folder above as `root`, or pass "
            "allow_outside=True (--allow-outside)."
        )
    if found.irregular and reader is None:
        raise InvalidInputError(
            f"An image is a regular file, but {len(found.irregular)} are not (a folder, a pipe or "
            f"a device): {name_some(found.irregular)}. Correct the table there."
        )
    if must_exist and absent:
        _refuse_closed(file_of(root, absent[0]), len(absent))
        _refuse_absent(absent, len(names), root)


def _unknown(names: Sequence[str], root: Path, reader: Reader) -> list[str]:
    return [name for name in names if not reader.matches(str(file_of(root, name)))]


def _refuse_closed(file: Path, count: int) -> None:
    """Refuse what is hidden by the rights of a folder, which may well be there."""
    try:
        file.stat()
    except PermissionError as error:
        raise UnreadableImageError(
            f"Whether {count} images are there cannot be seen, such as {file} ({error.strerror}). "
            "Ask for the right to read their folder."
        ) from error
    except (OSError, ValueError):
        return


def _refuse_absent(absent: Sequence[str], n_names: int, root: Path) -> None:
    where = f"below {root.resolve()}. Correct `root` (--root). (In Python, check_files=False "
    where += "takes images that are elsewhere.)"
    if len(absent) == n_names > 3:
        # It is the folder that is wrong, not ten thousand names.
        raise UnreadableImageError(
            f"None of the {n_names} images is {where} Looked for: {name_some(absent, limit=3)}."
        )
    listed = "\n".join(f"- {name}" for name in absent)
    raise UnreadableImageError(
        f"{len(absent)} of {n_names} images are not {where} Missing:\n{listed}"
    )
