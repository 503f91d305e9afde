"""DICOM: rescale, window, MONOCHROME1, the patient, and what is refused."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writer import items, pydicom, write_dicom
from PIL import Image, ImageFile

from prevalens.exceptions import (
    DataWarning,
    InvalidInputError,
    MissingExtraError,
    UnreadableImageError,
)
from prevalens.images import (
    DicomReader,
    FileReader,
    is_dicom,
    read_appearance,
    read_dicom,
    read_image,
)


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


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"NumberOfFrames": "3"}, "holds 3 frames"),
        ({"Rows": 60000, "Columns": 60000}, r"claims too many pixels .60000 x 60000;"),
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


@pytest.mark.parametrize("highest", [0, 255])
def test_a_palette_of_low_values_is_refused(tmp_path: Path, highest: int) -> None:
    """8-bit colours in a table said to hold 16 bits are black to who believes it."""
    header: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        header[f"{name}PaletteColorLookupTableDescriptor"] = [4, 0, 16]
        table = np.linspace(0, highest, 4).astype(np.uint16)
        header[f"{name}PaletteColorLookupTableData"] = table.tobytes()
    pixels = np.array([[0, 1, 2]], dtype=np.uint8)
    path = write_dicom(tmp_path / "a.dcm", pixels, bits=8, **header)

    with pytest.raises(UnreadableImageError, match=f"values reach {highest} of 65535.*as RGB"):
        read_dicom(path)


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


RAMP = np.array([[0, 1000, 2000, 4095]], dtype=np.uint16)


@pytest.mark.parametrize("high_bit", [11, 12, 15])
@pytest.mark.parametrize("kind", [np.uint16, np.int16])
def test_stored_bits_may_lie_higher(tmp_path: Path, high_bit: int, kind: Any) -> None:
    """PS3.5 8.1.1: 12 bits whose highest is bit 15 are shifted down by 4, what is below dropped."""
    values = np.array([[-2048, 0, 2047]] if kind is np.int16 else [[0, 2048, 4095]])
    above = high_bit - 11
    stored = ((values << above) | (1 if above else 0)).astype(kind)
    path = write_dicom(tmp_path / "a.dcm", stored, HighBit=high_bit)

    assert read_dicom(path).tolist() == [[0, 128, 255]]


def test_stored_bits_of_colours_may_lie_higher(tmp_path: Path) -> None:
    """8 bits whose highest is bit 15, red, green and blue or numbers of a palette's colours."""
    colours = np.array([[[10, 128, 255]]], dtype=np.uint16)
    header: dict[str, Any] = {"BitsAllocated": 16, "HighBit": 15, "PlanarConfiguration": 0}
    path = write_dicom(
        tmp_path / "a.dcm", colours << 8, bits=8, PhotometricInterpretation="RGB", **header
    )
    assert read_dicom(path).tolist() == [[[10, 128, 255]]]

    for name in ("Red", "Green", "Blue"):
        header[f"{name}PaletteColorLookupTableDescriptor"] = [3, 0, 16]
        header[f"{name}PaletteColorLookupTableData"] = np.array([0, 257, 65535], "<u2").tobytes()
    numbers = np.array([[0, 1, 2]], dtype=np.uint16) << 8
    path = write_dicom(
        tmp_path / "b.dcm", numbers, bits=8, PhotometricInterpretation="PALETTE COLOR", **header
    )
    assert read_dicom(path)[0, :, 0].tolist() == [0, 1, 255]


def test_run_lengths_are_shifted_too(tmp_path: Path) -> None:
    """They pack the stored words, so that 12 bits below bit 15 are shifted as unpacked ones."""
    path = write_dicom(tmp_path / "a.dcm", RAMP << 4, bits=16)
    header = pydicom.dcmread(path)
    header.compress(pydicom.uid.RLELossless, encoding_plugin="pydicom")
    header.BitsStored = 12
    header.save_as(path)

    assert read_dicom(path).tolist() == [[0, 62, 125, 255]]


