"""A column as it comes, of any library, turned into codes, texts, numbers or rows."""

import itertools
import re
import unicodedata
import warnings
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens import _cells
from prevalens._checks import name_some
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.typing import Codes, Column, Numbers, Rows, Texts

_REMEMBERED: dict[int, tuple["weakref.ref[Any]", "Coded"]] = {}
_NARROW = ("float16", "float32", "Float32", "halffloat")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,39}")


class TableCells(list[Any]):
    """Cells of a table's column: a list in one of them is that cell, and no row of a matrix."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of ids or names, numbered once.

    Args:
        codes: Number of each row's name, shape `(n_rows,)`.
        names: The different names, sorted; every one occurs.
        independent: Whether they stand for images that were stated to be another patient's each.
    """

    codes: Codes
    names: list[str]
    independent: bool = False

    @property
    def texts(self) -> Texts:
        """Name of each row, shape `(n_rows,)`; rows of one name share one text."""
        return as_texts(self.names)[self.codes]


def listed(name: str, values: Any) -> list[Any]:
    """Return a column as a list of plain cells.

    Args:
        name: What the column is called in errors.
        values: A list, tuple or range; a numpy array (masked, of objects or bytes too); a column
            of pandas, polars or pyarrow; a tensor. Shape `(n_rows,)` or `(n_rows, 1)`.

    Raises:
        InvalidInputError: it is no column.
    """
    if isinstance(values, list | tuple | range):
        matrix = len(values) > 0 and not isinstance(values, TableCells)
        nested = matrix and isinstance(values[0], list | tuple | np.ndarray)
        return _of_array(name, _objects(values)) if nested else list(values)
    if isinstance(values, np.ndarray):
        return _of_array(name, values)
    if str(getattr(values, "dtype", "")) in _NARROW:
        return _of_array(name, np.asarray(values))
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method) and getattr(values, "ndim", 1) == 1:
            return list(getattr(values, method)())
    if hasattr(values, "__array__"):
        return _of_array(name, np.asarray(values))
    raise InvalidInputError(
        f"{_shown(name)} must be one column, shape (n_rows,), got {type(values).__name__}. "
        "Give a list or an array."
    )


def _shown(name: str) -> str:
    return f"The {name}s" if " " in name else f"`{name}`"


def _objects(values: Sequence[Any]) -> Column:
    try:
        return np.array(values)
    except ValueError:  # rows of different lengths
        return np.empty((len(values), 0), dtype=object)


def _of_array(name: str, array: Column) -> list[Any]:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidInputError(
            f"{_shown(name)} must be one column, shape (n_rows,), got shape {array.shape}. "
            "Give one value for each row."
        )
    if array.dtype.kind in "mM":
        texts = np.datetime_as_string(array) if array.dtype.kind == "M" else array.astype(np.str_)
        return [text.removesuffix("T00:00:00") for text in _whole_days(texts).tolist()]
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        wide = widened(array)
        if (np.abs(wide) >= 2.0 ** (np.finfo(array.dtype).nmant + 1)).any():
            # From here on neighbours are one number; as they come, it can be seen that they are.
            return [None if cell is np.ma.masked else cell for cell in array]
        mask = np.ma.getmaskarray(array)
        return np.ma.MaskedArray(wide, mask).tolist() if mask.any() else wide.tolist()
    cells: list[Any] = array.tolist()
    return cells


def _whole_days(texts: Column) -> Column:
    """Return dates without the fraction of their seconds where it is 0 throughout the column."""
    heads = np.array([text.partition(".") for text in texts.tolist()], dtype=np.str_).reshape(-1, 3)
    return heads[:, 0] if not any(tail.strip("0") for tail in heads[:, 2]) else texts


def widened(values: Column) -> Numbers:
    """Return numbers as float64 of the same decimals, which is what a reader of them sees.

    float64(float32(0.7)) is 0.699999988, on the other side of a threshold of 0.7.
    """
    wide: Numbers = np.array(values, dtype=np.float64)
    if values.dtype.kind != "f" or values.dtype.itemsize >= 8:
        return wide
    flat, narrow = wide.reshape(-1), np.ascontiguousarray(values).reshape(-1)
    left = np.flatnonzero(np.isfinite(flat) & (np.abs(flat) < 2**24))
    for digits in range(1, 23):  # a power of ten up to 1e22 is exact
        if not left.size:
            break
        rounded = np.round(flat[left], digits)
        same = rounded.astype(narrow.dtype) == narrow[left]
        flat[left[same]] = rounded[same]
        left = left[~same]
    return flat.reshape(wide.shape)


