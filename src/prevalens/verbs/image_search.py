"""Files that a table names without their folder or their suffix."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from prevalens._checks import name_some
from prevalens._paths import walk
from prevalens.exceptions import InvalidInputError

# Those of `images.decoding`, which takes long to import; a test holds that they agree.
PICTURES = (
    *(".bmp", ".dib", ".gif", ".jpg", ".jpeg", ".jp2", ".j2k", ".png", ".webp"),
    *(".pgm", ".ppm", ".pnm", ".tif", ".tiff", ".dcm", ".dicom", ".ima"),
)
_TRIED = 20  # names that a hint looks up
_LOOKED_AT = 200_000  # pictures that a hint looks at


class ImageSearch:
    """Finds files by the end of their path, with or without their suffix.

    A number that no file has is also that of the file with zeros in front of it: a spreadsheet
    makes 1 of 001.

    Args:
        root: The folder that is searched to any depth; hidden and linked folders are not.
        at_most: Pictures that are looked at; None looks at all.
    """

    def __init__(self, root: Path, *, at_most: int | None = None) -> None:
        self.root = root
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_number: dict[str, list[str]] = defaultdict(list)
        for path in islice(pictures_below(root), at_most):
            name = path.rpartition("/")[2]
            for key in {name, name.rpartition(".")[0]}:
                self._by_name[key].append(path)
            stem = name.rpartition(".")[0]
            if stem.isdigit() and stem[0] == "0":
                self._by_number[stem.lstrip("0") or "0"].append(path)

    def find(self, name: str) -> list[str]:
        """Return the paths below the root that end with `name`, whole or but for the suffix.

        Where there is none: those whose number it is without the zeros in front.
        """
        found = self._by_name.get(name.rpartition("/")[2], [])
        ends = f"/{name}"
        exact = [path for path in found if f"/{path}".endswith(ends)]
        found = exact or [path for path in found if f"/{path}".rpartition(".")[0].endswith(ends)]
        return found or list(self._by_number.get(name, []))


def pictures_below(root: Path) -> Iterator[str]:
    """Yield the paths below `root` of files with a picture's suffix, with forward slashes.

    Folders are taken in the order of their names, and the files of each; hidden and linked
    folders are left out.
    """
    for folder, folders, files in walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder).relative_to(root).as_posix()
        for name in sorted(files):
            if os.path.splitext(name)[1].lower() in PICTURES:  # noqa: PTH122 - many
                yield name if below == "." else f"{below}/{name}"


def find_images(names: Sequence[str], root: Path) -> list[str]:
    """Return the path below `root` of each image that is named by the end of its path.

    Args:
        names: What the table calls them, such as `a.png` or `a` for `parts/1/a.png`.
        root: The folder.

    Returns:
        Paths relative to `root`; a name that no file has stays as it is.

    Raises:
        InvalidInputError: a name is that of several files.
    """
    search = ImageSearch(root)
    found = [search.find(name) for name in names]
    several = [row for row, paths in enumerate(found) if len(paths) > 1]
    if several:
        first = several[0]
        raise InvalidInputError(
            f"--find takes one file for each image, but {len(several)} of {len(names)} names are "
            f"those of several files below {root}: {names[first]!r} is "
            f"{name_some(found[first], limit=3)}. Name a folder that holds each once by --root, or "
            "write their suffix or folder in the table."
        )
    return [paths[0] if paths else name for name, paths in zip(names, found, strict=True)]


def told_where(names: Sequence[str], root: Path) -> str:
    """Return a sentence on where images are that are not at their names.

    Args:
        names: Names as in the table; those that are there are passed over.
        root: The folder that they start from.
    """
    if not root.is_dir():
        return f"There is no folder {root}: correct --root."
    absent = [name for name in names if not (root / name).is_file()][:_TRIED]
    search = ImageSearch(root, at_most=_LOOKED_AT)
    found = [(name, search.find(name)) for name in absent]
    there = [(name, paths) for name, paths in found if paths]
    if not there:
        return (
            f"No image in any folder below {root} is called {absent[0]!r}, with a suffix or "
            "without: name the folder above the images by --root, or take the rows out of the "
            "table."
        )
    name, paths = there[0]
    if len(paths) > 1:
        return (
            f"Several files are called so: {name!r} is {name_some(paths, limit=3)}. Name the "
            "folder of those that are meant by --root, with --find where suffixes lack."
        )
    return (
        f"Of {len(absent)} that are missing {len(there)} were found by their name, such as "
        f"{paths[0]!r} for {name!r}: add --find to have names looked up in all folders below "
        f"{root}, with their suffix or without."
    )
