"""DICOM files: by content, and the patient."""

from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_dicom
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import dicom_patient, is_dicom
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