def test_a_coding_of_a_makers_own_is_refused_by_its_number(tmp_path: Path) -> None:
    """A private transfer syntax says nothing to anybody else."""
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.113619.5.2\0\0"))

    with pytest.raises(UnreadableImageError, match=r"coded as 1\.2\.840\.113619\.5\.2, which"):
        read_dicom(path)


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_what_others_set_for_cut_files_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Half a packed picture is refused, though Pillow was told to fill up what lacks."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    packed = io.BytesIO()
    settings = {} if kind == "JPEG" else {"no_jp2": True}
    Image.fromarray(pixels).save(packed, kind, **settings)
    path = write_dicom(tmp_path / "a.dcm", pixels, bits=8)
    header = pydicom.dcmread(path)
    header.file_meta.TransferSyntaxUID = (
        pydicom.uid.JPEGBaseline8Bit if kind == "JPEG" else pydicom.uid.JPEG2000Lossless
    )
    for share, whole in ((1.0, True), (0.5, False)):
        data = packed.getvalue()[: int(share * len(packed.getvalue()))]
        header.PixelData = pydicom.encaps.encapsulate([data])
        header["PixelData"].VR = "OB"
        header.save_as(path)
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        if whole:
            assert np.abs(read_dicom(path).astype(int) - pixels).mean() < 20
        else:
            with pytest.raises(UnreadableImageError, match="cannot be decoded"):
                read_dicom(path)


@pytest.mark.parametrize(
    ("space", "transformed", "boxed", "is_read"),
    [
        ("RGB", False, False, True),
        ("YBR_RCT", True, False, True),
        ("YBR_FULL", True, False, False),
        ("YBR_FULL_422", True, True, False),
        ("YBR_FULL", False, True, False),
        ("YBR_RCT", True, True, True),
    ],
)
def test_colours_of_jpeg_2000_are_not_converted_twice(
    tmp_path: Path, space: str, *, transformed: bool, boxed: bool, is_read: bool
) -> None:
    """Red, green and blue under another name are refused (DICOM PS3.5, 8.2.4)."""
    pixels = np.full((32, 32, 3), (200, 40, 90), dtype=np.uint8)
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG2000", mct=int(transformed), no_jp2=not boxed)
    path = write_dicom(tmp_path / "a.dcm", pixels, bits=8, PlanarConfiguration=0)
    header = pydicom.dcmread(path)
    header.PhotometricInterpretation = space
    header.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless
    header.PixelData = pydicom.encaps.encapsulate([packed.getvalue()])
    header["PixelData"].VR = "OB"
    header.save_as(path)
    if is_read:
        assert np.array_equal(read_dicom(path), pixels)
    else:
        with pytest.raises(UnreadableImageError, match=f"as {space}, but .* RGB"):
            read_dicom(path)


def test_bits_that_cannot_be_are_refused(tmp_path: Path) -> None:
    """12 bits below bit 7."""
    path = write_dicom(tmp_path / "a.dcm", RAMP, HighBit=7)
    with pytest.raises(UnreadableImageError, match="12 bits below bit 7"):
        read_dicom(path)


def test_bits_of_the_device_may_be_stated(tmp_path: Path) -> None:
    """12 bits in a file that says 16: a sixteenth of the range unless bits=12."""
    path = write_dicom(tmp_path / "a.dcm", np.tile(RAMP, (4, 1)), bits=16)

    assert read_dicom(path).max() == 16
    assert read_dicom(path, bits=12)[0].tolist() == [0, 62, 125, 255]


def test_a_window_is_numbers_a_name_or_three(tmp_path: Path) -> None:
    """Of Hounsfield units; three are red, green and blue."""
    units = np.array([[-1400, -600, 40, 240]])
    path = write_dicom(
        tmp_path / "a.dcm",
        (units + 2000).astype(np.uint16),
        RescaleSlope="1",
        RescaleIntercept="-2000",
        RescaleType="HU",
    )

    lung = read_dicom(path, window=(-600, 1500))
    brain = read_dicom(path, window="Brain")
    assert lung[0].tolist() == [0, 128, 236, 255]
    assert brain[0].tolist() == [0, 0, 129, 255]
    assert np.array_equal(read_dicom(path, window="lung"), lung)
    three = read_image(path, reader=FileReader(window=["lung", (40, 80), "bone"]))
    assert np.array_equal(three[..., 0], lung)
    assert np.array_equal(three[..., 1], brain)
    with pytest.raises(InvalidInputError, match=r"no window named 'lungs'.*'lung'"):
        read_dicom(path, window="lungs")


def test_a_window_is_not_for_colour(tmp_path: Path) -> None:
    """What would be ignored is refused."""
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    path = write_dicom(
        tmp_path / "a.dcm", pixels, bits=8, PhotometricInterpretation="RGB", PlanarConfiguration=0
    )
    with pytest.raises(UnreadableImageError, match="is in colour"):
        read_dicom(path, window=(40, 400))


