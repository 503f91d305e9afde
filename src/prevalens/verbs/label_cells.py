"""Cells of a label column that name several findings, such as `Edema|Effusion`."""

import argparse
from collections import Counter
from collections.abc import Mapping

from prevalens import _cells
from prevalens._checks import name_some
from prevalens._tables import Cells
from prevalens.exceptions import InvalidInputError

SEPARATORS = ("|", ";", ",")
DROP = "drop"  # what --blank says where rows without a label are left out
WHOLE = "none"  # what --separator says where each cell is one class


def separator_of(cells: Cells, positive: str | None) -> str | None:
    """Return what parts the findings of a cell, or None where each cell is one class.

    With a positive class it must stand as one of several in some cell; without, a bar is enough.
    """
    texts = set(_texts(cells))
    if positive is None:
        return "|" if any("|" in text for text in texts) else None
    for separator in SEPARATORS:
        if any(text != positive and positive in parts_of(text, separator) for text in texts):
            return separator
    return None


def wants_labels(options: argparse.Namespace) -> bool:
    """Tell whether a study is of several labels: columns, or all findings that cells name."""
    named = bool(getattr(options, "labels", None))
    return named or (options.separator not in {None, WHOLE} and options.positive is None)


def labels_in_columns(options: argparse.Namespace) -> bool:
    """Tell whether a study is of several labels with a column each."""
    return wants_labels(options) and options.separator in {None, WHOLE}


def parts_of(text: str, separator: str | None) -> list[str]:
    """Return the findings that a cell names."""
    if separator is None:
        return [text]
    return [part.strip() for part in text.split(separator) if part.strip()]


def classes_in(cells: Cells, separator: str | None) -> Counter[str]:
    """Count the images of each class or finding, in the library's own spelling of a text."""
    return Counter(part for text in _texts(cells) for part in parts_of(text, separator))


def one_finding(cells: Cells, positive: str, separator: str) -> Cells:
    """Return `positive` where a cell names it, `not ...` where it does not, blanks as they are."""
    rest = f"not {positive}"
    return [
        cell
        if _cells.is_missing(cell)
        else positive
        if positive in parts_of(_cells.as_text(cell), separator)
        else rest
        for cell in cells
    ]


def without_blanks(
    columns: Mapping[str, Cells], label: str, blank: str | None
) -> tuple[dict[str, Cells], int]:
    """Return the columns with blank labels named, or their rows left out, and how many there are.

    Args:
        columns: The table.
        label: Its column of labels.
        blank: Class of images whose label is blank; `"drop"` leaves them out; None refuses them.

    Raises:
        InvalidInputError: there are some, and nothing says what they are.
    """
    empty = [_cells.is_missing(cell) for cell in columns[label]]
    if not any(empty):
        return dict(columns), 0
    if blank is None:
        raise InvalidInputError(
            f"{sum(empty)} of {len(empty)} rows have no label in column {label!r}. Add --blank "
            f"{DROP} to leave them out, or --blank and the class that a blank stands for."
        )
    if blank == DROP:
        kept = [row for row, lacks in enumerate(empty) if not lacks]
        return {name: [cells[row] for row in kept] for name, cells in columns.items()}, sum(empty)
    named = [blank if lacks else cell for lacks, cell in zip(empty, columns[label], strict=True)]
    return {**columns, label: named}, sum(empty)


def refuse_ambiguous(cells: Cells, positive: str) -> None:
    """Refuse cells in which the positive class is one of several findings, unasked.

    Raises:
        InvalidInputError: there are such cells: taken whole, each would count as negative.
    """
    separator = separator_of(cells, positive)
    if separator is None:
        return
    mixed = [
        text for text in _texts(cells) if text != positive and positive in parts_of(text, separator)
    ]
    raise InvalidInputError(
        f"In {len(mixed)} rows {positive!r} is one of several findings, such as "
        f"{name_some(dict.fromkeys(mixed), limit=2)}. Add --separator '{separator}' to take "
        f"these images as {positive!r} too, or --separator {WHOLE} to take each cell as one class, "
        f"by which they are not."
    )


def _texts(cells: Cells) -> list[str]:
    return [_cells.as_text(cell) for cell in cells if not _cells.is_missing(cell)]
