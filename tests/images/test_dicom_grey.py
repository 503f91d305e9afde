"""Every place of DICOM PS3.3 that defines grey, with values by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writer import items, pydicom, write_dicom
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images import read_dicom

RAMP = np.array([[0, 1000, 2000, 4095]], dtype=np.uint16)
UP, DOWN = [0, 62, 125, 255], [255, 193, 130, 0]
FULL = {"WindowCenter": "2048", "WindowWidth": "4096"}


def shown(tmp_path: Path, pixels: Any = RAMP, **header: Any) -> list[int]:
    """Return the first row of what is shown of a file with this header."""
    return read_dicom(write_dicom(tmp_path / "a.dcm", pixels, **header))[0].tolist()


@pytest.mark.parametrize("window", [{}, FULL])
@pytest.mark.parametrize(
    ("slope", "header", "expected"),
    [
        (1, {}, UP),
        (-1, {}, DOWN),
        (1, {"PhotometricInterpretation": "MONOCHROME1"}, DOWN),
        (-1, {"PhotometricInterpretation": "MONOCHROME1"}, UP),
        (1, {"PresentationLUTShape": "INVERSE"}, DOWN),
        (1, {"PresentationLUTShape": "IDENTITY"}, UP),
        (1, {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, DOWN),
    ],
)
def test_polarity_is_the_same_with_a_window_and_without(
    tmp_path: Path, window: dict[str, str], slope: int, header: dict[str, str], expected: list[int]
) -> None:
    """Rescaling first, then the window, then what is white: C.11.1, C.11.2, C.11.6."""
    rescale = {"RescaleSlope": str(slope), "RescaleIntercept": "0" if slope == 1 else "4095"}
    found = shown(tmp_path, **rescale, **window, **header)

    assert np.abs(np.array(found) - expected).max() <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    slope=st.sampled_from([-10.0, -1.0, -0.5, 0.25, 1.0, 3.0]),
    intercept=st.integers(-3000, 3000),
    bits=st.integers(9, 16),
)
def test_higher_values_are_lighter_whatever_the_slope(
    tmp_path: Path, slope: float, intercept: int, bits: int
) -> None:
    """Of MONOCHROME2 without a window: the order of rescaled values is the order of greys."""
    stored = np.linspace(0, 2**bits - 1, 9).astype(np.uint16)[None]
    found = shown(
        tmp_path, stored, bits=bits, RescaleSlope=str(slope), RescaleIntercept=str(intercept)
    )

    assert sorted(found, reverse=slope < 0) == found
    assert {found[0], found[-1]} == {0, 255}


@pytest.mark.parametrize("kind", [{"Modality": "CT"}, {"RescaleType": "HU"}])
@pytest.mark.parametrize("bits", [11, 12, 16])
def test_a_hounsfield_unit_is_one_grey_however_it_is_stored(
    tmp_path: Path, kind: dict[str, str], bits: int
) -> None:
    """Air, water and -1024 + 4095: (x + 1024) 255 / 4095."""
    stored = np.array([[24, 1024, 2047]], dtype=np.uint16)
    found = shown(tmp_path, stored, bits=bits, RescaleSlope="1", RescaleIntercept="-1024", **kind)

    assert found == [1, 64, 127]


def test_a_width_of_zero_is_no_window_and_the_next_is_taken(tmp_path: Path) -> None:
    """0 alone leaves the range of the bits; beside another it is passed over."""
    assert shown(tmp_path, WindowCenter="40", WindowWidth="0") == UP
    both = {"WindowCenter": ["40", "1000.5"], "WindowWidth": ["0", "1"]}
    assert shown(tmp_path, **both) == [0, 0, 255, 255]


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR", UP), ("LINEAR_EXACT", UP), ("SIGMOID", [30, 67, 125, 225])],
)
def test_the_function_of_a_window_is_honoured(
    tmp_path: Path, function: str, expected: list[int]
) -> None:
    """Sigmoid: 255 / (1 + exp(-4 (x - 2048) / 4096)), so 0 is 30.4 and 4095 224.6."""
    found = shown(tmp_path, **FULL, VOILUTFunction=function)

    assert np.abs(np.array(found) - expected).max() <= 1
    with pytest.raises(UnreadableImageError, match="window function 'WAVE'"):
        shown(tmp_path, **FULL, VOILUTFunction="WAVE")


@pytest.mark.parametrize(
    "place", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_functional_groups_hold_rescaling_and_windows(tmp_path: Path, place: str) -> None:
    """C.7.6.16.2.9 and 2.10: a slope of -1 and a window of width 1 at 3000.5, of the rescaled."""
    group = items(
        PixelValueTransformationSequence=items(
            RescaleSlope="-1", RescaleIntercept="4095", RescaleType="US"
        ),
        FrameVOILUTSequence=items(WindowCenter="3000.5", WindowWidth="1"),
    )

    assert shown(tmp_path, **{place: group}) == [255, 255, 0, 0]


def test_a_frames_own_group_wins_over_the_shared_one(tmp_path: Path) -> None:
    """And that over the header."""
    window = lambda centre: items(  # noqa: E731
        FrameVOILUTSequence=items(WindowCenter=centre, WindowWidth="1")
    )
    header = {"WindowCenter": "1", "WindowWidth": "1"}
    shared = {"SharedFunctionalGroupsSequence": window("500.5")}
    own = {"PerFrameFunctionalGroupsSequence": window("1500.5")}

    assert shown(tmp_path, **header) == [0, 255, 255, 255]
    assert shown(tmp_path, **header, **shared) == [0, 255, 255, 255]
    assert shown(tmp_path, **header, **shared, **own) == [0, 0, 255, 255]


def test_a_window_is_found_by_its_explanation(tmp_path: Path) -> None:
    """Of what is no CT the names are the file's own; others are refused with those."""
    header = {
        "WindowCenter": ["2048", "1000.5"],
        "WindowWidth": ["4096", "1"],
        "WindowCenterWidthExplanation": ["NORMAL", "HARDER"],
    }
    path = write_dicom(tmp_path / "a.dcm", RAMP, **header)

    assert read_dicom(path, window="harder")[0].tolist() == [0, 0, 255, 255]
    with pytest.raises(
        InvalidInputError, match=r"'lung'; its own are \['HARDER', 'NORMAL'\], and CT"
    ):
        read_dicom(path, window="lung")