def test_a_frame_is_named_by_its_number(tmp_path: Path) -> None:
    """`a.dcm#1` is the second frame, with the window of its own functional group."""
    frames = np.stack([RAMP, RAMP]).reshape(2, 4)
    groups = [
        items(FrameVOILUTSequence=items(WindowCenter=centre, WindowWidth=width))[0]
        for centre, width in (("2048", "4096"), ("1000.5", "1"))
    ]
    path = write_dicom(
        tmp_path / "a.dcm",
        frames,
        Rows=1,
        NumberOfFrames="2",
        PerFrameFunctionalGroupsSequence=pydicom.sequence.Sequence(groups),
    )

    assert read_dicom(f"{path}#0").tolist() == [[0, 62, 125, 255]]
    assert read_dicom(f"{path}#1").tolist() == [[0, 0, 255, 255]]
    reader = DicomReader()
    assert reader.identity(f"{path}#0") != reader.identity(f"{path}#1")
    assert reader.identity(f"{path}#01") == reader.identity(f"{path}#1")
    with pytest.raises(
        UnreadableImageError, match=r"Name the frame of each row, from a\.dcm#0 to #1"
    ):
        read_image(path)
    for part in ("2", "-1", "x"):
        with pytest.raises(UnreadableImageError, match="is no frame: the file has 2"):
            read_image(f"{path}#{part}")


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_a_file_without_a_preamble_is_known_by_content(
    tmp_path: Path, *, implicit: bool, little: bool
) -> None:
    """No suffix, no 128 bytes, no group 2: found, and read."""
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    header = pydicom.dcmread(path)
    del header.file_meta
    header.preamble = None
    if not little:
        header.PixelData = RAMP.byteswap().tobytes()
    pydicom.dcmwrite(
        tmp_path / "IM0001",
        header,
        implicit_vr=implicit,
        little_endian=little,
        enforce_file_format=False,
    )

    assert (tmp_path / "IM0001").read_bytes()[128:132] != b"DICM"
    assert is_dicom(tmp_path / "IM0001")
    assert read_image(tmp_path / "IM0001")[0, :, 0].tolist() == [0, 62, 125, 255]


def test_few_levels_are_warned_of_once_a_folder(tmp_path: Path) -> None:
    """1,024 values in 16 stored bits are 5 grey levels; a mask of four values is none of these."""
    values = np.arange(1024, dtype=np.uint16).reshape(32, 32)
    write_dicom(tmp_path / "a.dcm", values, bits=16)
    write_dicom(tmp_path / "b.dcm", values, bits=16)
    (tmp_path / "masks").mkdir()
    write_dicom(tmp_path / "masks" / "c.dcm", np.tile(RAMP, (4, 1)))

    with pytest.warns(DataWarning, match=r"a\.dcm holds 1024 grey values, of which 5 are left"):
        read_dicom(tmp_path / "a.dcm")
    read_dicom(tmp_path / "b.dcm")
    read_dicom(tmp_path / "masks" / "c.dcm")


def test_a_coding_without_a_decoder_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JPEG Lossless, the commonest of hospitals, is decoded by packages that are free to use."""
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    header = pydicom.dcmread(path)
    header.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLosslessSV1
    header.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8 no frame"])
    header["PixelData"].is_undefined_length = True
    header.save_as(path)
    decoder = pydicom.pixels.get_decoder(pydicom.uid.JPEGLosslessSV1)
    monkeypatch.setattr(type(decoder), "is_available", property(lambda _: False))

    with pytest.raises(MissingExtraError, match=r"a\.dcm is coded as JPEG Lossless.*dicom-codecs"):
        read_dicom(path)


def test_a_supplemental_palette_is_refused(tmp_path: Path) -> None:
    """Grey with colours above it is not shown as grey alone."""
    path = write_dicom(tmp_path / "a.dcm", RAMP, PixelPresentation="MIXED")
    with pytest.raises(UnreadableImageError, match="supplemental palette"):
        read_dicom(path)


def test_another_file_is_not_forced(tmp_path: Path) -> None:
    """Text is no DICOM, and pydicom is not made to read it."""
    (tmp_path / "a.dcm").write_text("no picture at all")
    assert not DicomReader().matches(str(tmp_path / "a.dcm"))
    with pytest.raises(UnreadableImageError, match="is no DICOM file"):
        read_dicom(tmp_path / "a.dcm")


def test_a_file_without_a_picture_says_what_it_is(tmp_path: Path) -> None:
    """A plan or a structured report beside the images."""
    path = write_dicom(tmp_path / "a.dcm", RAMP)
    header = pydicom.dcmread(path)
    del header.PixelData
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.5"
    header.save_as(path)
    with pytest.raises(UnreadableImageError, match=r"holds no picture .it is RT Plan Storage"):
        read_dicom(path)
