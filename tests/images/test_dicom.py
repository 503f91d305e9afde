"""DICOM: rescale, window, MONOCHROME1, the patient, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import UnreadableImageError
from prevalens.images import dicom_patient, read_appearance, read_dicom, read_image

pydicom = pytest.importorskip("pydicom", reason="the extra `dicom` is not installed")


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


def test_without_a_window_the_stored_bits_are_the_range(tmp_path: Path) -> None:
    """12 bits: 0 is black, 4095 white, 2048 is 2048 x 255 / 4095 = 127.53, so 128."""
    path = write_dicom(tmp_path / "a.dcm", np.array([[0, 2048, 4095]], dtype=np.uint16))

    assert read_dicom(path).tolist() == [[0, 128, 255]]
    assert read_image(path).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_monochrome1_is_inverted(tmp_path: Path) -> None:
    """Where low values are white, 0 is read as 255."""
    path = write_dicom(
        tmp_path / "a.dcm",
        np.array([[0, 4095]], dtype=np.uint16),
        PhotometricInterpretation="MONOCHROME1",
    )

    assert read_dicom(path).tolist() == [[255, 0]]


def test_a_rescaled_window_is_black_below_and_white_above(tmp_path: Path) -> None:
    """CT lung window -600 +- 750 HU: -1350 and less is black, 150 and more white."""
    hounsfield = np.array([[-1400, -600, 200]])
    path = write_dicom(
        tmp_path / "a.dcm",
        (hounsfield + 2000).astype(np.uint16),
        RescaleSlope="1",
        RescaleIntercept="-2000",
        WindowCenter="-600",
        WindowWidth="1500",
    )

    black, middle, white = read_dicom(path)[0].tolist()

    assert (black, white) == (0, 255)
    # DICOM PS3.3 C.11.2.1.2: ((x - (c - 0.5)) / (w - 1) + 0.5) of the range: 127.585.
    assert middle == 128


def test_signed_values_have_a_signed_range(tmp_path: Path) -> None:
    """Signed 16 bits: -32768 is black, 32767 white, 0 the middle."""
    path = write_dicom(tmp_path / "a.dcm", np.array([[-32768, 0, 32767]], dtype=np.int16), bits=16)

    assert read_dicom(path).tolist() == [[0, 128, 255]]


def test_colour_is_kept(tmp_path: Path) -> None:
    """Red, green and blue bytes come as stored."""
    pixels = np.array([[[10, 20, 30], [40, 50, 60]]], dtype=np.uint8)
    path = write_dicom(
        tmp_path / "a.dcm",
        pixels,
        bits=8,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
    )

    assert read_image(path).tolist() == pixels.tolist()


def test_the_patient_is_read_from_the_header(tmp_path: Path) -> None:
    """White space around the id is DICOM's padding, not the id's."""
    path = write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), dtype=np.uint16))

    assert dicom_patient(path) == "P 7"


def test_a_file_without_a_patient_is_named(tmp_path: Path) -> None:
    """An empty PatientID is refused."""
    path = write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), dtype=np.uint16), PatientID="")

    with pytest.raises(UnreadableImageError, match=r"a\.dcm has no PatientID"):
        dicom_patient(path)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"NumberOfFrames": "3"}, "holds 3 frames"),
        ({"Rows": 60000, "Columns": 60000}, "claims 60000 x 60000 pixels"),
        ({"PixelData": b"\0\0"}, "cannot be decoded"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(
    tmp_path: Path, header: dict[str, Any], reason: str
) -> None:
    """Several frames, a bomb and missing pixels are refused."""
    path = write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), dtype=np.uint16), **header)

    with pytest.raises(UnreadableImageError, match=rf"a\.dcm .*{reason}"):
        read_image(path)


def test_brightness_and_colour_differences_become_colour(tmp_path: Path) -> None:
    """YBR 76, 84, 255 is pure red by DICOM PS3.3 C.7.6.3.1.2; 149.7, 43.5, 21.2 is green."""
    path = write_dicom(
        tmp_path / "a.dcm",
        np.array([[[76, 85, 255], [150, 44, 21]]], dtype=np.uint8),
        bits=8,
        PhotometricInterpretation="YBR_FULL",
        PlanarConfiguration=0,
    )

    found = read_image(path).astype(int)
    assert np.abs(found - [[[255, 0, 0], [0, 255, 0]]]).max() <= 2


def test_a_table_of_interest_fills_its_own_bits(tmp_path: Path) -> None:
    """A table that maps 0, 1, 2 to 0, 128, 255 of eight bits is the picture itself."""
    table = pydicom.dataset.Dataset()
    table.LUTDescriptor = [3, 0, 8]
    table.LUTData = np.array([0, 128, 255], dtype=np.uint16).tobytes()
    path = write_dicom(
        tmp_path / "a.dcm",
        np.array([[0, 1, 2]], dtype=np.uint16),
        VOILUTSequence=pydicom.sequence.Sequence([table]),
    )

    assert read_dicom(path).tolist() == [[0, 128, 255]]


def test_its_appearance_is_that_of_dicom(tmp_path: Path) -> None:
    """Pillow has no mode for it, so that the format alone is told; the pixels are measured."""
    path = write_dicom(tmp_path / "a.dcm", np.full((4, 6), 4095, dtype=np.uint16))

    seen = read_appearance(path)
    assert (seen.mode, seen.width, seen.height, seen.brightness) == ("DICOM", 6, 4, 255)


@pytest.mark.parametrize(("bits", "full"), [(8, 255), (16, 65535)])
def test_a_palette_gives_its_colours(tmp_path: Path, bits: int, full: int) -> None:
    """Values 0, 1 and 2 are places in three tables: red, half green, white; not shades of grey."""
    kind = np.uint8 if bits == 8 else np.uint16
    half = full // 2 + 1
    tables = {"Red": [full, 0, full, 0], "Green": [0, half, full, 0], "Blue": [0, 0, full, 0]}
    header: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, values in tables.items():
        header[f"{name}PaletteColorLookupTableDescriptor"] = [4, 0, bits]
        header[f"{name}PaletteColorLookupTableData"] = np.array(values, dtype=kind).tobytes()
    pixels = np.array([[0, 1, 2]], dtype=np.uint8)
    path = write_dicom(tmp_path / "a.dcm", pixels, bits=8, **header)

    assert read_image(path).tolist() == [[[255, 0, 0], [0, 128, 0], [255, 255, 255]]]


def test_colours_that_cannot_be_told_are_refused(tmp_path: Path) -> None:
    """A video's brightness from 16 to 235 is not taken for one from 0 to 255."""
    path = write_dicom(
        tmp_path / "a.dcm",
        np.zeros((2, 2, 3), dtype=np.uint8),
        bits=8,
        PhotometricInterpretation="YBR_PARTIAL_420",
        PlanarConfiguration=0,
    )

    with pytest.raises(UnreadableImageError, match=r"YBR_PARTIAL_420; .*Export it as RGB"):
        read_dicom(path)
