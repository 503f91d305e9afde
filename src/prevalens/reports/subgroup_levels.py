"""From a covariate's column to the levels of a subgroup, in the order a reader expects."""

import itertools
import re
from datetime import date
from typing import Any

import numpy as np

from prevalens.typing import Column

MOST_VALUES = 12  # different numbers or dates that are still levels of their own


def levels_of(column: Column) -> tuple[Column, list[str]]:
    """Return the level of each row as text, and the levels in order.

    Numbers and dates of more than 12 values are cut into thirds at values that occur, written in
    full. Whole numbers that are all dates (20190315) or months (201903) are dates.

    Args:
        column: The covariate, shape `(n_rows,)`.
    """
    values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    keys, texts = _keyed(values)
    known = {key for key in keys if key is not None}
    if len(known) <= MOST_VALUES or isinstance(next(iter(known)), str):
        return np.array(texts)[place], sorted(set(texts), key=_natural)
    cuts = _cuts(keys, counts.tolist())
    names = _names(cuts, dict(zip(keys, texts, strict=True)))
    levels = ["missing" if key is None else names[sum(key > cut for cut in cuts)] for key in keys]
    used = [name for name in [*names, "missing"] if name in set(levels)]
    return np.array(levels)[place], used


def is_number(column: Column) -> bool:
    """Say whether a covariate holds numbers that are no dates."""
    return column.dtype.kind in "iuf" and not _are_dates(column)


def _natural(text: str) -> tuple[object, ...]:
    """Order texts as a reader does: 9 before 10, `missing` last."""
    number = re.fullmatch(r"-?\d+(\.\d+)?", text)
    if number:
        return (0, float(text), ())
    parts = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    )
    return (2 if text == "missing" else 1, 0.0, parts)


def _keyed(column: Column) -> tuple[list[Any], list[str]]:
    """Return what orders each value, None where missing, and its text."""
    values = column.tolist()
    if column.dtype.kind == "M":
        days = column.astype("datetime64[D]")
        missing = np.isnat(days).tolist()
        texts = [
            "missing" if gone else str(day)
            for gone, day in zip(missing, days.tolist(), strict=True)
        ]
        return [
            None if gone else text_date(text) for gone, text in zip(missing, texts, strict=True)
        ], texts
    if _are_dates(column):
        texts = ["missing" if np.isnan(value) else _as_date(value) for value in values]
        return [text_date(text) for text in texts], texts
    if column.dtype.kind in "iuf":
        keys = [None if value != value else float(value) for value in values]  # noqa: PLR0124
        texts = ["missing" if key is None else _written(key) for key in keys]
        return list(keys), texts
    texts = [str(value).strip() or "missing" for value in values]
    dated = [text_date(text) for text in texts]
    if all(day is not None or text == "missing" for day, text in zip(dated, texts, strict=True)):
        return list(dated), texts
    return list(texts), texts


def text_date(text: str) -> date | None:
    """Return the day of a text such as 2019-03-15 or 2019-03; None where it is none."""
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return None


def _are_dates(column: Column) -> bool:
    if column.dtype.kind not in "iuf" or not column.size:
        return False
    # A table with missing cells, and some readers, give whole numbers as floats.
    known = column[~np.isnan(column)]
    if not known.size or not np.isfinite(known).all() or (known != np.floor(known)).any():
        return False
    low, high = int(known.min()), int(known.max())
    long = 19000101 <= low <= high <= 21001231
    if not long and not 190001 <= low <= high <= 210012:
        return False
    return all(text_date(_as_date(value)) is not None for value in np.unique(known).tolist())


def _as_date(value: float) -> str:
    text = str(int(value))
    return "-".join(part for part in (text[:4], text[4:6], text[6:]) if part)


def _written(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.10g}"


def _cuts(keys: list[Any], counts: list[int]) -> list[Any]:
    """Return the values that end the first and second third of the rows; each occurs."""
    held = sorted((key, count) for key, count in zip(keys, counts, strict=True) if key is not None)
    reached = list(itertools.accumulate(count for _, count in held))
    cuts = []
    for third in (1, 2):
        place = next(i for i, rows in enumerate(reached) if 3 * rows >= third * reached[-1])
        cuts += [held[place][0]] if place < len(held) - 1 else []
    return list(dict.fromkeys(cuts))


def _names(cuts: list[Any], texts: dict[Any, str]) -> list[str]:
    told = [texts[cut] for cut in cuts]
    names = [f"up to {told[0]}"] if told else []
    names += [f"over {low} to {high}" for low, high in itertools.pairwise(told)]
    return [*names, f"over {told[-1]}"] if told else ["all"]
