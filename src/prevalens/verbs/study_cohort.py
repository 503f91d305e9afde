"""The cohort of a study, from the options; all that is missing is named at once."""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens import cohorts
from prevalens._cells import as_text
from prevalens._checks import name_some
from prevalens._tables import Cells, read_all_columns
from prevalens.cohorts.classes import SOME_LABEL
from prevalens.cohorts.image_names import escaped
from prevalens.cohorts.path_pattern import compiled
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.verbs.folder_layout import BELOW_CLASS, classes_below, lacking_of_folder, or_table
from prevalens.verbs.image_search import find_images, told_where
from prevalens.verbs.label_cells import (
    DROP,
    WHOLE,
    classes_in,
    labels_in_columns,
    one_finding,
    refuse_ambiguous,
    wants_labels,
    without_blanks,
)
from prevalens.verbs.missing_options import flagged, in_order, lacking_options, quoted
from prevalens.verbs.study_classes import FEW_IDS, named_classes, replaced, stand_in
from prevalens.verbs.study_labels import as_one_label, label_table, labelled, refuse_of_classes

_INDEPENDENT = "--patient none: every image is taken as another patient's"


def read_cohort(options: argparse.Namespace) -> "cohorts.Cohort":
    """Read the cohort that the options name, of the classes that they ask for.

    Raises:
        InvalidInputError: options or columns are missing (all are named at once), or `--versus`
            is no class.
    """
    found = read_images(options)
    return found if isinstance(found, cohorts.MultilabelCohort) else named_classes(found, options)


def read_images(options: argparse.Namespace) -> "cohorts.Cohort":
    """Read the cohort that the options name, of all its classes.

    Raises:
        InvalidInputError: options or columns are missing; all are named at once.
    """
    source = Path(options.source)
    if not source.is_dir():
        return _from_table(source, options)
    _refuse_table_options(source, options)
    if lacking := lacking_of_folder(source, options):
        raise InvalidInputError(
            "\n".join([f"For the folder {source}:", *map("  {}".format, lacking)])
        )
    return _from_folder(source, options)


def _refuse_table_options(source: Path, options: argparse.Namespace) -> None:
    independent = options.patient.lower() == "none"
    named: dict[str, Any] = {"image": "image", "label": "label", "root": None, "covariates": []}
    named |= dict.fromkeys(("separator", "blank", "combine")) | {"find": False, "labels": []}
    named |= {} if independent else {"patient": "patient"}
    ignored = [f"--{name}" for name, x in named.items() if getattr(options, name, x) != x]
    if ignored:
        raise InvalidInputError(
            f"{', '.join(ignored)}: of a table, but {source} is a folder. Name the parts of its "
            "paths by --pattern, such as '{label}/{patient}_{shot}.png'."
        )


def _from_folder(source: Path, options: argparse.Namespace) -> "cohorts.Cohort":
    """Read a folder of class folders, or one whose paths `--pattern` describes."""
    independent = options.patient.lower() == "none"
    pattern = options.pattern
    if independent:
        # The path is the id, so that no two images share one.
        inside = compiled(pattern or BELOW_CLASS, needs=("label",)).pattern
        pattern = f"(?P<patient>{inside})"
    given = {} if pattern is None else {"pattern": pattern}
    try:
        classes = [] if options.positive else in_order(classes_below(source, options))
        cohort = cohorts.read_folder(
            source,
            **given,
            **stand_in(classes, options),
            follow_links=options.allow_outside,
        )
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{error}\nOf a folder, describe the paths by --pattern, such as "
            "'{label}/{patient}_{shot}.png'; add --patient none where every image is another "
            f"patient's{or_table(source)}."
        ) from error
    if pattern is None:
        _check_ids(cohort)
    ids = np.unique(cohort.patients).tolist()
    shown = ", ".join(map(quoted, ids[:3])) + (", ..." if len(ids) > 3 else "")
    print(_INDEPENDENT if independent else f"{len(ids)} patient ids from file names: {shown}")  # noqa: T201
    return cohort


def _check_ids(cohort: "cohorts.Cohort") -> None:
    """Refuse beginnings of file names that are rather those of a class than of its patients."""
    for code, name in enumerate(cohort.classes):
        rows = cohort.labels == code
        ids = np.unique(cohort.patients[rows]).tolist()
        if len(ids) < FEW_IDS < int(rows.sum()):
            raise InvalidInputError(
                f"Patient ids are what stands before '_' in file names, but the {rows.sum():,} "
                f"images of {name!r} share {name_some(ids)}. If these are no patients, add "
                "--patient none where every image is another patient's, or --pattern with the "
                "place of {patient}; if they are, say so by --pattern "
                "'{label}/{patient}_{shot}.png'."
            )