def encode(name: str, values: Any, *, ids: bool = False) -> Coded:
    """Number the different values of a column of ids or of class names.

    Args:
        name: What one cell is called in errors, for example "patient id".
        values: The column, as `listed` takes it.
        ids: Whether it holds ids: words such as "unknown" are then no value, and numbers that a
            spreadsheet rounded are refused.

    Returns:
        The codes and the texts that they stand for, in the order of `in_order`: it depends
        neither on the order of the rows nor on whether numbers came as texts.

    Raises:
        InvalidInputError: a value is missing, or can be no id; the text names the rows.
    """
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        column, coded = _REMEMBERED.get(id(values), (None, None))
        if coded is not None and column is not None and column() is values:
            return coded
    whole = _whole_numbers(values)
    if whole is not None:
        found, codes = encode_numbers(whole)
        return Coded(codes, [str(value) for value in found.tolist()])
    first, raw = numbered(name, listed(name, values))
    distinct = list(first)
    absent = _cells.is_unknown if ids else _cells.is_missing
    _refuse(name, raw, distinct, [code for code, cell in enumerate(distinct) if absent(cell)])
    if ids:
        _refuse_rounded(name, raw, distinct)
    texts = [_cells.as_text(cell) for cell in distinct]
    _refuse_flawed(name, raw, texts)
    order = in_order(set(texts))
    place = {text: code for code, text in enumerate(order)}
    table = np.array([place[text] for text in texts], dtype=np.int64)
    return Coded(table[raw] if len(table) else raw, order)


def remember(column: Texts, coded: Coded) -> None:
    """Keep the numbers of a read-only column of ids, so that it is numbered once.

    A report of one record would number its patients some fifty times. The column is kept by a
    weak reference: its numbers go when it goes.
    """
    key = id(column)
    _REMEMBERED[key] = (weakref.ref(column, lambda _: _REMEMBERED.pop(key, None)), coded)


def code_texts(column: Column) -> Coded:
    """Number the texts of a checked column, an empty text being one of them."""
    first, raw = numbered("text", column.tolist())
    order = sorted(first)
    place = {text: code for code, text in enumerate(order)}
    table = np.array([place[text] for text in first], dtype=np.int64)
    return Coded(table[raw] if len(table) else raw, order)


def in_order(names: Iterable[str]) -> list[str]:
    """Return names sorted: as numbers where all are whole numbers, else as texts."""
    found = list(names)
    if all(map(_WHOLE.fullmatch, found)):
        return sorted(found, key=int)
    return sorted(found)


def _whole_numbers(values: Any) -> Column | None:
    """Return an array of whole numbers as one column, and None for anything else."""
    if isinstance(values, np.ndarray) and not isinstance(values, np.ma.MaskedArray):
        column = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        return column if column.ndim == 1 and column.size and column.dtype.kind in "iu" else None
    return None


def encode_numbers(column: Column) -> tuple[Column, Codes]:
    """Return the different numbers, sorted, and the place of each row's among them."""
    low, high = int(column.min()), int(column.max())
    if high - low > 4 * len(column) or high >= 2**63:
        found, codes = np.unique(column, return_inverse=True)
        return found, codes.reshape(-1).astype(np.int64)
    # Numbers close together are counted, which is far faster than sorting them.
    above = column.astype(np.int64) - low
    present = np.bincount(above) > 0
    return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[above]


def numbered(name: str, cells: list[Any]) -> tuple[Mapping[Any, int], Codes]:
    """Return each different cell with its number, in the order of coming, and each row's.

    Raises:
        InvalidInputError: a cell is a list or the like.
    """
    # A new value gets the next number: one look-up a row, far faster than sorting texts.
    first: dict[Any, int] = defaultdict(itertools.count().__next__)
    try:
        codes = np.fromiter(map(first.__getitem__, cells), np.int64, len(cells))
        for cell in first:
            _cells.check_one_value(cell)
    except TypeError as error:
        raise InvalidInputError(
            f"Each {name} must be one value, but one is none ({error}). Give a text or a number "
            "for each row."
        ) from error
    return first, codes


def rows_of(codes: Codes, wanted: Sequence[int]) -> list[int]:
    """Return the rows whose code is one of the wanted."""
    chosen = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    chosen[np.asarray(wanted, dtype=np.int64)] = True
    return np.flatnonzero(chosen[codes]).tolist()


def _refuse(name: str, codes: Codes, distinct: list[Any], missing: list[int]) -> None:
    if not missing:
        return
    rows = rows_of(codes, missing)
    words = [distinct[code] for code in missing]
    held = [word for word in words if isinstance(word, str) and word.strip()]
    raise InvalidInputError(
        f"Every row needs its {name}, but {len(rows)} of {len(codes)} have none: rows "
        f"{name_some(rows)} (the first is 0)"
        f"{f'; {name_some(held)} stands for a missing one' if held else ''}. Fill them in, or "
        "leave those rows out."
    )


def _refuse_rounded(name: str, codes: Codes, distinct: list[Any]) -> None:
    rounded = [code for code, cell in enumerate(distinct) if _cells.is_rounded(cell)]
    if rounded:
        raise InvalidInputError(
            f"A {name} must be whole, but {len(rounded)} were rounded (by "
            "a spreadsheet, or as float32): "
            f"{name_some(_cells.plain(distinct[code]) for code in rounded)} in rows "
            f"{name_some(rows_of(codes, rounded))} (the first is 0). Export the column as text."
        )


