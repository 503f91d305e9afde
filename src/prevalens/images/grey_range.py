"""Whole numbers to 0 to 255, over the range that their bits hold."""

import functools
import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_integer
from prevalens.exceptions import DataWarning, InvalidInputError, UnreadableImageError
from prevalens.images.row_bands import row_bands

_FEW = 32  # grey levels
_named: set[str] = set()  # folders whose files of few levels were warned of


def check_bits(bits: int | None) -> int | None:
    """Return `bits`, or say that it must be a whole number from 9 to 16."""
    if bits is None:
        return None
    checked = check_integer("bits", bits, minimum=9)
    if checked > 16:
        raise InvalidInputError(f"`bits` must be a whole number from 9 to 16, got {bits}.")
    return checked


def sixteen_to_eight(
    address: str, pixels: NDArray[Any], *, bits: int | None = None
) -> NDArray[np.uint8]:
    """Map 0 to 2^bits - 1 linearly to 0 to 255, rounded; never stretched to what is there.

    Args:
        address: What is read, for messages.
        pixels: Whole numbers from 0 to 65535, any shape.
        bits: How many bits the values use; by default all 16.

    Raises:
        UnreadableImageError: a value needs more than `bits`.
    """
    top = 2 ** (bits or 16) - 1
    if bits is not None and pixels.size and int(pixels.max()) > top:
        raise UnreadableImageError(
            f"{address} holds values up to {int(pixels.max())}, and bits={bits} allows {top}. "
            "State the bits of the camera or scanner."
        )
    return np.take(_table(top), pixels)


@functools.cache
def _table(top: int) -> NDArray[np.uint8]:
    values = np.arange(top + 1, dtype=np.uint32)
    table = ((510 * values + top) // (2 * top)).astype(np.uint8)  # rounds, halves up
    table.setflags(write=False)
    return table


def warn_of_few_levels(address: str, stored: NDArray[Any], shown: NDArray[np.uint8]) -> None:
    """Warn, once a folder, where many stored values became few grey levels."""
    folder = os.path.dirname(address)  # noqa: PTH120
    if folder in _named:
        return
    counts = np.zeros(256, dtype=np.int64)
    for band in row_bands(*shown.shape[:2]):  # numpy counts words of 8 bytes
        counts += np.bincount(shown[band].ravel(), minlength=256)
    levels = int(np.count_nonzero(counts))
    if levels >= _FEW:
        return
    there = len(np.unique(stored))
    if there < max(_FEW, 2 * levels):
        return
    _named.add(folder)
    warnings.warn(
        f"{address} holds {there} grey values, of which {levels} are left: its window or its bits "
        "do not fit them. State `window=(centre, width)` or `bits=`. Other files of this folder "
        "are not named; `find_odd_pictures` lists them.",
        DataWarning,
        stacklevel=3,
    )


def warn_of_low_bytes(address: str, shown: NDArray[np.uint8]) -> None:
    """Warn, once a folder, where 16-bit values were all so low that their high bytes say little."""
    folder = os.path.dirname(address)  # noqa: PTH120
    highest = int(shown.max())
    if folder in _named or not 0 < highest < 16:
        return
    _named.add(folder)
    warnings.warn(
        f"{address} holds 16 bits a value, of which the high byte is read, and no high byte is "
        f"above {highest} of 255: a camera of 12 bits? Convert it to 8 bits over the camera's "
        "range, or to 16-bit grey and state `bits=`. Other files of this folder are not named.",
        DataWarning,
        stacklevel=3,
    )


def refuse_kind(address: str, kind: str) -> UnreadableImageError:
    """Return the refusal of values whose range nothing states."""
    return UnreadableImageError(
        f"{address} holds {kind} pixels, whose range nothing states. Convert it to 8 bits, or to "
        "16 bits without sign."
    )
