"""What counts as a reader."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images import ArrayReader, DicomReader, FileReader, PillowReader, Reader, read_image
from prevalens.images.decoding import check_reader


class Constant:
    """Reads the number that an address is."""

    name = "constant 1"

    def __init__(self, kind: Any = np.uint8, shape: tuple[int, ...] = (4, 4, 3)) -> None:
        self.kind, self.shape = kind, shape

    def matches(self, address: str, /) -> bool:
        """Whether the address is a number."""
        return address.isdecimal()

    def read(self, address: str, /) -> Any:
        """Return a picture of it."""
        return np.full(self.shape, int(address), dtype=self.kind)

    def identity(self, address: str, /) -> str:
        """Return the address."""
        return address


@pytest.mark.parametrize("reader", [FileReader(), PillowReader(), DicomReader(), ArrayReader()])
def test_those_shipped_are_readers(reader: Reader) -> None:
    """Each has the name and the three methods, and is equal to one made alike."""
    assert isinstance(reader, Reader)
    assert check_reader(reader) is reader
    assert reader == type(reader)()
    assert hash(reader) == hash(type(reader)())


def test_a_class_of_ones_own_is_one_without_inheriting() -> None:
    """Grey or colour, its picture comes in the channels and the size asked for."""
    reader = check_reader(Constant(shape=(4, 6)))
    assert read_image("7", reader=reader).tolist() == [[[7, 7, 7]] * 6] * 4
    assert read_image("7", reader=reader, channels=1, size=2).tolist() == [[[7]] * 2] * 2


@pytest.mark.parametrize("reader", [Constant, FileReader, "pillow", lambda path: path])
def test_what_is_no_reader_is_refused(reader: Any) -> None:
    """A class, a name and a function."""
    with pytest.raises(InvalidInputError, match="`reader` must have a name and the methods"):
        check_reader(reader)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(np.float32, (4, 4)), (np.uint8, (4, 4, 4)), (np.uint8, (0, 4)), (int, (4,))],
)
def test_a_reader_that_gives_no_picture_is_told_so(kind: Any, shape: tuple[int, ...]) -> None:
    """The text names the address, the class, and what it gave."""
    with pytest.raises(UnreadableImageError, match=r"of 7 Constant gave .* of shape"):
        read_image("7", reader=Constant(kind, shape))
