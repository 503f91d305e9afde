"""Small DICOM files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom", reason="the extra `dicom` is not installed")


def items(**values: Any) -> Any:
    """Return a sequence of one item."""
    item = pydicom.dataset.Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return pydicom.sequence.Sequence([item])


def write_dicom(path: Path, pixels: Any, *, bits: int = 12, **header: Any) -> Path:
    """Write grey pixels as a DICOM file; header names are DICOM's own."""
    array = np.asarray(pixels)
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data = pydicom.dataset.Dataset()
    data.file_meta = meta
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.PatientID = "P 7 "
    data.Rows, data.Columns = array.shape[:2]
    data.SamplesPerPixel = 3 if array.ndim == 3 else 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 8 if bits <= 8 else 16
    data.BitsStored, data.HighBit = bits, bits - 1
    data.PixelRepresentation = 1 if array.dtype.kind == "i" else 0
    data.PixelData = array.tobytes() + b"\0" * (array.nbytes % 2)
    for name, value in header.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return path
