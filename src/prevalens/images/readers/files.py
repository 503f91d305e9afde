"""Every kind of file that is read without being told which: the reader where none is given."""

import os
from dataclasses import dataclass, field
from typing import TypeAlias

from prevalens._checks import check_choice
from prevalens._paths import is_file
from prevalens.exceptions import UnreadableImageError
from prevalens.images.dicom_file import HEAD, is_dicom_head
from prevalens.images.opening import hash_file, open_picture, split_address
from prevalens.images.readers.arrays import ArrayReader, is_array
from prevalens.images.readers.dicom import DicomReader
from prevalens.images.readers.opencv import OpencvReader
from prevalens.images.readers.pillow import PillowReader
from prevalens.images.windows import Window
from prevalens.typing import Image

_DECODERS: dict[str, type[PillowReader] | type[OpencvReader]] = {
    "pillow": PillowReader,
    "opencv": OpencvReader,
}
_Parts: TypeAlias = tuple[PillowReader | OpencvReader, DicomReader, ArrayReader]


@dataclass(frozen=True, kw_only=True)
class FileReader:
    """Reads files by what they hold: DICOM, rows of arrays, and the common formats.

    Args:
        window: What is shown of DICOM's grey values, see `DicomReader`.
        bits: How many bits 16-bit grey values use: of DICOM files without a window, of PNG, TIFF
            and other 16-bit files, and of arrays.
        decoder: Of the common formats: `"pillow"`, or `"opencv"` (extra `fast`), which is faster.

    Examples:
        >>> FileReader(window=(40, 400)).window
        (40, 400)
    """

    window: Window | None = None
    bits: int | None = None
    decoder: str = "pillow"
    _parts: _Parts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        plain = _DECODERS[check_choice("decoder", self.decoder, _DECODERS)](bits=self.bits)
        parts = (
            plain,
            DicomReader(window=self.window, bits=self.bits),
            ArrayReader(bits=self.bits),
        )
        object.__setattr__(self, "_parts", parts)

    @property
    def name(self) -> str:
        """Each reader by its name."""
        return "; ".join(part.name for part in self._parts)

    def matches(self, address: str, /) -> bool:
        """Return whether a file is there."""
        return is_file(split_address(address)[0])

    def identity(self, address: str, /) -> str:
        """Return the SHA-256 of the file's bytes, or of the values of an array's row."""
        file, part = split_address(address)
        if is_array(file):
            return self._parts[2].identity(address)
        return hash_file(file) + ("" if part is None else f"#{part}")

    def read(self, address: str, /) -> Image:
        """Return the picture, see `prevalens.images.read_image`.

        Raises:
            UnreadableImageError: it cannot be read; the text names it.
            MissingExtraError: it is DICOM, and pydicom or a decoder is not installed.
        """
        file, part = split_address(address)
        if is_array(file):
            return self._parts[2].read(address)
        with open_picture(file) as opened:
            if is_dicom_head(opened.read(HEAD)):
                return self._parts[1].decode(opened, address, part)
            if part is not None:
                raise UnreadableImageError(
                    f"{address} names a part of {os.path.basename(file)}, but only arrays and "  # noqa: PTH119
                    "DICOM files have parts. Give the file alone."
                )
            return self._parts[0].decode(opened, address)