def _refuse_flawed(name: str, codes: Codes, texts: list[str]) -> None:
    flaws = {code: why for code, text in enumerate(texts) if (why := _cells.flaw(text))}
    if flaws:
        code, why = next(iter(flaws.items()))
        raise InvalidInputError(
            f"A {name} is one line of text, but {len(flaws)} are not: {texts[code][:80]!r} holds "
            f"{why}, in rows {name_some(rows_of(codes, list(flaws)))} (the first is 0). Correct "
            "the table there."
        )


def as_texts(texts: Iterable[str]) -> Texts:
    """Return texts as an array of objects: one long text does not widen all others."""
    cells = list(texts)
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def warn_of_lookalikes(name: str, names: Sequence[str], *, stacklevel: int = 4) -> None:
    """Warn of ids that differ by case, white space or leading zeros only, naming them."""
    pairs = lookalikes(names)
    if pairs:
        warnings.warn(
            f"{name} that differ by case, white space or leading zeros only count as different: "
            f"{name_some(pairs)}. If they are the same, write them alike.",
            DataWarning,
            stacklevel=stacklevel,
        )


def lookalikes(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the groups of names that differ by case, white space or leading zeros only.

    Letters of full width, and marks that nobody sees, differ no more than case does.
    """
    keys = ["".join(name.split()).casefold() for name in names]
    keys = [key if key.isascii() else _plain_letters(key) for key in keys]
    keys = [_without_zeros(key) if key[:1] == "0" or "/0" in key else key for key in keys]
    if len(set(keys)) == len(keys):
        return []
    alike: dict[str, list[str]] = defaultdict(list)
    for key, name in zip(keys, names, strict=True):
        alike[key].append(name)
    return [tuple(group) for group in alike.values() if len(group) > 1]


def _without_zeros(key: str) -> str:
    """Drop leading zeros of a number, and of each number in an id joined of several columns."""
    parts = key.split("/")
    return "/".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def _plain_letters(text: str) -> str:
    letters = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")


def as_rows(name: str, values: Any, n_rows: int) -> Rows:
    """Return positions, or the positions at which a mask is true.

    Raises:
        InvalidInputError: a mask has another length or lacks a value, or a position is no whole
            number from 0 to `n_rows` - 1.
    """
    if type(values) is np.ndarray and values.dtype.kind in "iu" and values.ndim == 1:
        positions = values.astype(np.int64)
    else:
        cells = [_cells.plain(cell) for cell in listed(name, values)]
        if any(isinstance(cell, bool) for cell in cells):
            return true_rows(name, cells, n_rows)
        if not all(isinstance(c, int | float) and float(c).is_integer() for c in cells):
            strange = [c for c in cells if not isinstance(c, float) or not c.is_integer()]
            strange = [c for c in strange if not isinstance(c, int)]
            raise InvalidInputError(
                f"`{name}` must be positions (whole numbers) or a mask (true or false), got "
                f"{name_some(strange)}. Give either."
            )
        positions = np.array([int(cell) for cell in cells], dtype=np.int64)
    outside = positions[(positions < 0) | (positions >= n_rows)]
    if outside.size:
        raise InvalidInputError(
            f"`{name}` must lie in 0 to {n_rows - 1}, got {name_some(outside.tolist())}. Count "
            "rows from 0."
        )
    return positions


def true_rows(name: str, values: Any, n_rows: int) -> Rows:
    """Return the positions at which a mask is true.

    Raises:
        InvalidInputError: it has another length, or a value that is neither true nor false.
    """
    cells = [_cells.plain(cell) for cell in listed(name, values)]
    strange = [cell for cell in cells if not isinstance(cell, bool)]
    if strange or len(cells) != n_rows:
        raise InvalidInputError(
            f"`{name}` as a mask must be true or false for each of the {n_rows} rows, got "
            f"{len(cells)} values{f', among them {name_some(strange)}' if strange else ''}. "
            "Fill it in."
        )
    return np.flatnonzero(np.array(cells, dtype=np.bool_))


def check_same_index(**columns: Any) -> None:
    """Refuse pandas columns whose indexes differ: rows that belong together would not meet.

    Raises:
        InvalidInputError: two columns have indexes, and these are not equal.
    """
    indexed = {n: c.index for n, c in columns.items() if hasattr(c, "index")}
    indexed = {n: index for n, index in indexed.items() if hasattr(index, "equals")}
    names = list(indexed)
    for name in names[1:]:
        if not indexed[names[0]].equals(indexed[name]):
            raise InvalidInputError(
                f"`{names[0]}` and `{name}` have different pandas indexes, so their rows may not "
                "belong together. Align them first (`second.loc[first.index]`), or pass "
                "`.to_numpy()` of each to go by position."
            )