def test_a_modality_table_comes_first(tmp_path: Path) -> None:
    """A table that maps 0 to 3 to 0, 85, 170, 255 of 8 bits; a window then counts in those."""
    table = items(
        LUTDescriptor=[4, 0, 8],
        LUTData=np.array([0, 85, 170, 255], np.uint16).tobytes(),
        ModalityLUTType="US",
    )
    stored = np.array([[0, 1, 2, 3]], dtype=np.uint16)

    assert shown(tmp_path, stored, ModalityLUTSequence=table) == [0, 85, 170, 255]
    windowed = shown(
        tmp_path, stored, ModalityLUTSequence=table, WindowCenter="100.5", WindowWidth="1"
    )
    assert windowed == [0, 0, 255, 255]


def test_a_table_of_interest_looks_rescaled_values_up(tmp_path: Path) -> None:
    """Rescaled by 0.5, 2 is place 1; beyond the table its last value holds."""
    table = items(LUTDescriptor=[3, 0, 8], LUTData=np.array([0, 128, 255], np.uint16).tobytes())
    stored = np.array([[0, 2, 4, 100]], dtype=np.uint16)

    assert shown(
        tmp_path, stored, VOILUTSequence=table, RescaleSlope="0.5", RescaleIntercept="0"
    ) == [0, 128, 255, 255]


@pytest.mark.parametrize(("slope", "intercept"), [("0", "0"), ("nan", "0"), ("1", "inf")])
def test_rescaling_that_leaves_no_picture_is_refused(
    tmp_path: Path, slope: str, intercept: str
) -> None:
    """A slope of 0 makes every picture blank."""
    with pytest.raises(UnreadableImageError, match=r"leave no picture|cannot be"):
        shown(tmp_path, RescaleSlope=float(slope), RescaleIntercept=float(intercept))


@pytest.mark.parametrize("implicit", [True, False])
def test_a_table_of_interest_may_begin_below_zero(tmp_path: Path, *, implicit: bool) -> None:
    """Its first value is -1024; without stated kinds 64512 is read, as the pixels are unsigned."""
    table = items(LUTExplanation="FROM -1024")
    table[0].add_new("LUTDescriptor", "SS", [4, -1024, 8])
    table[0].add_new("LUTData", "OW", np.array([0, 64, 128, 255], np.uint16).tobytes())
    stored = np.array([[0, 1, 2, 3, 9]], dtype=np.uint16)
    path = write_dicom(
        tmp_path / "a.dcm",
        stored,
        VOILUTSequence=table,
        RescaleSlope="1",
        RescaleIntercept="-1024",
    )
    if implicit:
        header = pydicom.dcmread(path)
        header.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
        header.save_as(path, implicit_vr=True, little_endian=True)

    assert read_dicom(path).tolist() == [[0, 64, 128, 255, 255]]


@pytest.mark.parametrize("kind", ["FloatPixelData", "DoubleFloatPixelData"])
def test_a_window_of_floating_point_values_is_taken_exactly(tmp_path: Path, kind: str) -> None:
    """Of 0 to 1, (0.5, 1) shows every value; LINEAR, of whole numbers, would leave two greys."""
    values = np.array([[0.0, 0.25, 0.5, 1.0]], np.float32 if kind[0] == "F" else np.float64)
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    header = pydicom.dcmread(path)
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        del header[name]
    header.BitsAllocated = values.itemsize * 8
    setattr(header, kind, values.tobytes())
    header.save_as(path)

    assert read_dicom(path, window=(0.5, 1)).tolist() == [[0, 64, 128, 255]]
    with pytest.raises(UnreadableImageError, match="floating-point pixels and no window"):
        read_dicom(path)
