"""Images that a verb is given: files, folders, or a table of paths."""

import argparse
from pathlib import Path

from prevalens import images
from prevalens._paths import walk
from prevalens._tables import find_column, read_all_columns
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.image_search import PICTURES


def add_images(parser: argparse.ArgumentParser) -> None:
    """Add what says which images are meant."""
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGES", help="files, folders, or one CSV of paths")
    add(
        "--image",
        default="image",
        metavar="COLUMN",
        help="column of image paths in the CSV (default: image)",
    )
    add(
        "--root",
        metavar="FOLDER",
        help="folder of the CSV's image paths (default: that of the CSV)",
    )


def paths_of(options: argparse.Namespace) -> list[str]:
    """Return the paths of the images that were named, all of them there.

    Raises:
        InvalidInputError: there is none, the table lacks the column, some are not there, or a
            folder may not be read.
    """
    found: list[str] = []
    for name in options.images:
        path = Path(name)
        if path.is_dir():
            files = sorted(Path(folder, each) for folder, _, names in walk(path) for each in names)
            found += [str(file) for file in files if _is_image(file)]
        elif path.suffix.lower() in {".csv", ".tsv"}:
            root = path.parent if options.root is None else Path(options.root)
            cells = find_column(read_all_columns(path), options.image, purpose="image paths")
            if None in cells:
                raise InvalidInputError(
                    f"Row {cells.index(None) + 1} of {path} names no image. Correct the table."
                )
            found += [str(root / str(cell)) for cell in cells]
        elif path.is_file():
            found.append(name)
        else:
            raise InvalidInputError(
                f"{name} does not exist. Name an image file, a folder of images, or a CSV."
            )
    if not found:
        raise InvalidInputError(
            f"No image is below {', '.join(options.images)}. Name files, a folder of "
            f"{', '.join(PICTURES)}, or a CSV."
        )
    absent = [path for path in found if not Path(path).is_file()]
    if absent:
        raise InvalidInputError(
            f"{len(absent)} of {len(found)} images are not there, the first is {absent[0]}. Name "
            "the folder that paths start from by --root, or correct the table."
        )
    return found


def _is_image(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() in PICTURES or images.is_dicom(path))