def _from_table(source: Path, options: argparse.Namespace) -> "cohorts.Cohort":
    columns = read_all_columns(source)
    independent = _is_independent(columns, options)
    several = wants_labels(options)
    if several:
        refuse_of_classes(options)
    flag = None if several else flagged(columns, options)
    if flag is not None:
        options.positive = flag
    lacking = lacking_options(columns, options, _further(options), independent=independent)
    if lacking:
        header = f"{source} has the columns {', '.join(map(repr, columns))}, but:"
        raise InvalidInputError("\n  ".join([header, *lacking]))
    if flag is not None:
        told = f"{flag} is the positive class; --positive and the other turns that round"
        print(f"{options.label} holds flags: {told}")  # noqa: T201
    if independent:
        print(_INDEPENDENT)  # noqa: T201
    given, blanks = _labelled_rows(columns, options)
    table = label_table(given, options) if several else None
    _refuse_answers(options, table[0] if table and labels_in_columns(options) else [options.label])
    if table:
        given, one = as_one_label(given, table, options)
        cohort = _listed(source, given, one, altered=True, classes=SOME_LABEL)
    else:
        cohort = _listed(source, given, options, altered=blanks > 0)
    if blanks and options.blank == DROP and options.combine is None:
        unlabelled = cohorts.LeftOut(reason="no label (--blank drop)", images=blanks)
        cohort = replaced(cohort, left_out=(unlabelled,))
    return labelled(cohort, table, options.leave_out) if table else cohort


def _refuse_answers(options: argparse.Namespace, answers: Sequence[str]) -> None:
    """Refuse covariates that are what is to be predicted: a baseline of them would be perfect."""
    wrong = [name for name in options.covariates if name in answers]
    if wrong:
        raise InvalidInputError(
            f"--covariates must be known without the label, got {name_some(wrong)}, which the "
            "study predicts. Leave it out of --covariates."
        )


def _is_independent(columns: Mapping[str, Cells], options: argparse.Namespace) -> bool:
    """Tell whether every image is stated to be another patient's."""
    return options.patient.lower() == "none" and "none" not in columns


def _further(options: argparse.Namespace) -> list[str]:
    return [*options.covariates, *([options.part_column] if options.part_column else [])]


def _listed(
    source: Path,
    given: Mapping[str, Cells],
    options: argparse.Namespace,
    *,
    altered: bool,
    **classes: Any,
) -> "cohorts.Cohort":
    """Read the images of a table; `altered` says that its columns are not those of the file."""
    root = source.parent if options.root is None else Path(options.root)
    root, names = _below(given[options.image], root, given=options.root is not None)
    changed = {} if names is None else {options.image: names}
    if options.find:
        changed[options.image] = find_images(_spelled(given[options.image]), root)
    changed |= _labels(given[options.label], options)
    classes = stand_in(in_order(classes_in(given[options.label], None)), options) | classes
    try:
        cohort = cohorts.read_table(
            {**given, **changed} if changed or altered else source,
            image=options.image,
            label=options.label,
            patient=None if _is_independent(given, options) else options.patient,
            **classes,
            covariates=_further(options),
            combine=options.combine,
            root=root,
            allow_outside=options.allow_outside,
        )
    except UnreadableImageError as error:
        if options.find:
            raise
        told = told_where(_spelled(given[options.image]), root)
        raise UnreadableImageError(f"{error}\n{told}") from error
    whence = cohort.provenance.replace("a data frame", f"the table {escaped(source.name)}", 1)
    return replaced(cohort, provenance=whence)


def _labelled_rows(
    columns: dict[str, Cells], options: argparse.Namespace
) -> tuple[dict[str, Cells], int]:
    """Return the columns of the rows with a label, and how many rows without one there are."""
    if labels_in_columns(options):
        return columns, 0
    given, blanks = without_blanks(columns, options.label, options.blank)
    if blanks:
        told = "left out" if options.blank == DROP else f"taken as {options.blank!r}"
        print(f"{blanks} rows without a label are {told}")  # noqa: T201
    return given, blanks


def _spelled(cells: Cells) -> list[str]:
    return ["" if cell is None else str(cell).strip().replace("\\", "/") for cell in cells]


def _labels(cells: Cells, options: argparse.Namespace) -> dict[str, Cells]:
    """Return the label column where its cells are taken apart, refused where that is unclear."""
    if options.positive is None:
        return {}
    positive = as_text(options.positive)
    if options.separator is None:
        refuse_ambiguous(cells, positive)
        return {}
    if options.separator == WHOLE:
        return {}
    if options.versus not in {None, "rest"}:
        raise InvalidInputError(
            f"--separator takes images of {positive!r} against all others, got --versus "
            f"{options.versus!r}. Leave one of them out."
        )
    return {options.label: one_finding(cells, positive, options.separator)}


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
