"""From a folder or a table to a cohort."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from prevalens._checks import check_choice, name_some
from prevalens._numbers import as_covariate
from prevalens._tables import read_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.decoding import SUFFIXES
from prevalens.images.dicom_file import dicom_patient
from prevalens.images.many_files import map_files

_BY_FOLDER = r"(?P<label>[^/]+)/(?P<patient>[^/_]+)_[^/]*"


def read_folder(
    root: str | os.PathLike[str],
    pattern: str = _BY_FOLDER,
    *,
    positive: str,
    ignore: str | None = None,
    patients_from: str = "pattern",
    classes: Sequence[str] = (),
) -> Cohort:
    r"""Read a cohort from the paths of the images in a folder.

    Args:
        root: The folder; it is searched to any depth for files with an image's suffix.
        pattern: Regular expression that each path below `root`, with forward slashes, matches
            from start to end. The named group `patient` is the patient's id, `label` the class;
            every other named group becomes a covariate. The default reads
            `<label>/<patient>_<anything>`.
        positive: The class whose miss is the costly error.
        ignore: Regular expression of paths to leave out, for example `r".*_mask\.png"`.
        patients_from: `"pattern"`, or `"dicom"` to read each id from the file's DICOM header; the
            pattern then has no group `patient`.
        classes: Class names, where not all occur or their order matters.

    Returns:
        The cohort, in the order of the sorted paths.

    Raises:
        InvalidInputError: there is no such folder, no image in it, the pattern lacks a group, or
            some images match neither pattern nor `ignore`; the text shows three of them.
        UnreadableImageError: a DICOM header names no patient; the text names every such file.
    """
    check_choice("patients_from", patients_from, ("pattern", "dicom"))
    folder = Path(root)
    from_header = patients_from == "dicom"
    wanted = _compiled(pattern, needs=("label",) if from_header else ("patient", "label"))
    if from_header and "patient" in wanted.groupindex:
        raise InvalidInputError(
            "The patient comes from the pattern or from the header, but the pattern "
            f"{pattern!r} names a group `patient` too. Leave one of them out."
        )
    skipped = None if ignore is None else _compiled(ignore, needs=())
    paths = [path for path in image_paths(folder) if not (skipped and skipped.fullmatch(path))]
    found = [wanted.fullmatch(path) for path in paths]
    strangers = [path for path, match in zip(paths, found, strict=True) if match is None]
    if strangers:
        raise InvalidInputError(
            f"Every image must match the pattern, but {len(strangers)} of {len(paths)} do not: "
            f"{name_some(strangers, limit=3)}; the pattern is {pattern!r}. Correct the pattern, "
            "or name what to leave out in `ignore`."
        )
    groups = [match.groupdict() for match in found if match is not None]
    names = [name for name in wanted.groupindex if name not in {"patient", "label"}]
    if from_header:
        patients = map_files(dicom_patient, [folder / path for path in paths])
    else:
        patients = [group["patient"] for group in groups]
    return Cohort(
        images=np.array(paths, dtype=np.str_),
        labels=np.array([group["label"] for group in groups], dtype=object),
        patients=np.array(patients, dtype=object),
        positive=positive,
        classes=tuple(classes),
        covariates={name: as_covariate(name, [g[name] for g in groups]) for name in names},
        root=folder,
        provenance=f"{len(paths)} images read from the folder {folder.name}",
    )


def read_table(
    source: Any,
    *,
    image: str,
    label: str,
    patient: str,
    positive: str,
    covariates: Sequence[str] = (),
    root: str | os.PathLike[str] | None = None,
    classes: Sequence[str] = (),
    allow_outside: bool = False,
    check_files: bool = True,
) -> Cohort:
    """Read a cohort from a table with one row per image.

    Args:
        source: Path of a CSV or TSV file (UTF-8; comma, semicolon, tab or bar), or a pandas,
            polars or pyarrow table, or a mapping of columns.
        image: Name of the column with the images' paths.
        label: Name of the column with the classes.
        patient: Name of the column with the patients' ids.
        positive: The class whose miss is the costly error.
        covariates: Names of further columns to keep.
        root: Folder that the paths start from; by default that of the file `source`, or else the
            working folder.
        classes: Class names, where not all occur or their order matters.
        allow_outside: Whether paths may lead out of `root`: by `..`, as absolute paths or
            through links. A table from elsewhere has no business doing so.
        check_files: Whether every image must be there; False reads a table whose images are
            elsewhere.

    Returns:
        The cohort, in the order of the table.

    Raises:
        InvalidInputError: a column is missing (the nearest name is suggested), a cell of the
            three columns is empty, or a path leads out of `root`.
        UnreadableImageError: images are not there; the text names every one of them, or three
            where all are missing.
    """
    columns = read_columns(source, [image, label, patient, *covariates])
    images = [None if cell is None else os.fspath(cell) for cell in columns[image]]
    is_file = isinstance(source, str | os.PathLike)
    folder = Path(root) if root is not None else Path(source).parent if is_file else Path()
    named = [name for name in images if name is not None]
    if not allow_outside:
        _refuse_outside(named, folder)
    if check_files:
        _refuse_absent(named, folder)
    return Cohort(
        images=np.array(images, dtype=object),
        labels=np.array(columns[label], dtype=object),
        patients=np.array(columns[patient], dtype=object),
        positive=positive,
        classes=tuple(classes),
        covariates={name: as_covariate(name, columns[name]) for name in covariates},
        root=folder,
        provenance=f"{len(images)} images read from "
        + (f"the table {Path(source).name}" if is_file else "a data frame"),
    )


def image_paths(root: Path) -> list[str]:
    """Return the sorted paths below `root`, with forward slashes, of files that look like images.

    Raises:
        InvalidInputError: there is no such folder, or no such file in it.
    """
    if not root.is_dir():
        raise InvalidInputError(f"The folder {root} does not exist. Check the path.")
    found = [
        Path(folder, name).relative_to(root).as_posix()
        for folder, _, names in os.walk(root)
        for name in names
        # A leading dot hides a file: macOS writes ._scan.png beside scan.png.
        if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
    ]
    if not found:
        raise InvalidInputError(
            f"The folder {root} holds no image. Give the folder above the images; suffixes "
            f"looked for: {' '.join(sorted(SUFFIXES))}."
        )
    return sorted(found)


def _compiled(pattern: str, *, needs: tuple[str, ...]) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InvalidInputError(
            f"The pattern {pattern!r} is no regular expression ({error}). Correct it there."
        ) from error
    missing = [name for name in needs if name not in compiled.groupindex]
    if missing:
        raise InvalidInputError(
            f"The pattern must name the groups `patient` and `label`, but {pattern!r} lacks "
            f"{', '.join(missing)}. Write it as (?P<{missing[0]}>...); where no patient is "
            "known, the image's own number can stand for one."
        )
    return compiled


def _refuse_outside(names: Sequence[str], root: Path) -> None:
    base = os.path.realpath(root)
    outside = [name for name in names if _leads_out(name, base)]
    if outside:
        raise InvalidInputError(
            f"Every path must stay below {root}, but {len(outside)} lead out of it: "
            f"{name_some(outside)}. Give the folder above as `root`, or pass allow_outside=True."
        )


def _leads_out(name: str, base: str) -> bool:
    if PurePosixPath(name).is_absolute() or Path(name).is_absolute():
        return True
    real = os.path.realpath(Path(base, name))
    return not real.startswith(os.path.join(base, ""))  # noqa: PTH118 - keeps the last slash


def _refuse_absent(names: Sequence[str], root: Path) -> None:
    absent = [name for name in names if not (root / name).is_file()]
    if not absent:
        return
    where = f"below {root.resolve()}. Correct `root`, or pass check_files=False where the images "
    where += "are elsewhere."
    if len(absent) == len(names) > 3:
        # It is the folder that is wrong, not ten thousand names.
        raise UnreadableImageError(
            f"None of the {len(names)} images is {where} Looked for: {name_some(absent, limit=3)}."
        )
    listed = "\n".join(f"- {name}" for name in absent)
    raise UnreadableImageError(
        f"{len(absent)} of {len(names)} images are not {where} Missing:\n{listed}"
    )
