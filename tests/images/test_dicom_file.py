"""DICOM files: by content, and the patient."""

from pathlib import Path

import numpy as np
import pytest
from dicom_writer import pydicom, write_dicom
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import dicom_file, dicom_patient, is_dicom, read_dicom
from prevalens.images.dicom_file import is_dicom_head


def test_the_patient_is_read_from_the_header(tmp_path: Path) -> None:
    """White space around the id is DICOM's padding, not the id's."""
    path = write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), dtype=np.uint16))

    assert dicom_patient(path) == "P 7"


def test_a_file_without_a_patient_is_named(tmp_path: Path) -> None:
    """An empty PatientID is refused."""
    path = write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), dtype=np.uint16), PatientID=" ")

    with pytest.raises(UnreadableImageError, match=r"a\.dcm has no PatientID"):
        dicom_patient(path)


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg", "tif", "gif", "webp", "ppm", "jp2"])
def test_no_other_picture_is_taken_for_dicom(tmp_path: Path, suffix: str) -> None:
    """Nor is a folder, or nothing."""
    Image.new("RGB", (20, 20)).save(tmp_path / f"a.{suffix}")
    assert not is_dicom(tmp_path / f"a.{suffix}")
    assert not is_dicom(tmp_path)
    assert not is_dicom(tmp_path / "none")


@given(st.text(max_size=200))
def test_text_is_not_taken_for_dicom(text: str) -> None:
    """Unless it says so in the place of the mark."""
    head = text.encode()[:132]
    assert not is_dicom_head(head) or head[128:] == b"DICM" or head[0] in {2, 8}


def test_what_unpacks_to_far_more_than_the_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deflated file is bounded by what it holds, which pydicom unpacks as a whole."""
    pixels = np.arange(40_000, dtype=np.uint16).reshape(200, 200) % 4096
    path = write_dicom(tmp_path / "a.dcm", pixels)
    header = pydicom.dcmread(path)
    header.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    header.save_as(path)
    shown = read_dicom(path)
    assert shown.max() == 255

    monkeypatch.setattr(dicom_file, "MAX_BYTES", pixels.nbytes)
    with pytest.raises(UnreadableImageError, match="unpacks to more than the 80000 bytes"):
        read_dicom(path)
    with pytest.raises(UnreadableImageError, match="unpacks to more than"):
        dicom_patient(path)

    monkeypatch.undo()
    path.write_bytes(path.read_bytes() + bytes(9))  # behind the end of what is packed
    np.testing.assert_array_equal(read_dicom(path), shown)
