"""The cohort of a study, from the options; all that is missing is named at once."""

import argparse
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens import cohorts
from prevalens._checks import did_you_mean
from prevalens._tables import Cells, read_all_columns
from prevalens.cohorts.path_pattern import compiled
from prevalens.exceptions import InvalidInputError

# As a header may call them; letter case, blanks, underscores and the like do not matter.
_KNOWN = {
    "image": "image file filename path filepath imagepath img imageid imageindex imagename "
    "imagefile imagefilename dicom",
    "label": "label labels class classes classlabel diagnosis dx target y category finding "
    "findings findinglabels celltype",
    "patient": "patient patientid pid patientnumber subject subjectid person personid case caseid "
    "donor donorid lesion lesionid",
}
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".dcm", ".gif", ".webp")
_SHOWN = 12  # classes that are listed
_BELOW_CLASS = r"(?:.*/)?(?P<label>[^/]+)/[^/]+"
_INDEPENDENT = "--patient none: every image is taken as another patient's"


def read_cohort(options: argparse.Namespace) -> "cohorts.Cohort":
    """Read the cohort that the options name.

    Raises:
        InvalidInputError: options or columns are missing (all are named at once), or `--versus`
            is no class.
    """
    source = Path(options.source)
    if not source.is_dir():
        return _two_classes(_from_table(source, options), options)
    if lacking := [*_unnamed_positive(options), *_unnamed_run(options)]:
        raise InvalidInputError(
            "\n".join([f"For the folder {source}:", *map("  {}".format, lacking)])
        )
    return _two_classes(_from_folder(source, options), options)


def _from_folder(source: Path, options: argparse.Namespace) -> "cohorts.Cohort":
    """Read a folder of class folders, or one whose paths `--pattern` describes."""
    independent = options.patient.lower() == "none"
    named: dict[str, Any] = {"image": "image", "label": "label", "root": None, "covariates": []}
    named |= {} if independent else {"patient": "patient"}
    ignored = [f"--{name}" for name, usual in named.items() if getattr(options, name) != usual]
    if ignored:
        raise InvalidInputError(
            f"{', '.join(ignored)}: of a table, but {source} is a folder. Name the parts of its "
            "paths by --pattern, such as '{label}/{patient}_{shot}.png'."
        )
    pattern = options.pattern
    if independent:
        # The path is the id, so that no two images share one.
        inside = compiled(pattern or _BELOW_CLASS, needs=("label",)).pattern
        pattern = f"(?P<patient>{inside})"
    given = {} if pattern is None else {"pattern": pattern}
    try:
        cohort = cohorts.read_folder(source, **given, positive=options.positive)
    except InvalidInputError as error:
        tables = sorted(path.name for path in source.glob("*.csv"))
        told = f", or give the table {', '.join(tables)} in it" if tables else ""
        raise InvalidInputError(
            f"{error}\nOf a folder, describe the paths by --pattern, such as "
            "'{label}/{patient}_{shot}.png'; add --patient none where every image is another "
            f"patient's{told}."
        ) from error
    ids = np.unique(cohort.patients).tolist()
    shown = ", ".join(map(_quoted, ids[:3])) + (", ..." if len(ids) > 3 else "")
    print(_INDEPENDENT if independent else f"{len(ids)} patient ids from file names: {shown}")  # noqa: T201
    return cohort


def _from_table(source: Path, options: argparse.Namespace) -> "cohorts.Cohort":
    columns = read_all_columns(source)
    independent = options.patient.lower() == "none" and "none" not in columns
    further = [*options.covariates, *([options.part_column] if options.part_column else [])]
    lacking = _lacking(columns, options, further, independent=independent)
    if lacking:
        header = f"{source} has the columns {', '.join(map(repr, columns))}, but:"
        raise InvalidInputError("\n  ".join([header, *lacking]))
    if independent:
        print(_INDEPENDENT)  # noqa: T201
    root = source.parent if options.root is None else Path(options.root)
    root, names = _below(columns[options.image], root, given=options.root is not None)
    return cohorts.read_table(
        source if names is None else columns | {options.image: names},
        image=options.image,
        label=options.label,
        patient=None if independent else options.patient,
        positive=options.positive,
        covariates=further,
        root=root,
        allow_outside=options.allow_outside,
    )


