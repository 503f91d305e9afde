"""Bands of rows."""

from hypothesis import given
from hypothesis import strategies as st

from prevalens.images.row_bands import row_bands


@given(height=st.integers(0, 5000), width=st.integers(0, 3 * 2**20))
def test_bands_cover_every_row_once_and_stay_small(height: int, width: int) -> None:
    """Put together they are all rows in order; none holds over 2^20 pixels unless one row does."""
    bands = list(row_bands(height, width))
    assert [row for band in bands for row in range(band.start, band.stop)] == list(range(height))
    assert all((band.stop - band.start) * width <= max(2**20, width) for band in bands)
