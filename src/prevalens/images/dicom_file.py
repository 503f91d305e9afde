"""DICOM files: known by their content, opened, and refused with a reason."""

import os
import re
import zlib
from typing import Any, BinaryIO

from prevalens._checks import check_path
from prevalens._optional import require
from prevalens.exceptions import MissingExtraError, UnreadableImageError
from prevalens.images.opening import MAX_BYTES, open_picture

HEAD = 132  # bytes that tell
_HEADER = 2**16  # bytes in which the coding is stated
_PIECE = 2**20
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_KINDS = (
    rb"(AE|AS|AT|CS|DA|DS|DT|FL|FD|IS|LO|LT|OB|OD|OF|OL|OV|OW|PN|SH|SL|SQ|SS|ST|SV|TM|UC|UI|UL"
    rb"|UN|UR|US|UT|UV)"
)
# A file without a preamble begins with group 2 or 8, whose elements have low numbers.
_BARE = re.compile(
    rb"[\x02\x08]\x00.\x00(" + _KINDS + rb"|..[\x00-\x0f]\x00)|\x00\x08\x00." + _KINDS, re.DOTALL
)


def is_dicom(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is DICOM by its content, whatever it is called.

    That is the mark "DICM" after 128 bytes or, in files without that preamble, a first data
    element of group 2 or 8.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "scan")
        ...     written = path.write_bytes(bytes(128) + b"DICM")
        ...     is_dicom(path)
        True
    """
    try:
        with open_picture(check_path("path", path), max_bytes=2**63) as opened:
            return is_dicom_head(opened.read(HEAD))
    except UnreadableImageError:
        return False


def is_dicom_head(head: bytes) -> bool:
    """Return whether a file that begins so is DICOM."""
    return head[128:HEAD] == b"DICM" or _BARE.match(head) is not None


# JPEG 2000 says that its pixels are red, green and blue: by a transform of those into others in its
# coding (ISO/IEC 15444-1, A.6.1: the byte behind the coding style's number of layers), or by the
# colour space 16, sRGB, in a box around it (I.5.3.3).
_START = b"\xff\x4f\xff\x51"
_TRANSFORM = re.compile(rb"\xff\x52\x00[\x0c-\x2d][\x00-\x07][\x00-\x04]..\x01", re.DOTALL)
_SRGB = re.compile(rb"colr\x01..\x00\x00\x00\x10", re.DOTALL)


def open_header(opened: BinaryIO, address: str, **settings: Any) -> Any:
    """Return the data set in an open file.

    Raises:
        MissingExtraError: pydicom is not installed.
        UnreadableImageError: the file is damaged; the text names it.
    """
    pydicom = require("pydicom", extra="dicom")
    _refuse_packed(opened, address)
    try:
        return pydicom.dcmread(opened, force=True, **settings)
    except Exception as error:
        raise UnreadableImageError(
            f"{address} cannot be read as DICOM ({reason_of(error)}). "
            "Copy or download it again, or leave it out."
        ) from error


def _refuse_packed(opened: BinaryIO, address: str) -> None:
    """Refuse a deflated file that unpacks to more than a file may hold: pydicom unpacks it whole.

    The header (group 2, never packed) says that the rest is deflated, and ends where that begins.
    """
    opened.seek(0)
    head, place = opened.read(_HEADER), HEAD
    while head[place : place + 2] == b"\x02\x00":
        long = head[place + 4 : place + 6] in {b"OB", b"UN"}
        start = place + (12 if long else 8)
        place = start + int.from_bytes(head[place + (8 if long else 6) : start], "little")
    if _DEFLATED in head[:place]:
        opened.seek(place)
        if _unpacks_beyond(opened, MAX_BYTES):
            raise UnreadableImageError(
                f"{address} unpacks to more than the {MAX_BYTES} bytes that an image file may "
                "have. Leave it out."
            )
    opened.seek(0)


def _unpacks_beyond(opened: BinaryIO, most: int) -> bool:
    unpacker, size, waiting = zlib.decompressobj(-zlib.MAX_WBITS), 0, b""
    try:
        while size <= most and not unpacker.eof and (waiting := waiting or opened.read(_PIECE)):
            size += len(unpacker.decompress(waiting, _PIECE))
            waiting = unpacker.unconsumed_tail
    except zlib.error:
        return False  # what is damaged, pydicom refuses
    return size > most


def reason_of(error: Exception) -> str:
    """Return what an error says, or at least what it is."""
    return str(error) or type(error).__name__


def dicom_patient(path: str | os.PathLike[str]) -> str:
    """Return the patient id in a DICOM file's header, without white space around it.

    Raises:
        MissingExtraError: pydicom is not installed.
        UnreadableImageError: the file is damaged, or names no patient.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "scan.dcm")  # group 16, element 32: the patient id
        ...     element = bytes([16, 0, 32, 0]) + b"LO" + bytes([4, 0]) + b"P 7 "
        ...     written = path.write_bytes(bytes(128) + b"DICM" + element)
        ...     dicom_patient(path)
        'P 7'
    """
    with open_picture(check_path("path", path), max_bytes=2**63) as opened:
        header = open_header(opened, str(path), stop_before_pixels=True)
    patient = str(header.get("PatientID") or "").strip(" \t\r\n\0")
    if not patient:
        raise UnreadableImageError(
            f"{path} has no PatientID in its header. Read the ids from a table instead."
        )
    return patient


def refuse_coding(header: Any, address: str) -> None:
    """Refuse pixels in a coding that no installed package decodes, naming one that does.

    Raises:
        MissingExtraError: an extra brings a decoder.
        UnreadableImageError: the coding is unknown.
    """
    coding = header.file_meta.get("TransferSyntaxUID") if "file_meta" in dir(header) else None
    if coding is None or (coding.is_transfer_syntax and not coding.is_encapsulated):
        return
    decoders = require("pydicom.pixels", extra="dicom")
    try:
        decoder = decoders.get_decoder(coding)
    except NotImplementedError as error:
        raise UnreadableImageError(
            f"{address} is coded as {coding.name}, which is no coding of pictures that can be "
            "read. Export it uncompressed, or leave it out."
        ) from error
    if not decoder.is_available:
        raise MissingExtraError(
            f"{address} is coded as {coding.name}, for which no decoder is installed. "
            "Install one with: pip install 'prevalens[dicom-codecs]', or export the files "
            "uncompressed."
        )


def refuse_other_colours(header: Any, address: str, *, frame: int) -> None:
    """Refuse JPEG 2000 that holds RGB where the header says YBR, which would be converted twice.

    Other kinds of JPEG are told apart by the decoder, from the marks in them.

    Raises:
        UnreadableImageError: header and pixels disagree.
    """
    space = str(header.get("PhotometricInterpretation"))
    if not space.startswith("YBR_FULL") or not header.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    frames = int(header.get("NumberOfFrames") or 1)
    get_frame = require("pydicom.encaps", extra="dicom").get_frame
    coded = get_frame(header.PixelData, frame, number_of_frames=frames)
    box, start, stream = coded.partition(_START)
    # What the coding says of itself stands before its first tile.
    if start and (_SRGB.search(box) or _TRANSFORM.search(stream.partition(b"\xff\x90")[0])):
        raise UnreadableImageError(
            f"{address} states its colours as {space}, but its JPEG 2000 pixels say that they are "
            "RGB. Correct its PhotometricInterpretation to 'RGB' ('YBR_RCT' or 'YBR_ICT' where "
            "the coding transforms them), or leave it out."
        )