def _lacking(
    columns: Mapping[str, Cells],
    options: argparse.Namespace,
    further: Sequence[str],
    *,
    independent: bool,
) -> list[str]:
    """Return a line for each option that is missing or names nothing."""
    lines = []
    label = options.label if options.label in columns else None
    for name in ("image", "label", *(() if independent else ("patient",))):
        if getattr(options, name) in columns:
            continue
        near = _suggested(name, columns, options.positive)
        label = near if name == "label" else label
        told = f"perhaps --{name} {_quoted(near)}" if near else f"name one by --{name}"
        if name == "patient":
            told += ", or --patient none where every image is another patient's"
        lines.append(f"no column {getattr(options, name)!r} for --{name}; {told}")
    lines += [
        f"no column {name!r}.{did_you_mean(name, columns)}"
        for name in further
        if name not in columns
    ]
    of_classes = _lacking_classes(columns[label], options) if label else _unnamed_positive(options)
    return [*lines, *of_classes, *_unnamed_run(options)]


def _unnamed_positive(options: argparse.Namespace) -> list[str]:
    return [] if options.positive else ["no --positive; name the class whose miss costs"]


def _unnamed_run(options: argparse.Namespace) -> list[str]:
    return [] if options.output else ["no --output; name the folder that the run is written to"]


def _lacking_classes(cells: Cells, options: argparse.Namespace) -> list[str]:
    """Return what the classes of the column ask for."""
    counts = Counter(str(cell) for cell in cells if cell is not None)
    named = [f"{_quoted(name)} ({n} images)" for name, n in counts.most_common(_SHOWN)]
    rest = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    classes = ", ".join(named) + rest
    lines = []
    if options.positive is None:
        lines.append(f"no --positive; name the class whose miss costs, one of {classes}")
    elif options.positive not in counts:
        lines.append(
            f"no class {options.positive!r} for --positive; the classes are {classes}."
            + did_you_mean(options.positive, counts)
        )
    return lines


def _suggested(name: str, columns: Mapping[str, Cells], positive: str | None) -> str | None:
    """Return the column that its name, or else what is in it, suggests."""
    known = _KNOWN[name].split()
    plain = {column: re.sub(r"[^a-z0-9]", "", column.lower()) for column in columns}
    found = [column for each in known for column in columns if plain[column] == each]
    if not found and name == "image":
        found = [column for column, cells in columns.items() if _are_pictures(cells)]
    if name == "label" and positive is not None:
        # A column that holds the class beats one that is only called so.
        holding = [column for column, cells in columns.items() if positive in cells]
        found = [column for column in found if column in holding] or holding or found
    return found[0] if found else None


def _are_pictures(cells: Cells) -> bool:
    named = [str(cell).lower().endswith(_PICTURES) for cell in cells if cell is not None]
    return bool(named) and sum(named) > len(named) / 2


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.+-]+", name) else f"'{name}'"


def _below(cells: Cells, root: Path, *, given: bool) -> tuple[Path, list[str] | None]:
    """Return the folder that paths start from, and paths below it where all were absolute."""
    names = [str(cell) for cell in cells if cell is not None]
    if len(names) < len(cells) or not names or not all(map(os.path.isabs, names)):
        return root, None
    # The table of one's own study may name its files in full; they are taken from above them all.
    top = root.resolve() if given else Path(os.path.commonpath([Path(n).parent for n in names]))
    if not all(Path(name).is_relative_to(top) for name in names):
        return root, None
    return top, [Path(name).relative_to(top).as_posix() for name in names]


def _two_classes(cohort: "cohorts.Cohort", options: argparse.Namespace) -> "cohorts.Cohort":
    others = [name for name in cohort.classes if name != cohort.positive]
    if options.versus in {None, "rest"} and (options.versus is None or "rest" not in others):
        if len(others) > 1:
            counts = Counter(cohort.label_names.tolist())
            named = ", ".join(f"{_quoted(name)} ({counts[name]} images)" for name in others)
            tell = "" if options.versus else "; --versus and a class takes one of them alone"
            print(f"{_quoted(cohort.positive)} against the rest: {named}{tell}")  # noqa: T201
            return cohort.one_vs_rest(cohort.positive)
        return cohort
    if options.versus not in others:
        raise InvalidInputError(
            f"--versus must be 'rest' or one of {', '.join(map(repr, others))}, got "
            f"{options.versus!r}."
        )
    return cohort.drop_classes([name for name in others if name != options.versus])
