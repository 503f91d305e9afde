"""What one cell of a user's table means: missing, a text, a number."""

import datetime as dt
import decimal
import math
import numbers
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

# What pandas, R, Excel, SAS and databases write for "not known". Case matters: `none` may be a
# finding, and a class of its own.
MISSING = frozenset(
    {
        *("", "NA", "<NA>", "N/A", "n/a", "N.A.", "n.a.", "#N/A", "#N/A N/A", "#NA"),
        *("NaN", "nan", "NAN", "Nan", "-NaN", "-nan", "NaT", "None", "NULL", "Null", "null"),
        *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "?", "."),
        *("#NULL!", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?"),
    }
)
# Words that no patient is called by and no number is written as; a level or class may be one.
UNKNOWN = frozenset(
    {
        *("-", "--", "---", "none", "unknown", "unk", "missing", "anonymous", "anonymized"),
        *("anonymised", "not available", "not known", "not recorded", "not specified"),
    }
)
_TRUTH = {"TRUE": "True", "true": "True", "FALSE": "False", "false": "False"}
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?%?")
_BREAK = re.compile("[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_EXCEL = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_AGE = re.compile(r"([0-9]{3})([DWMY])")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?0*")
# What a spreadsheet runs when it opens a table, behind any apostrophes; also of full width.
_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_EXACT = 2**53  # up to here a float64 holds every whole number
_BLANK = "\ufeff\u200b"  # marks of no width that `str.strip` leaves


def plain(value: Any) -> Any:
    """Return bytes as text without the blanks around it, and numpy's scalars as Python's."""
    if isinstance(value, str):
        value = value.strip()
        return value if value.isascii() else value.strip(_BLANK).strip()
    if isinstance(value, bytes):
        return plain(value.decode("utf-8", "surrogateescape"))
    if isinstance(value, np.float32 | np.float16):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def guarded(value: Any) -> Any:
    """Return a text that a spreadsheet would run with an apostrophe in front, and all else as is.

    Examples:
        >>> guarded("=1+1"), guarded("-2+3"), guarded("-2.5"), guarded("a=b")
        ("'=1+1", "'-2+3", '-2.5', 'a=b')
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def unguarded(text: str) -> str:
    """Undo `guarded`.

    Examples:
        >>> unguarded("'=1+1"), unguarded("'tis")
        ('=1+1', "'tis")
    """
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def check_one_value(cell: Any) -> Any:
    """Return a cell that is one value.

    Raises:
        TypeError: it holds values, such as a list or a tensor, or is known by its place in memory.
    """
    kind: Any = type(cell)
    if isinstance(cell, Iterable) and not isinstance(cell, str | bytes):
        raise TypeError(f"{kind.__name__} {str(cell)[:40]}")
    if kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__:
        raise TypeError(f"an object of {kind.__name__}, which has no text of its own")
    return cell


def is_missing(value: Any) -> bool:
    """Tell whether a cell stands for "not known": None, nan, NA, NaT, a blank, or a word for it."""
    if isinstance(value, str | bytes):
        return plain(value) in MISSING
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    # Only nan and NaT differ from themselves.
    numeric = isinstance(value, numbers.Number | np.generic)
    return numeric and bool(value != value)  # noqa: PLR0124


def is_unknown(value: Any) -> bool:
    """Tell whether a cell is missing, or a word such as "unknown" where an id or number belongs."""
    text = plain(value)
    return is_missing(value) or (isinstance(text, str) and text.casefold() in UNKNOWN)


def as_text(value: Any) -> str:
    """Return a cell as the text that it is known by.

    The same value is the same text by whatever way it came: blanks around it go, accents are
    composed (NFC), bytes are UTF-8, `TRUE` is True, 2.0 is 2, midnight is its date; what libraries
    write for a moment (`T` or a blank, zeros after the point) is one text.
    """
    value = plain(value)
    if isinstance(value, str):
        text = value if value.isascii() else unicodedata.normalize("NFC", value)
        text = _TRUTH.get(text, text)
        if text[4:5] == "-" and _MOMENT.fullmatch(text):
            return _of_moment(text)
        return text.partition(".")[0].lstrip("+") if _WHOLE.fullmatch(text) else text
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return _moment(value)
    return as_text(str(value)) if isinstance(value, decimal.Decimal) else str(value)


def _moment(value: dt.datetime) -> str:
    midnight = value.time() == dt.time() and value.tzinfo is None
    return value.date().isoformat() if midnight else value.isoformat(sep=" ")


def _of_moment(text: str) -> str:
    """Return a date and time as one that was never written down would be; other texts stay."""
    try:
        return _moment(dt.datetime.fromisoformat(text[:26]))
    except ValueError:  # the 30th of February
        return text


def flaw(text: str) -> str | None:
    """Return why a text can be no id, path or class name, or None where it can."""
    if text.isalnum():
        return None
    if "\0" in text:
        return "NUL, which is cut off elsewhere"
    if _BREAK.search(text):
        return "a line break, as a stray quote leaves when it swallows the rows that follow"
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "bytes that are no UTF-8"
    return None


def is_rounded(value: Any) -> bool:
    """Tell whether an id was rounded: by a spreadsheet (1.23457E+11), or in a narrow float.

    What was too large for its float is infinite, and stands for every id that was.
    """
    if isinstance(value, str | bytes):
        return bool(_EXCEL.fullmatch(plain(value)))
    if not isinstance(value, float | np.floating) or math.isnan(value):
        return False
    number = float(value)
    if isinstance(value, np.float32 | np.float16):
        return abs(number) >= 2.0 ** (np.finfo(type(value)).nmant + 1)
    return abs(number) >= _EXACT or (abs(number) >= 1e11 and number % 1e6 == 0)


def as_number(value: Any) -> float:
    """Return a cell as a number, nan where it is none; 0,5 is a half and 50% too."""
    value = plain(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return math.nan
        value = value.replace(",", ".")
        if value.endswith("%"):
            # 95.8e-2 is read to the last bit, 95.8 / 100 is not.
            value = value[:-1] + "e-2" if "e" not in value.lower() else str(float(value[:-1]) / 100)
        return float(value)
    if value is None or not isinstance(value, numbers.Number) or isinstance(value, complex):
        return math.nan
    return float(value)  # type: ignore[arg-type]


def as_years(value: Any) -> float:
    """Return an age as DICOM writes it (061Y, 018M, 003W, 010D) in years, nan for other cells."""
    found = _AGE.fullmatch(plain(value)) if isinstance(value, str | bytes) else None
    return math.nan if found is None else int(found[1]) * _YEARS[found[2]]


def is_measured(value: Any) -> bool:
    """Tell whether a cell is a number to reckon with: not a truth value, not an id like 007."""
    value = plain(value)
    if isinstance(value, str):
        digits = value.lstrip("+-").rstrip("%")
        padded = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
        return bool(_NUMBER.fullmatch(value)) and not padded and not _is_long(digits)
    if isinstance(value, bool | complex) or not isinstance(value, numbers.Number):
        return False
    return not isinstance(value, int) or abs(value) <= _EXACT


def _is_long(digits: str) -> bool:
    return digits.isdigit() and int(digits) > _EXACT
