"""Columns out of any table, and into a file: CSV and TSV, data frames, dicts of columns."""

import csv
import io
import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from prevalens._cells import MISSING, guarded, is_missing, plain, unguarded
from prevalens._checks import check_same_length, did_you_mean, name_some
from prevalens._columns import TableCells, listed
from prevalens._gate import open_file
from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError

Cells = list[Any]
_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')
_NO_TABLE = re.compile(r"\.(xlsx?|ods|parquet|feather|json|zip|gz|html?|pdf|docx|np[yz]|h5|keras)")
_LARGEST = 2**36  # bytes of a file
_LONGEST = 2**24  # characters of a line
_CHUNK = 1_000  # cells read at a time: few enough for a processor's cache
_SHARED = 50_000  # different cells of a column that are remembered
_FIRST = 10_000  # rows after which a column of which hardly a cell repeats is known


class _Cells(dict[Any, Any]):
    """What each cell means: None where it is missing; equal texts become one text in memory."""

    def __missing__(self, cell: Any) -> Any:
        value = _meaning(cell)
        if len(self) < _SHARED:
            self[cell] = value
        return value


def _meaning(cell: Any) -> Any:
    if isinstance(cell, str):
        text = plain(cell)
        return None if text in MISSING else unguarded(text)
    return None if is_missing(cell) else cell


def read_columns(source: Any, names: Sequence[str] | Mapping[str, str]) -> dict[str, Cells]:
    """Return columns of a table as lists, `None` where a cell is missing.

    Args:
        source: Path of a CSV or TSV file, or a pandas, polars or pyarrow table, or a structured
            numpy array, or a mapping of columns.
        names: The columns wanted; as a mapping with what each is for, in words.

    Raises:
        InvalidInputError: the table lacks a column (the nearest name is suggested), has two of
            one name, columns of different lengths, or the file is not a whole UTF-8 table.
    """
    wanted = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, "")
    if isinstance(source, str | os.PathLike):
        return _read_file(Path(source), wanted)
    columns = _frame(source)
    for name, purpose in wanted.items():
        find_column(columns, name, purpose=purpose)
    return _without_blank_rows({name: _cells(name, columns[name]) for name in wanted}, columns)


def read_all_columns(source: Any) -> dict[str, Cells]:
    """Return every column of a table, as `read_columns` returns those it is asked for."""
    if isinstance(source, str | os.PathLike):
        return _read_file(Path(source), None)
    columns = _frame(source)
    return _without_blank_rows({n: _cells(n, column) for n, column in columns.items()}, columns)


def find_column(
    columns: Mapping[str, Any], name: str, *, purpose: str = "", remedy: str = ""
) -> Any:
    """Return the column called `name`, or say which there are and suggest the nearest."""
    if name in columns:
        return columns[name]
    raise InvalidInputError(
        f"The table has no column {name!r}{f' for the {purpose}' if purpose else ''}; its columns "
        f"are {name_some(columns, limit=20)}.{did_you_mean(name, columns)}{remedy}"
    )


