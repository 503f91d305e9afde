"""What a study's options lack, and what its table suggests for each."""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prevalens import _cells
from prevalens._checks import did_you_mean
from prevalens._tables import Cells
from prevalens.verbs.image_search import PICTURES
from prevalens.verbs.label_cells import (
    WHOLE,
    classes_in,
    labels_in_columns,
    separator_of,
    wants_labels,
)

# As a header may call them; letter case, blanks, underscores and the like do not matter.
_KNOWN = {
    "image": "image file filename path filepath imagepath img imageid imageindex imagename "
    "imagefile imagefilename dicom dicomid isicid idcode sopinstanceuid slice tile",
    "label": "label labels class classes classlabel diagnosis dx target y category finding "
    "findings findinglabels celltype",
    "patient": "patient patientid pid patientnumber subject subjectid person personid case caseid "
    "donor donorid mrn lesion lesionid",
}
_SHOWN = 12  # classes that are listed
_FEW = 20  # values of a column that may be classes
# A column of flags says itself which class is asked for: the yes to its no.
_FLAGS = {"1": "0", "true": "false", "yes": "no", "positive": "negative"}
_WORDS = {"image": "IMAGES", "label": "CLASSES", "patient": "PATIENTS"}


def lacking_options(
    columns: Mapping[str, Cells],
    options: argparse.Namespace,
    further: Sequence[str],
    *,
    independent: bool,
) -> list[str]:
    """Return a line for each option that is missing or names nothing, and what to add for all.

    Args:
        columns: The table.
        options: The options.
        further: Other columns that options name.
        independent: Whether every image is another patient's.
    """
    lines, add, taken = [], [], set[str]()
    several, in_columns = wants_labels(options), labels_in_columns(options)
    needed = {"label": not in_columns, "patient": not independent}
    for name in ("image", *(name for name, is_needed in needed.items() if is_needed)):
        given = getattr(options, name)
        if given in columns:
            taken.add(given)
            continue
        near = _suggested(name, columns, options.positive)
        told = f"perhaps --{name} {quoted(near)}" if near else f"name one by --{name}"
        if near is None and name == "label":
            few = [quoted(column) for column in _of_few_values(columns, taken)]
            told += f", such as {' or '.join(few[:6])}" if few else ""
        if name == "patient":
            told += ", or --patient none where every image is another patient's"
        taken |= {near} if near else set()
        add.append(f"--{name} {quoted(near) if near else _WORDS[name]}")
        lines.append(f"no column {given!r} for --{name}; {told}")
    lines += [
        f"no column {name!r}.{did_you_mean(name, columns)}"
        for name in further
        if name not in columns
    ]
    label = options.label if options.label in columns else None
    label = label or _suggested("label", columns, options.positive)
    empty = label is not None and not in_columns and not classes_in(columns[label], None)
    every = label is not None and takes_every_class(columns[label], options)
    every |= several and not empty
    if label:
        lines += [] if every else _lacking_classes(columns, label, options)
    else:
        lines += [] if several else unnamed_positive(options)
    if empty:
        add = [each for each in add if not each.startswith("--label ")] + ["--label CLASSES"]
    elif not (options.positive or every):
        add.append("--positive CLASS")
    lines += unnamed_run(options)
    if lines and every and label and not several:
        lines += [
            f"{each}, to take it against the rest"
            for each in _lacking_classes(columns, label, options)
        ]
    add += [] if options.output else ["-o RUN"]
    return [*lines, f"To go on, add: {' '.join(add)}"] if lines and add else lines


def flagged(columns: Mapping[str, Cells], options: argparse.Namespace) -> str | None:
    """Return the positive class of a column of flags, 0 and 1 or yes and no, where none was named.

    Args:
        columns: The table.
        options: The options.
    """
    if options.positive is not None or options.label not in columns:
        return None
    names = classes_in(columns[options.label], None)
    found = {name.lower(): name for name in names}
    if len(names) > len(found):  # one is written in two ways: nothing is told for sure
        return None
    return next(
        (name for flag, name in found.items() if {*found} == {flag, _FLAGS.get(flag)}), None
    )


