"""prevalens predict: the score of each image by a saved classifier."""

import argparse
from pathlib import Path

from prevalens import images, models
from prevalens._tables import find_column, read_all_columns, write_columns
from prevalens.exceptions import InvalidInputError

PURPOSE = "score images with a saved classifier"
EXAMPLE = "runs/sick/model.keras new_images/ -o predictions.csv"
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".dcm", ".webp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the verb."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="classifier that `study` or `save_classifier` wrote")
    add("images", nargs="+", metavar="IMAGES", help="files, folders, or one CSV of paths")
    add("--image", default="image", metavar="COLUMN", help="of the CSV: image paths (image)")
    add("--root", metavar="FOLDER", help="of the CSV: where paths start (its folder)")
    add("--prevalence", type=float, metavar="SHARE", help="of the positive among these images")
    add("-o", "--output", required=True, metavar="FILE", help="CSV to write")


def run(options: argparse.Namespace) -> int:
    """Score the images and write the table; return 0."""
    paths = _paths(options)
    absent = [path for path in paths if not Path(path).is_file()]
    if absent:
        raise InvalidInputError(
            f"{len(absent)} of {len(paths)} images are not there, the first is {absent[0]}. Name "
            "the folder that paths start from by --root, or correct the table."
        )
    classifier = models.load_classifier(options.model)
    answer = classifier(paths, prevalence=options.prevalence)
    columns = {"image": paths}
    if answer.scores.ndim == 1:
        columns["score"] = answer.scores.tolist()
    else:
        for place, name in enumerate(classifier.card.classes):
            columns[f"score_{name}"] = answer.scores[:, place].tolist()
    write_columns(options.output, columns | {"predicted": answer.names.tolist()})
    print(f"wrote {options.output}: {len(paths)} images")  # noqa: T201
    return 0


def _paths(options: argparse.Namespace) -> list[str]:
    """Return the paths of the images that were named.

    Raises:
        InvalidInputError: there is none, or the table lacks the column.
    """
    found: list[str] = []
    for name in options.images:
        path = Path(name)
        if path.is_dir():
            found += [str(file) for file in sorted(path.rglob("*")) if _is_image(file)]
        elif path.suffix.lower() in {".csv", ".tsv"}:
            root = path.parent if options.root is None else Path(options.root)
            cells = find_column(read_all_columns(path), options.image, purpose="image paths")
            if None in cells:
                raise InvalidInputError(
                    f"Row {cells.index(None) + 1} of {path} names no image. Correct the table."
                )
            found += [str(root / str(cell)) for cell in cells]
        else:
            found.append(name)
    if not found:
        raise InvalidInputError(
            f"No image is below {', '.join(options.images)}. Name files, a folder of "
            f"{', '.join(_SUFFIXES)}, or a CSV."
        )
    return found


def _is_image(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() in _SUFFIXES or images.is_dicom(path))
