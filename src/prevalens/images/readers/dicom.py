"""DICOM, by pydicom."""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_path
from prevalens._optional import require
from prevalens._paths import is_file
from prevalens.exceptions import (
    DataWarning,
    InvalidInputError,
    MissingExtraError,
    UnreadableImageError,
)
from prevalens.images.dicom_file import (
    HEAD,
    is_dicom_head,
    open_header,
    reason_of,
    refuse_coding,
    refuse_other_colours,
)
from prevalens.images.dicom_grey import GreyMeaning
from prevalens.images.grey_range import check_bits, warn_of_few_levels
from prevalens.images.opening import hash_file, open_picture, refuse_bomb, split_address
from prevalens.images.row_bands import row_bands
from prevalens.images.strict_decoding import strictly
from prevalens.images.windows import Window, check_window, to_bytes
from prevalens.typing import Image

_COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})
_GREYS = frozenset({"MONOCHROME1", "MONOCHROME2"})
_RUN_LENGTHS = "1.2.840.10008.1.2.5"


@dataclass(frozen=True, kw_only=True)
class DicomReader:
    """Reads DICOM files as a viewer would show them; needs the extra `dicom`.

    Stored values go through the modality's table or rescale slope and intercept, then through the
    first window (or table) of interest to 0 to 255, wherever the header or its functional groups
    say so. Without a window the range is that of the stored bits, rescaled, and of Hounsfield
    units -1024 to 3071: never stretched to what the picture holds. MONOCHROME1 and an inverse
    presentation are inverted; colour, also that of a palette, becomes RGB. Pixels are as stored:
    overlays are not drawn, padding is shown by its value, and pixels that are not square are not
    made so. `scan.dcm#4` is the fifth frame of a file of several.

    Args:
        window: What is shown of grey values: `(centre, width)` in the rescaled unit; a name; or
            three of these, which become red, green and blue. Of CT, `"abdomen"`, `"bone"`,
            `"brain"`, `"liver"`, `"lung"`, `"mediastinum"`, `"stroke"`, `"subdural"` and
            `"temporal bone"` are known; other names are those that the files explain their
            windows by. By default each file's own.
        bits: Bits that grey values without a window use, 9 to 16; by default those that each file
            states, which devices set to 16 for 12.

    Examples:
        >>> DicomReader(window="lung").window
        'lung'
    """

    window: Window | None = None
    bits: int | None = None

    def __post_init__(self) -> None:
        check_bits(self.bits)
        check_window(self.window)

    @property
    def name(self) -> str:
        """Pydicom and its version, the window and the bits."""
        settings = "".join(
            f" {name}={value!r}"
            for name, value in (("window", check_window(self.window)), ("bits", self.bits))
            if value
        )
        return f"pydicom {_version()}{settings}"

    def matches(self, address: str, /) -> bool:
        """Return whether there is a DICOM file, by its content."""
        file, _ = split_address(address)
        if not is_file(file):
            return False
        with open_picture(file) as opened:
            return is_dicom_head(opened.read(HEAD))

    def identity(self, address: str, /) -> str:
        """Return the SHA-256 of the file's bytes, and the frame where one is named."""
        file, part = split_address(address)
        number = part if part is None or not part.isdecimal() else int(part)
        return hash_file(file) + ("" if number is None else f"#{number}")

    def read(self, address: str, /) -> Image:
        """Return the picture.

        Returns:
            uint8, shape `(height, width)` for grey or `(height, width, 3)` for colour.

        Raises:
            MissingExtraError: pydicom, or the decoder of a coding, is not installed.
            UnreadableImageError: the file is damaged, has no picture or several frames, or stores
                colours in a way that cannot be told.
            InvalidInputError: the file has no window of the name asked for.
        """
        file, part = split_address(address)
        with open_picture(file) as opened:
            if not is_dicom_head(opened.read(HEAD)):
                raise UnreadableImageError(f"{file} is no DICOM file. Read it by another reader.")
            return self.decode(opened, address, part)

    def decode(self, opened: BinaryIO, address: str, part: str | None = None) -> Image:
        """Return the picture in an open file; `address` is for messages, `part` its frame."""
        opened.seek(0)
        header = open_header(opened, address)
        try:
            _refuse_none(header, address)
            frame = _frame(header, address, part)
            refuse_bomb(address, int(header.get("Columns") or 0), int(header.get("Rows") or 0))
            _complete(header)
            refuse_coding(header, address)
            with strictly():
                return self._shown(header, address, frame)
        except (MissingExtraError, InvalidInputError, DataWarning):
            raise
        # Damaged headers raise AttributeError, ValueError, struct.error and more.
        except Exception as error:
            raise UnreadableImageError(
                f"{address} cannot be decoded as a DICOM picture ({reason_of(error)}). "
                "Export it anew, uncompressed and with its whole header, or leave it out."
            ) from error

    def _shown(self, header: Any, address: str, frame: int) -> Image:
        space = str(header.get("PhotometricInterpretation") or "")
        if header.get("SamplesPerPixel", 1) == 1 and space in _GREYS:
            return self._grey(header, address, frame)
        if self.window is not None:
            raise UnreadableImageError(
                f"{address} is in colour ({space}), and window={self.window!r} says how grey "
                "values are shown. Leave the file out, or `window`."
            )
        if header.get("SamplesPerPixel", 1) == 1 and space == "PALETTE COLOR":
            return _palette(header, address, frame)
        # Decoding has made RGB of these already; of others it leaves what is stored.
        if header.get("SamplesPerPixel") != 3 or space not in _COLOURS:
            raise UnreadableImageError(
                f"{address} stores colours as {space or 'it does not say what'}; those that can be "
                f"read are {sorted(_COLOURS)}. Export it as RGB."
            )
        refuse_other_colours(header, address, frame=frame)
        pixels = _stored(header, address, frame)
        return _by_bands(pixels, lambda band: to_bytes(band, 0, 2.0 ** int(header.BitsStored) - 1))

    def _grey(self, header: Any, address: str, frame: int) -> Image:
        if header.get("PixelPresentation") in {"COLOR", "MIXED"}:
            raise UnreadableImageError(
                f"{address} colours some of its grey values by a supplemental palette, which is "
                "not read. Export it as RGB."
            )
        meaning = GreyMeaning(header, address, frame=frame, bits=self.bits)
        changes = meaning.shown_by(check_window(self.window))
        stored = _stored(header, address, frame)
        layers = [
            _by_bands(stored, lambda band, change=change: change(meaning.rescaled(band)))
            for change in changes
        ]
        shown = layers[0] if len(layers) == 1 else np.stack(layers, axis=2)
        if len(layers) == 1:
            warn_of_few_levels(address, stored, shown)
        return shown


