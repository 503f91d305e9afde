"""Whole numbers to bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.grey_range import check_bits, sixteen_to_eight


@given(st.integers(9, 16), st.data())
def test_each_value_is_rounded(bits: int, data: st.DataObject) -> None:
    """V of 2^bits - 1 is 255 v / (2^bits - 1), to the nearest, halves up."""
    top = 2**bits - 1
    value = data.draw(st.integers(0, top))
    expected = (2 * 255 * value + top) // (2 * top)
    assert sixteen_to_eight("a", np.array([value], np.uint16), bits=bits).tolist() == [expected]


def test_a_value_beyond_the_stated_bits_is_refused() -> None:
    """4,096 needs 13 bits."""
    assert sixteen_to_eight("a", np.array([4095], np.uint16), bits=12).tolist() == [255]
    with pytest.raises(UnreadableImageError, match="up to 4096, and bits=12 allows 4095"):
        sixteen_to_eight("a", np.array([0, 4096], np.uint16), bits=12)


@pytest.mark.parametrize("bits", [8, 17, 12.0, "12"])
def test_bits_are_nine_to_sixteen(bits: object) -> None:
    """Eight are no 16-bit values, and there are no more than 16."""
    with pytest.raises(InvalidInputError, match="`bits`"):
        check_bits(bits)  # type: ignore[arg-type]
    assert check_bits(None) is None
