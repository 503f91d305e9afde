"""Windows: DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3 by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError
from prevalens.images.windows import GreyWindow, check_window, to_bytes


@pytest.mark.parametrize(
    ("window", "values", "expected"),
    [
        # The standard's own example of LINEAR: c = 2048, w = 4096 is the whole of 12 bits.
        (GreyWindow(2048, 4096), [0, 4095, 2047.5], [0, 255, 128]),
        (GreyWindow(2048, 1), [2047, 2047.5, 2048], [0, 0, 255]),
        (GreyWindow(0, 100), [-50, 49, 50], [0, 255, 255]),
        # Values of 0 to 1, as of diffusion or uptake: LINEAR needs a width of 1, so exact.
        (GreyWindow(0.5, 0.5), [0.2, 0.25, 0.5, 0.75, 0.9], [0, 0, 128, 255, 255]),
        (GreyWindow(0, 100, "LINEAR_EXACT"), [-50, 0, 50, 25], [0, 128, 255, 191]),
        # 255 / (1 + exp(-4 (x - c) / w)): at c half, at c + w/4 255 / (1 + 1/e).
        (GreyWindow(10, 100, "SIGMOID"), [10, 35, -1e9, 1e9], [128, 186, 0, 255]),
    ],
)
def test_each_function_is_the_standards(
    window: GreyWindow, values: list[float], expected: list[int]
) -> None:
    """Black below, white above, and the formula between."""
    assert window.shown(np.array(values)).tolist() == expected


def test_a_width_that_says_nothing_is_not_usable() -> None:
    """0 stands for no window, and so do widths below it and what is no number."""
    assert not GreyWindow(40, 0).is_usable
    assert GreyWindow(40, 1).is_usable
    assert GreyWindow(40, 0.5).is_usable
    assert not GreyWindow(40, -400).is_usable
    assert not GreyWindow(float("nan"), 10).is_usable
    assert not GreyWindow(40, float("nan")).is_usable


@given(
    st.floats(-1e5, 1e5), st.floats(1, 1e5), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"])
)
def test_a_window_never_falls(centre: float, width: float, function: str) -> None:
    """A higher value is never darker."""
    values = np.linspace(centre - width, centre + width, 50)
    shown = GreyWindow(centre, width, function).shown(values).astype(int)
    assert (np.diff(shown) >= 0).all()
    assert shown[0] < shown[-1]


def test_bytes_are_rounded_and_cut() -> None:
    """2 of 0 to 4 is 127.5, so 128; nan is black."""
    assert to_bytes(np.array([-1, 0, 2, 4, 9, np.nan]), 0, 4).tolist() == [0, 0, 128, 255, 255, 0]


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (None, ()),
        ((40, 400), ((40.0, 400.0),)),
        ([40, 400], ((40.0, 400.0),)),
        (" lung ", ("lung",)),
        (["lung", (40, 400), "bone"], ("lung", (40.0, 400.0), "bone")),
    ],
)
def test_a_window_is_numbers_a_name_or_three(window: Any, found: tuple[Any, ...]) -> None:
    """Each spelling comes out as a tuple of windows."""
    assert check_window(window) == found


@pytest.mark.parametrize(
    "window",
    [(40,), (40, 0), (40, -1), (40, "x"), "", ["lung", "bone"], [(1, 2)] * 4, 7, (float("nan"), 1)],
)
def test_what_is_no_window_is_refused(window: Any) -> None:
    """The text says what one is."""
    with pytest.raises(InvalidInputError, match="`window` must"):
        check_window(window)