def read_dicom(
    path: str | os.PathLike[str], *, window: Window | None = None, bits: int | None = None
) -> Image:
    """Read the picture of a DICOM file, see `DicomReader`.

    Args:
        path: A DICOM file; `scan.dcm#4` is its fifth frame.
        window: As for `DicomReader`.
        bits: As for `DicomReader`.

    Returns:
        uint8, shape `(height, width)` for grey or `(height, width, 3)` for colour.

    Raises:
        MissingExtraError: pydicom, or the decoder of a coding, is not installed.
        UnreadableImageError: it cannot be read; the text names it.

    Examples:
        >>> from pydicom.data import get_testdata_file
        >>> read_dicom(get_testdata_file("CT_small.dcm"), window=(40, 400)).shape
        (128, 128)
    """
    return DicomReader(window=window, bits=bits).read(check_path("path", path))


def _refuse_none(header: Any, address: str) -> None:
    if not any(name in header for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        kind = getattr(header.get("SOPClassUID"), "name", None) or "of no stated kind"
        raise UnreadableImageError(f"{address} holds no picture (it is {kind}). Leave it out.")


def _frame(header: Any, address: str, part: str | None) -> int:
    count = int(header.get("NumberOfFrames") or 1)
    if part is None and count > 1:
        raise UnreadableImageError(
            f"{address} holds {count} frames, and one row is one image. Name the frame of each "
            f"row, from {os.path.basename(address)}#0 to #{count - 1}."  # noqa: PTH119
        )
    if part is not None and not (part.isdecimal() and int(part) < count):
        raise UnreadableImageError(
            f"{address} is no frame: the file has {count}, numbered from 0. Correct the number."
        )
    return int(part or 0)


def _complete(header: Any) -> None:
    """State the coding of a file without a preamble, as it was found on reading."""
    meta = getattr(header, "file_meta", None)
    pydicom = require("pydicom", extra="dicom")
    if meta is None:
        meta = header.file_meta = pydicom.dataset.FileMetaDataset()
    if not meta.get("TransferSyntaxUID"):
        implicit, little = header.original_encoding
        explicit = pydicom.uid.ExplicitVRLittleEndian if little else pydicom.uid.ExplicitVRBigEndian
        meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian if implicit else explicit


def _pixels(header: Any, frame: int) -> NDArray[Any]:
    pixels: NDArray[Any] = require("pydicom.pixels", extra="dicom").pixel_array(header, index=frame)
    return pixels


def _stored(header: Any, address: str, frame: int) -> NDArray[Any]:
    """Return stored values with the highest bit where it belongs (DICOM PS3.5, 8.1.1)."""
    bits = int(header.get("BitsStored") or 0)
    above = int(header.get("HighBit") or 0) + 1 - bits
    coding = header.file_meta.TransferSyntaxUID
    # Run lengths are of the stored words; other codings tell the bits themselves.
    if (coding.is_encapsulated and coding != _RUN_LENGTHS) or not bits or not above:
        return _pixels(header, frame)
    if above < 0:
        raise UnreadableImageError(
            f"{address} states {bits} bits below bit {header.HighBit}, which cannot be. Mend its "
            "header, or leave it out."
        )
    # Decoding drops what is above the stored bits, so all up to the highest are asked for.
    header.BitsStored = bits + above
    try:
        return _pixels(header, frame) >> above
    finally:
        header.BitsStored = bits


def _palette(header: Any, address: str, frame: int) -> Image:
    apply = require("pydicom.pixels", extra="dicom").apply_color_lut
    count, first, _ = header.RedPaletteColorLookupTableDescriptor
    entries = np.arange(count or 65536) + (first - 65536 if first > 32767 else first)
    top = 256 ** apply(entries[:1], header).dtype.itemsize - 1
    highest = int(apply(entries, header)[..., :3].max())
    if highest * 256 <= top:
        raise UnreadableImageError(
            f"{address} has a palette of 16 bits whose values reach {highest} of {top}, which is "
            "black to one reader and coloured to another. Export it as RGB."
        )
    return to_bytes(apply(_stored(header, address, frame), header)[..., :3], 0.0, float(top))


def _by_bands(pixels: NDArray[Any], change: Any) -> Image:
    bands = row_bands(*pixels.shape[:2])
    return np.concatenate([change(pixels[band]) for band in bands])


def _version() -> str:
    try:
        return version("pydicom")
    except PackageNotFoundError:
        return "none"