def write_columns(path: str | os.PathLike[str], columns: Mapping[str, Sequence[Any]]) -> None:
    """Write named columns as CSV (UTF-8, commas, a header), whole or not at all, with guards."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(guarded, columns))
        writer.writerows(zip(*(map(guarded, cells) for cells in columns.values()), strict=True))


def _frame(source: Any) -> Mapping[str, Any]:
    """Return the columns of a table in memory by name."""
    if isinstance(source, np.ndarray) and source.dtype.names:
        return {name: source[name] for name in source.dtype.names}
    if isinstance(source, Mapping):
        names, keys = [str(name) for name in source], list(source)
    else:
        lazy = [way for way in ("collect", "compute") if callable(getattr(source, way, None))]
        if lazy:
            raise InvalidInputError(
                f"A table holds its rows, but a {type(source).__name__} is a plan to make them. "
                f"Call its {lazy[0]}() first."
            )
        # pyarrow says column_names; pandas and polars say columns.
        found = getattr(source, "column_names", getattr(source, "columns", None))
        if found is None or callable(found):
            raise InvalidInputError(
                "A table is the path of a CSV file, a data frame or a mapping of columns, got "
                f"{type(source).__name__}. Convert it to one of these."
            )
        keys = list(found)
        names = [str(name) for name in keys]
    _refuse_twins(names, "The table")
    return {name: source[key] for name, key in zip(names, keys, strict=True)}


def _cells(name: str, column: Any) -> Cells:
    meaning = _Cells()
    cells = column if isinstance(column, list) else listed(name, column)
    try:
        return TableCells(meaning[cell] for cell in cells)
    except TypeError:  # a cell that cannot be hashed, such as a list
        return TableCells(map(_meaning, cells))


def _without_blank_rows(wanted: dict[str, Cells], columns: Mapping[str, Any]) -> dict[str, Cells]:
    """Leave out rows that are blank in every column of the table, as a CSV file's are."""
    if not wanted:
        return wanted
    check_same_length(**wanted)
    rows = enumerate(zip(*wanted.values(), strict=True))
    blank = [row for row, cells in rows if all(cell is None for cell in cells)]
    for name in columns if blank else ():
        cells = wanted[name] if name in wanted else _cells(name, columns[name])
        blank = [row for row in blank if cells[row] is None]
    if not blank:
        return wanted
    left_out = set(blank)
    return {
        name: TableCells(cell for row, cell in enumerate(cells) if row not in left_out)
        for name, cells in wanted.items()
    }


