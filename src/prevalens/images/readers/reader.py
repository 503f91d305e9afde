"""What a reader of pictures is."""

from typing import Protocol, runtime_checkable

from prevalens.typing import Image


@runtime_checkable
class Reader(Protocol):
    """Reads the picture that stands at an address; a cohort carries its own.

    Any class with these four is one; nothing need be inherited. An address is the text of
    `Cohort.path(row)`: the cohort's root and the row's cell of the image column. It is the path
    of a file, or whatever else the reader makes of it, such as `scan.nii.gz#17`. A reader is
    called by several threads at once, and is sent to worker processes by pickle.

    Attributes:
        name: What reads, with its versions and settings. It keys the pixel cache, so two readers
            of one name must give the same pixels.

    Examples:
        >>> from prevalens.images import PillowReader
        >>> class Upright:
        ...     def __init__(self):
        ...         self.inner = PillowReader()
        ...         self.name = f"upright {self.inner.name}"
        ...         self.matches, self.identity = self.inner.matches, self.inner.identity
        ...     def read(self, address, /):
        ...         return self.inner.read(address).swapaxes(0, 1)[::-1]
        >>> Upright().matches("missing.png")
        False
    """

    @property
    def name(self) -> str:
        """What reads, with its versions and settings."""
        ...

    def matches(self, address: str, /) -> bool:
        """Return whether there is something at the address that this reader reads."""
        ...

    def read(self, address: str, /) -> Image:
        """Return the picture at its stored size.

        Returns:
            uint8, shape `(height, width)`, `(height, width, 1)` for grey or
            `(height, width, 3)` for red, green, blue; 0 to 255.

        Raises:
            UnreadableImageError: it cannot be read; the text names the address.
        """
        ...

    def identity(self, address: str, /) -> str:
        """Return a text that is the same for the same content, and for no other.

        The SHA-256 of the bytes is one. Rows of equal identity are copies of one image, and a
        cached picture is kept for as long as its identity stays.
        """
        ...
