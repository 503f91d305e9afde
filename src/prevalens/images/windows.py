"""Windows of grey values: from a centre and a width to 0 to 255."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError

# What is asked for: a centre and a width, a name, or three of these as red, green and blue.
Window: TypeAlias = tuple[float, float] | str | Sequence[Any]

# Centre and width in Hounsfield units; the usual ones of radiology, as Radiopaedia lists them.
PRESETS: dict[str, tuple[float, float]] = {
    "abdomen": (50.0, 400.0),
    "bone": (400.0, 1800.0),
    "brain": (40.0, 80.0),
    "liver": (30.0, 150.0),
    "lung": (-600.0, 1500.0),
    "mediastinum": (50.0, 350.0),
    "stroke": (32.0, 8.0),
    "subdural": (75.0, 215.0),
    "temporal bone": (600.0, 2800.0),
}


@dataclass(frozen=True)
class GreyWindow:
    """How values become grey, DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.

    Args:
        centre: The middle, in the values' own unit.
        width: From black to white.
        function: `"LINEAR"`, `"LINEAR_EXACT"` or `"SIGMOID"`.
    """

    centre: float
    width: float
    function: str = "LINEAR"

    @property
    def is_usable(self) -> bool:
        """Whether the width says anything: some devices write 0 where there is no window."""
        return math.isfinite(self.centre) and math.isfinite(self.width) and self.width > 0.0

    def shown(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the values as 0 to 255."""
        moved = values.astype(np.float64)
        if self.function == "SIGMOID":
            power = np.clip(-4.0 * (moved - self.centre) / self.width, -700, 700)
            moved = 1.0 / (1.0 + np.exp(power))
        # Below 1, which LINEAR does not allow, no other meaning is left: values of 0 to 1.
        elif self.function == "LINEAR_EXACT" or self.width < 1.0:
            moved = (moved - self.centre) / self.width + 0.5
        elif self.width > 1.0:
            moved = (moved - (self.centre - 0.5)) / (self.width - 1.0) + 0.5
        else:  # the step that a width of 1 is
            moved = (moved > self.centre - 0.5).astype(np.float64)
        return to_bytes(moved, 0.0, 1.0)


def to_bytes(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Map `low` to `high` linearly to 0 to 255, rounded; what lies outside is 0 or 255."""
    scaled = np.rint((values.astype(np.float64) - low) * (255.0 / (high - low)))
    return np.clip(np.nan_to_num(scaled), 0, 255).astype(np.uint8)


def check_window(window: Window | None) -> tuple[tuple[float, float] | str, ...]:
    """Return what is asked for as none, one or three windows, or say what a window is.

    Examples:
        >>> check_window((40, 400))
        ((40.0, 400.0),)
        >>> check_window(["lung", "mediastinum", (400, 1800)])
        ('lung', 'mediastinum', (400.0, 1800.0))
    """
    if window is None:
        return ()
    asked: Any = window
    if isinstance(asked, str) or _is_pair(asked):
        return (_one(asked),)
    if isinstance(asked, Sequence) and len(asked) == 3:
        return tuple(_one(each) for each in asked)
    raise _not_a_window(asked)


def _is_pair(window: object) -> bool:
    if isinstance(window, str) or not isinstance(window, Sequence) or len(window) != 2:
        return False
    return not any(isinstance(each, str | Sequence) for each in window)


def _one(window: Any) -> tuple[float, float] | str:
    if isinstance(window, str) and window.strip():
        return window.strip()
    if not _is_pair(window):
        raise _not_a_window(window)
    centre = check_number("window", window[0], low=-1e12, high=1e12)
    return centre, check_number("window", window[1], low=0.0, high=1e12, open_low=True)


def _not_a_window(window: object) -> InvalidInputError:
    return InvalidInputError(
        "`window` must be (centre, width), a name, or three of these as red, green and blue, got "
        f"{window!r}. The names that need no file are {sorted(PRESETS)}."
    )
