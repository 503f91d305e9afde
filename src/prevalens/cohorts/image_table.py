"""From a table with a row for each image to a cohort."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prevalens._cells import as_text
from prevalens._checks import check_choice, check_path, did_you_mean, name_some
from prevalens._columns import encode
from prevalens._tables import Cells, read_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.image_names import escaped, spelled
from prevalens.cohorts.listed_files import check_files as check_listed_files
from prevalens.exceptions import InvalidInputError
from prevalens.images.readers.reader import Reader


def read_table(
    source: Any,
    *,
    image: str,
    label: str,
    patient: str | Sequence[str] | None,
    positive: str,
    covariates: Sequence[str] = (),
    root: str | os.PathLike[str] | None = None,
    classes: Sequence[str] = (),
    combine: str | None = None,
    allow_outside: bool = False,
    check_files: bool = True,
    reader: Reader | None = None,
) -> Cohort:
    """Read a cohort from a table with one row per image.

    The same table makes the same cohort whether it is a file or in memory: `Cohort` says what a
    cell means. Rows without any cell are left out.

    Args:
        source: Path of a CSV or TSV file (UTF-8; comma, semicolon, tab or bar), or a pandas,
            polars or pyarrow table, or a mapping of columns.
        image: Name of the column with the images' paths.
        label: Name of the column with the classes.
        patient: Name of the column with the patients' ids; or several names where an id holds
            only together with them, such as `["site", "id"]`, which are joined by `/`. None says
            aloud that every image is another patient's.
        positive: The class whose miss is the costly error.
        covariates: Names of further columns to keep.
        root: Folder that the paths start from; by default that of the file `source`, or else the
            working folder.
        classes: Class names, where not all occur or their order matters.
        combine: What an image of several rows is, as in a table with a row for each finding:
            `"any"`, positive where any of its rows is. By default it is refused.
        allow_outside: Whether paths may lead out of `root`: by `..`, as absolute paths or
            through links. A table from elsewhere has no business doing so.
        check_files: Whether every image must be there; False reads a table whose images are
            elsewhere.
        reader: What reads the images, see `Cohort`. It says whether an image is there.

    Returns:
        The cohort, in the order of the table.

    Raises:
        InvalidInputError: a column is missing (the nearest name is suggested), a cell of the
            three columns is missing, a path leads out of `root` or to what is no file, or rows of
            one image differ in more than the label.
        UnreadableImageError: images are not there; the text names every one of them, or three
            where all are missing.

    Examples:
        >>> rows = {"file": ["a.png", "b.png"], "diagnosis": ["sick", "well"], "person": ["p", "q"]}
        >>> read_table(
        ...     rows, image="file", label="diagnosis", patient="person", positive="sick",
        ...     check_files=False,
        ... )
        Cohort(2 images of 2 patients: well 1, sick 1)
    """
    keys = [patient] if isinstance(patient, str) else list(patient or ())
    if patient is not None and not keys:
        raise InvalidInputError("`patient` names no column. Name one, or pass None.")
    wanted = dict.fromkeys(covariates, "covariates")
    wanted |= dict.fromkeys(keys, "patient ids (`patient`)")
    wanted |= {image: "images (`image`)", label: "labels (`label`)"}
    columns = read_columns(source, wanted)
    is_file = isinstance(source, str | os.PathLike)
    folder = Path(source).parent if is_file else Path()
    if root is not None:
        folder = Path(check_path("root", root) if root != "" else "")
    read: dict[str, Any] = {
        "image": columns[image],
        "label": columns[label],
        "patient": ids_of(columns, keys) if keys else None,
        "covariates": {name: columns[name] for name in covariates},
    }
    n_rows = len(columns[image])
    if combine is not None:
        check_choice("combine", combine, ("any",))
        read = _combined(read, as_text(positive))
    n_images = len(read["image"])
    whence = f"the table {escaped(Path(source).name)}" if is_file else "a data frame"
    rows = "" if n_images == n_rows else f", {n_rows} rows"
    cohort = Cohort(
        images=read["image"],
        # As texts labels are names; numbers might be indices.
        labels=_texts(read["label"]),
        patients=read["patient"],
        positive=positive,
        classes=tuple(classes),
        covariates=read["covariates"],
        root=folder,
        reader=reader,
        provenance=f"{n_images} images read from {whence}{rows}",
    )
    check_listed_files(
        cohort.images.tolist(),
        folder,
        allow_outside=allow_outside,
        must_exist=check_files,
        reader=reader,
    )
    return cohort


def _texts(cells: Cells) -> Any:
    texts = {cell: None if cell is None else as_text(cell) for cell in set(cells)}
    return [texts[cell] for cell in cells]


def ids_of(columns: Mapping[str, Cells], names: Sequence[str]) -> Any:
    """Return the ids of one column, or those that several columns make together."""
    if len(names) == 1:
        return columns[names[0]]
    parts = [encode(name, columns[name], ids=True).texts.tolist() for name in names]
    together = ["/".join(part) for part in zip(*parts, strict=True)]
    if len(set(together)) != len(set(zip(*parts, strict=True))):
        held = [
            name for name, part in zip(names, parts, strict=True) if any("/" in p for p in part)
        ]
        raise InvalidInputError(
            f"The ids of {names} are joined by '/', but {name_some(held)} hold '/' themselves, and "
            "two patients would become one. Replace it there."
        )
    return together


def _combined(read: dict[str, Any], positive: str) -> dict[str, Any]:
    """Return one row for each image: positive where any of its rows is.

    Raises:
        InvalidInputError: rows of one image differ in another column, or in label with none of
            them positive.
    """
    keys = spelled(read["image"])
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    kept = list(first.values())
    labels = _texts(read["label"])
    if positive not in labels:
        raise InvalidInputError(
            f"`positive` must be one of the labels, got {positive!r}."
            + did_you_mean(positive, {label for label in labels if label})
        )
    others = {"the patient": read["patient"], **read["covariates"]}
    for name, column in others.items():
        _refuse_differing(name, column, keys, first)
    positives = {key for key, label in zip(keys, labels, strict=True) if label == positive}
    rest = [label if key not in positives else "" for key, label in zip(keys, labels, strict=True)]
    _refuse_differing("the label where none is positive", rest, keys, first)
    return {
        "image": [read["image"][row] for row in kept],
        "label": [positive if keys[row] in positives else labels[row] for row in kept],
        "patient": None if read["patient"] is None else [read["patient"][row] for row in kept],
        "covariates": {n: [column[r] for r in kept] for n, column in read["covariates"].items()},
    }


def _refuse_differing(
    name: str, column: Sequence[Any] | None, keys: Sequence[str], first: Mapping[str, int]
) -> None:
    told = [None if cell is None else as_text(cell) for cell in column or ()]
    differing = [keys[row] for row, text in enumerate(told) if text != told[first[keys[row]]]]
    if differing:
        raise InvalidInputError(
            f"Rows of one image must agree in {name}, but those of {name_some(differing)} do not. "
            "Correct the table, or leave the column out."
        )
