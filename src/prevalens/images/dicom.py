"""DICOM files: their picture and their patient, by way of pydicom."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from prevalens._optional import require
from prevalens.exceptions import MissingExtraError, UnreadableImageError
from prevalens.images.row_bands import row_bands

_COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})


def is_dicom(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has the DICOM mark, "DICM" after 128 bytes."""
    with Path(path).open("rb") as opened:
        return opened.read(132)[128:] == b"DICM"


def read_dicom(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read the picture of a DICOM file as a viewer would show it.

    Stored values go through the modality's table or rescale slope and intercept, then through the
    first window (or table) of interest to 0 to 255. Without a window the range is that of the
    stored bits, rescaled: never stretched to what the picture holds. MONOCHROME1, where low
    values are white, is inverted; colour, also that of a palette, becomes RGB.

    Args:
        path: A DICOM file of one frame; needs the extra `dicom`.

    Returns:
        uint8, shape `(height, width)` for grey or `(height, width, 3)` for colour.

    Raises:
        MissingExtraError: pydicom is not installed.
        UnreadableImageError: the file is damaged, has no picture or several frames, or stores
            colours in a way that cannot be told.
    """
    header = _read(path)
    try:
        _refuse_frames(path, header)
        _refuse_bomb(path, header)
        pixels = header.pixel_array
        change = _change(path, header)
        bands = row_bands(*pixels.shape[:2])
        shown = np.concatenate([change(header, pixels[band]) for band in bands])
    except (MissingExtraError, UnreadableImageError):
        raise
    # Damaged headers raise AttributeError, ValueError, struct.error and more.
    except Exception as error:
        raise UnreadableImageError(
            f"{path} cannot be decoded as a DICOM picture ({_reason(error)}). "
            "Export it uncompressed, or leave it out."
        ) from error
    return shown


def dicom_patient(path: str | os.PathLike[str]) -> str:
    """Return the patient id in a DICOM file's header, without white space around it.

    Raises:
        MissingExtraError: pydicom is not installed.
        UnreadableImageError: the file is damaged, or names no patient.
    """
    patient = str(_read(path, stop_before_pixels=True).get("PatientID") or "").strip()
    if not patient:
        raise UnreadableImageError(
            f"{path} has no PatientID in its header. Read the ids from a table instead."
        )
    return patient


def _read(path: str | os.PathLike[str], **settings: Any) -> Any:
    pydicom = require("pydicom", extra="dicom")
    try:
        return pydicom.dcmread(path, **settings)
    except Exception as error:
        raise UnreadableImageError(
            f"{path} cannot be read as DICOM ({_reason(error)}). "
            "Copy or download it again, or leave it out."
        ) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _refuse_frames(path: str | os.PathLike[str], header: Any) -> None:
    frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise UnreadableImageError(
            f"{path} holds {frames} frames, and one row is one image. Export each frame to a "
            "file of its own."
        )


def _refuse_bomb(path: str | os.PathLike[str], header: Any) -> None:
    rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
    limit = Pillow.MAX_IMAGE_PIXELS
    if limit is not None and rows * columns > limit:
        raise UnreadableImageError(
            f"{path} claims {columns} x {rows} pixels, more than the limit of {limit}. If you "
            "trust it, raise PIL.Image.MAX_IMAGE_PIXELS; else leave it out."
        )


def _change(
    path: str | os.PathLike[str], header: Any
) -> Callable[[Any, NDArray[Any]], NDArray[np.uint8]]:
    """Return how stored values become what is shown, or refuse colours that cannot be told."""
    space = str(header.PhotometricInterpretation)
    if header.get("SamplesPerPixel", 1) != 3:
        return _palette if space == "PALETTE COLOR" else _grey
    # `pixel_array` has made RGB of these already; of others it leaves what is stored.
    if space not in _COLOURS:
        raise UnreadableImageError(
            f"{path} stores colours as {space}; those that can be read are {sorted(_COLOURS)}. "
            "Export it as RGB."
        )
    return _colour


def _colour(header: Any, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return _to_bytes(pixels.astype(np.float64), 0.0, 2.0 ** int(header.BitsStored) - 1.0)


def _palette(header: Any, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    colours = require("pydicom.pixels", extra="dicom").apply_color_lut(pixels, header)
    return _to_bytes(colours.astype(np.float64), 0.0, 256.0**colours.dtype.itemsize - 1.0)


def _grey(header: Any, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    pixels_of = require("pydicom.pixels", extra="dicom")
    values = pixels_of.apply_voi_lut(pixels_of.apply_modality_lut(pixels, header), header)
    low, high = _value_range(header)
    shown = _to_bytes(values.astype(np.float64), low, high)
    inverted = str(header.PhotometricInterpretation) == "MONOCHROME1"
    return np.asarray(255 - shown, dtype=np.uint8) if inverted else shown


def _value_range(header: Any) -> tuple[float, float]:
    """Return the lowest and highest value after the modality's and the window's step.

    A table of interest counts from 0 to what its bits hold (DICOM PS3.3 C.11.2.1.1); a window, as
    pydicom applies it, fills the range of the stored bits after rescaling.
    """
    for table in ("VOILUTSequence", "ModalityLUTSequence"):
        if header.get(table):
            return 0.0, 2.0 ** int(header[table].value[0].LUTDescriptor[2]) - 1.0
    bits = int(header.BitsStored)
    low, high = 0.0, 2.0**bits - 1.0
    if int(header.PixelRepresentation) == 1:
        low, high = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1.0
    slope = float(header.get("RescaleSlope", 1.0))
    intercept = float(header.get("RescaleIntercept", 0.0))
    return low * slope + intercept, high * slope + intercept


def _to_bytes(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    scaled = np.rint((values - low) * (255.0 / (high - low)))
    return np.clip(scaled, 0, 255).astype(np.uint8)
