"""Several labels of an image: a column for each, or all findings that cells name."""

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens import cohorts
from prevalens._cells import as_text, is_missing
from prevalens._checks import did_you_mean, name_some
from prevalens._tables import Cells
from prevalens.cohorts.classes import SOME_LABEL
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.label_cells import WHOLE, classes_in, labels_in_columns, parts_of
from prevalens.verbs.missing_options import quoted

Table = tuple[list[str], NDArray[np.float64]]
_VALUES = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}
_NONE = {"nofinding", "nofindings"}  # what stands where a cell names no finding
_SHOWN = 30


def refuse_of_classes(options: argparse.Namespace) -> None:
    """Refuse options that are of classes, of which an image has one.

    Raises:
        InvalidInputError: there are some.
    """
    given = {
        "--positive": options.positive,
        "--versus": options.versus,
        "--grades": options.grades,
        "--combine": options.combine,
        "--blank": options.blank if labels_in_columns(options) else None,
        "--separator none": options.separator == WHOLE,
    }
    wrong = [name for name, value in given.items() if value]
    if not wrong:
        return
    told = "Leave it out"
    if wrong[0] == "--positive":
        told = "Leave --labels out to study this one against all other images"
    elif wrong[0] == "--blank":
        told = "Leave it out: a blank cell of a label's column says that it is not known"
    elif wrong[0] == "--combine":
        told = "Make the table one row an image first"
    raise InvalidInputError(
        f"{wrong[0]} is of classes, of which an image has one, and this study is of several "
        f"labels. {told}."
    )


def label_table(columns: Mapping[str, Cells], options: argparse.Namespace) -> Table:
    """Return the names of the labels, and 0, 1 and nan (not known) of each row.

    Args:
        columns: The table, without blank labels where its cells name findings.
        options: The options; `labels` names columns or patterns of them, with `separator`
            findings of the cells of `label`, by default all of them.

    Raises:
        InvalidInputError: a name is none, a cell is neither 0, 1 nor blank, or fewer than two
            labels are left.
    """
    out, in_columns = set(map(as_text, options.leave_out)), labels_in_columns(options)
    if in_columns:
        every = _columns_named(columns, options.labels)
    else:
        every = _findings_named(columns[options.label], options)
    unknown = sorted(out - set(every))
    if unknown:
        raise InvalidInputError(
            f"--leave-out names no label: {name_some(unknown)}; the labels are "
            f"{name_some(every, limit=_SHOWN)}." + did_you_mean(unknown[0], every)
        )
    names = [name for name in every if name not in out]
    if len(names) < 2:
        raise InvalidInputError(
            f"A study of several labels needs two or more, got {names}. Of one, take its column "
            "by --label, or the finding by --positive."
        )
    if in_columns:
        return names, np.column_stack([_values(name, columns[name]) for name in names])
    has = [set(parts_of(as_text(cell), options.separator)) for cell in columns[options.label]]
    return names, np.array([[name in of for name in names] for of in has], dtype=np.float64)


def as_one_label(
    columns: Mapping[str, Cells], table: Table, options: argparse.Namespace
) -> tuple[dict[str, Cells], argparse.Namespace]:
    """Return the columns with one of two classes, some label or none, and options that name it.

    Args:
        columns: The table.
        table: What `label_table` returned.
        options: The options; they stay as they are.
    """
    name = "label"
    while name in columns:
        name += "_"
    cells = [SOME_LABEL[int(some)] for some in (table[1] == 1).any(axis=1)]
    changed: dict[str, Any] = {
        "label": name,
        "positive": SOME_LABEL[1],
        "separator": None,
        "leave_out": [],
    }
    return {**columns, name: cells}, argparse.Namespace(**vars(options) | changed)


def labelled(cohort: "cohorts.Cohort", table: Table, left_out: Sequence[str]) -> "cohorts.Cohort":
    """Return the cohort with its labels; what is left out is told.

    Args:
        cohort: The images.
        table: Names, and 0, 1 and nan of each row.
        left_out: Labels that were left out.
    """
    names, targets = table
    if left_out:
        told = f"labels left out, their images stay: {', '.join(map(quoted, left_out))}"
        _say(told)
        cohort = replace(cohort, provenance=f"{cohort.provenance}; {told}")
    made = cohorts.MultilabelCohort.of(cohort, names=names, targets=targets)
    counts = made.describe().labels_of
    named = ", ".join(
        f"{quoted(name)} ({of.images} images"
        + (f" of {of.known} where it is known)" if of.known < len(made) else ")")
        for name, of in counts.items()
    )
    none = int((made.targets == 0).all(axis=1).sum())
    _say(f"{len(names)} labels: {named}; {none} images have none of them")
    return made


def _columns_named(columns: Mapping[str, Cells], asked: Sequence[str]) -> list[str]:
    found = dict[str, None]()
    for name in asked:
        matching = [name] if name in columns else [c for c in columns if fnmatchcase(c, name)]
        if not matching:
            raise InvalidInputError(
                f"--labels names no column: {name!r}; the columns are "
                f"{name_some(columns, limit=_SHOWN)}. Name columns of 0 and 1 or a pattern such as "
                "'finding_*'; where a cell names several findings, add --label COLUMN and "
                f"--separator '|'.{did_you_mean(name, columns)}"
            )
        found |= dict.fromkeys(matching)
    return list(found)


def _findings_named(cells: Cells, options: argparse.Namespace) -> list[str]:
    """Return the findings of the cells that are studied; those that say there is none are not."""
    counts = classes_in(cells, options.separator)
    none = [name for name in counts if _is_none(name)]
    for name in none:
        _say(f"{quoted(name)} ({counts[name]} images) is no label: these images have none")
    every = sorted(name for name in counts if name not in none)
    _refuse_contradictions(cells, none, options.separator)
    if not options.labels:
        return every
    asked = list(map(as_text, options.labels))
    unknown = [name for name in asked if name not in every]
    if unknown:
        raise InvalidInputError(
            f"--labels names no finding of column {options.label!r}: {name_some(unknown)}; it has "
            f"{_counted(counts, every)}.{did_you_mean(unknown[0], every)}"
        )
    return list(dict.fromkeys(asked))


def _refuse_contradictions(cells: Cells, none: Sequence[str], separator: str) -> None:
    texts = [as_text(cell) for cell in cells if not is_missing(cell)]
    parts = [(text, parts_of(text, separator)) for text in set(texts)] if none else []
    wrong = sorted(text for text, of in parts if len(of) > 1 and set(of) & set(none))
    if wrong:
        raise InvalidInputError(
            f"Cells say that there is no finding, and name one: {name_some(wrong)}. Correct them."
        )


def _is_none(name: str) -> bool:
    return re.sub(r"[^a-z]", "", name.lower()) in _NONE


def _values(name: str, cells: Cells) -> NDArray[np.float64]:
    texts = ["" if is_missing(cell) else as_text(cell).lower() for cell in cells]
    wrong = sorted({text for text in texts if text and text not in _VALUES})
    if wrong:
        minus = " -1, which some collections write for 'uncertain', is such a value:" * (
            "-1" in wrong
        )
        raise InvalidInputError(
            f"Column {name!r} of --labels must hold 0, 1 or nothing where it is not known, got "
            f"{name_some(wrong)}.{minus} Write 0, 1 or nothing in the table, or name other columns."
        )
    return np.array([_VALUES.get(text, np.nan) for text in texts])


def _counted(counts: Counter[str], names: Sequence[str]) -> str:
    shown = [f"{quoted(name)} ({counts[name]} images)" for name in names[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _say(text: str) -> None:
    print(text)  # noqa: T201