def takes_every_class(cells: Cells, options: argparse.Namespace) -> bool:
    """Tell whether the study is of all classes: three or more, and none is named as positive."""
    if separator_of(cells, None) is not None:
        return False
    return every_class(len(classes_in(cells, None)), options)


def every_class(n_classes: int, options: argparse.Namespace) -> bool:
    """Tell whether all of so many classes are studied where the options name no positive one."""
    one = (options.positive, options.versus, options.separator, options.combine)
    return all(each is None for each in one) and 3 <= n_classes <= _FEW


def in_order(names: Iterable[str]) -> list[str]:
    """Return class names by their number where all are numbers, else as texts."""
    found = list(names)
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)


def unnamed_positive(options: argparse.Namespace) -> list[str]:
    """Return the line that asks for the positive class, where it lacks."""
    return [] if options.positive else ["no --positive; name the class whose miss costs"]


def unnamed_class(counts: Counter[str], options: argparse.Namespace) -> list[str]:
    """Return the line that asks for the positive class where it lacks or is none of those counted.

    Args:
        counts: Images of each class.
        options: The options.
    """
    named = [f"{quoted(name)} ({n} images)" for name, n in counts.most_common(_SHOWN)]
    rest = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    classes = ", ".join(named) + rest
    if options.positive is None:
        return [f"no --positive; name the class whose miss costs, one of {classes}"]
    if _cells.as_text(options.positive) in counts:
        return []
    told = did_you_mean(options.positive, counts)
    return [f"no class {options.positive!r} for --positive; the classes are {classes}.{told}"]


def unnamed_run(options: argparse.Namespace) -> list[str]:
    """Return the line that asks for the folder of the run, where it lacks."""
    return [] if options.output else ["no --output; name the folder that the run is written to"]


def quoted(name: str) -> str:
    """Return a name as a shell takes it."""
    return name if re.fullmatch(r"[\w.+-]+", name) else f"'{name}'"


def _lacking_classes(
    columns: Mapping[str, Cells], label: str, options: argparse.Namespace
) -> list[str]:
    """Return what the classes of the column ask for."""
    cells = columns[label]
    separator = options.separator or separator_of(cells, options.positive)
    counts = classes_in(cells, None if separator == WHOLE else separator)
    if not counts:
        few = [quoted(column) for column in _of_few_values(columns, {label})]
        such = f", such as {' or '.join(few[:6])}" if few else ""
        return [f"column {label!r} is empty; name another by --label{such}"]
    found = unnamed_class(counts, options)
    if options.positive is None and separator not in {None, WHOLE}:
        told = (
            "cells name several findings: --positive and one studies it against all other images, "
            f"--separator '{separator}' without --positive all of them at once"
        )
        found = [f"{each} ({told})" for each in found]
    return found


def _suggested(name: str, columns: Mapping[str, Cells], positive: str | None) -> str | None:
    """Return the column that its name, or else what is in it, suggests."""
    known = _KNOWN[name].split()
    plain = {column: re.sub(r"[^a-z0-9]", "", column.lower()) for column in columns}
    found = [column for each in known for column in columns if plain[column] == each]
    if name == "image":
        # Of columns that are called so, one that names pictures.
        pictures = [column for column, cells in columns.items() if _are_pictures(cells)]
        found = [column for column in found if column in pictures] or found or pictures
    if name == "label" and positive is not None:
        # A column that holds the class beats one that is only called so.
        holding = [column for column, cells in columns.items() if positive in cells]
        found = [column for column in found if column in holding] or holding or found
    return found[0] if found else None


def _of_few_values(columns: Mapping[str, Cells], taken: set[str]) -> list[str]:
    """Return the columns whose values may be classes: few, and each of several rows."""
    found = []
    for name, cells in columns.items():
        values = {None if _cells.is_missing(cell) else _cells.as_text(cell) for cell in cells}
        if name not in taken and 2 <= len(values) <= min(_FEW, len(cells) // 2):
            found.append(name)
    return found


def _are_pictures(cells: Cells) -> bool:
    named = [str(cell).lower().endswith(PICTURES) for cell in cells if cell is not None]
    return bool(named) and sum(named) > len(named) / 2