def _read_file(path: Path, names: Mapping[str, str] | None) -> dict[str, Cells]:
    if _NO_TABLE.fullmatch(path.suffix.lower()):
        raise InvalidInputError(
            f"{path} is no text table: save it as CSV, a row an image, and give that file."
        )
    try:
        with (
            open_file(path, what="a CSV file", max_bytes=_LARGEST, may_be_empty=True) as opened,
            io.TextIOWrapper(opened, encoding="utf-8-sig", newline="") as file,
        ):
            return _read(_lines(file, path), path, names)
    except OSError as error:
        raise InvalidInputError(
            f"The table {path} cannot be read ({error.strerror}). Give a CSV file that can be."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not a table in UTF-8 ({error}). Save it as CSV, UTF-8."
        ) from error
    except csv.Error as error:
        raise InvalidInputError(f"{path} is not whole ({error}). Save it again.") from error


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Give the lines of a table; one without end is refused before it fills the memory."""
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise InvalidInputError(
                f"{path} has a line of more than {_LONGEST} characters, so it is no table of rows. "
                "Save it as CSV, UTF-8."
            )
        yield line


def _read(file: Iterator[str], path: Path, names: Mapping[str, str] | None) -> dict[str, Cells]:
    first, delimiter = _first_line(file, path)
    rows = csv.reader(itertools.chain([first], file), delimiter=delimiter, strict=True)
    header = [unguarded(name.strip()) for name in next(rows)]
    while header and not header[-1]:
        header.pop()  # spreadsheets write empty columns at the right
    _refuse_twins(header, f"The table {path}")
    place = {name: index for index, name in enumerate(header)}
    wanted = dict.fromkeys(place, "") if names is None else names
    for name, purpose in wanted.items():
        find_column(place, name, purpose=purpose)
    columns: dict[str, Cells] = {name: [] for name in wanted}
    meanings = {name: _Cells() for name in wanted}
    read, line = 1, rows.line_num
    size = max(1, _CHUNK // max(1, len(header)))
    while chunk := list(itertools.islice(rows, size)):
        cells = _transposed(chunk, path, width=len(header), before=read, delimiter=delimiter)
        if rows.line_num - line > len(chunk) and len(header) > 2:  # a cell of several lines
            _refuse_swallowed(cells, path, width=len(header), delimiter=delimiter)
        if len(header) > 1 and cells and header[0] in cells[0]:
            _refuse_second_header(cells, path, header)
        read, line = read + len(chunk), rows.line_num
        for name in wanted if cells else ():
            columns[name].extend(_shared(meanings[name], cells[place[name]], read))
    return columns


def _first_line(file: Iterator[str], path: Path) -> tuple[str, str]:
    """Return the line that names the columns, and the delimiter."""
    first = next((line for line in file if line.strip()), "")
    if not first:
        raise InvalidInputError(f"The table {path} is empty. Its first line must name columns.")
    if "\0" in first:
        raise InvalidInputError(f"{path} holds NUL, so it is no text. Save it as CSV, UTF-8.")
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == len("sep=;"):
        return next(file, ""), first[4]  # what Excel writes to be told the delimiter
    # The header tells the delimiter: it is short, and names rarely hold one.
    return first, max(_DELIMITERS, key=_QUOTED.sub("", first).count)


def _transposed(
    chunk: list[list[str]], path: Path, *, width: int, before: int, delimiter: str
) -> list[tuple[str, ...]]:
    """Return the columns of records, of those that hold anything.

    Raises:
        InvalidInputError: a record has more or fewer cells than the header.
    """
    if set(map(len, chunk)) == {width}:
        columns = list(zip(*chunk, strict=True))
        if all(map(str.strip, columns[0])):
            return columns
    records = [
        (number, row[:width] if _is_blank(row[width:]) else row)
        for number, row in enumerate(chunk, before + 1)
        if not _is_blank(row)
    ]
    ragged = [number for number, row in records if len(row) != width]
    if ragged:
        raise InvalidInputError(
            f"Every line of {path} must have the {width} cells its first line names, but "
            f"records {name_some(ragged)} have not. Quote cells that hold {delimiter!r}, and "
            "remove what stands above the line that names the columns, or below the rows."
        )
    return list(zip(*(row for _, row in records), strict=True))


def _shared(meanings: _Cells, cells: Sequence[str], read: int) -> Iterable[Any]:
    """Return what each cell means; texts are shared while few of `read` differ."""
    if len(meanings) < (_SHARED if read < _FIRST else min(_SHARED, 0.95 * read)):
        return map(meanings.__getitem__, cells)
    joined = "".join(cells)
    bare = "'" not in joined
    if bare and joined.isascii() and len(joined.split(None, 1)) == 1 and MISSING.isdisjoint(cells):
        return cells  # nothing to strip, and nothing missing
    return [
        text if bare and text.isascii() and text not in MISSING else _meaning(text)
        for text in map(str.strip, cells)
    ]


def _is_blank(cells: Sequence[str]) -> bool:
    return not "".join(cells).strip()


def _refuse_swallowed(
    columns: Sequence[Sequence[str]], path: Path, *, width: int, delimiter: str
) -> None:
    """Refuse a cell that holds the end of one record and the beginning of another."""
    for cell in itertools.chain.from_iterable(columns):
        breaks = cell.strip("\r\n").count("\n")
        if breaks and cell.count(delimiter) == (width - 1) * breaks:
            raise InvalidInputError(
                f"A stray quote in {path} swallows whole records: one cell begins with "
                f"{cell[:60]!r}. Remove the quote, or write a quote inside a cell twice."
            )


def _refuse_second_header(
    columns: Sequence[Sequence[str]], path: Path, header: Sequence[str]
) -> None:
    """Refuse a record of the names of its columns: tables that were joined one after another."""
    for record in zip(*columns, strict=True):
        if record[0] == header[0] and [cell.strip() for cell in record] == list(header):
            raise InvalidInputError(
                f"{path} names its columns twice: a record repeats {name_some(header)}, as where "
                "tables are joined one after another. Remove it."
            )


def _refuse_twins(names: Sequence[str], what: str) -> None:
    twins = sorted(name for name, count in Counter(names).items() if count > 1)
    if twins:
        raise InvalidInputError(f"{what} names columns twice: {name_some(twins)}. Rename one.")
