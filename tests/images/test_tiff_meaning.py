"""Each layout of TIFF has one meaning, or a refusal that does not depend on what it holds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tiff_writer import BITS, page, tiff

from prevalens.exceptions import UnreadableImageError
from prevalens.images import PillowReader, read_image

RAMP8 = np.array([[0, 64, 128, 255]], dtype=np.uint8)
RAMP16 = np.array([[0, 16448, 32896, 65535]], dtype=np.uint16)
RGB8 = np.array([[[255, 0, 0], [0, 117, 4]]], dtype=np.uint8)
RGB16 = np.array([[[65535, 0, 0], [0, 30000, 1000]]], dtype=np.uint16)


def shown(tmp_path: Path, *pages: dict[int, Any], order: str = "<") -> Any:
    """Return what is read of a file of these pages."""
    (tmp_path / "a.tif").write_bytes(tiff(*pages, order=order))
    return read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("ramp", [RAMP8, RAMP16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_grey_is_white_at_its_top_or_at_its_bottom(tmp_path: Path, ramp: Any, order: str) -> None:
    """MinIsBlack as stored, MinIsWhite turned round: at 8 bits and at 16."""
    black = shown(tmp_path, page(ramp, order=order), order=order)
    assert black[0, :, 0].tolist() == [0, 64, 128, 255]
    turned = page(ramp, photometric=0, order=order)
    if (order, ramp.dtype) == (">", np.uint16):
        with pytest.raises(UnreadableImageError, match="grey of 16 bits, the higher byte first"):
            shown(tmp_path, turned, order=order)
        return
    white = shown(tmp_path, turned, order=order)
    assert white[0, :, 0].tolist() == [255, 191, 127, 0]


def test_twelve_bits_packed_fill_the_range(tmp_path: Path) -> None:
    """Two values of 12 bits in three bytes: 0 and 4095 are black and white."""
    two = page(np.zeros((1, 3), dtype=np.uint8)) | {BITS: [12], 256: 2}
    two[273] = bytes([0x00, 0x0F, 0xFF])

    assert shown(tmp_path, two)[0, :, 0].tolist() == [0, 255]


def test_twelve_bits_in_sixteen_are_stated(tmp_path: Path) -> None:
    """Either way round: with bits=12 the top is 4095."""
    values = np.array([[0, 2048, 4095]], dtype=np.uint16)
    for photometric, expected in ((1, [0, 128, 255]), (0, [255, 127, 0])):
        (tmp_path / "a.tif").write_bytes(tiff(page(values, photometric=photometric)))
        found = read_image(tmp_path / "a.tif", channels=1, reader=PillowReader(bits=12))
        assert found.ravel().tolist() == expected


@pytest.mark.parametrize("planar", [1, 2])
def test_colour_of_eight_bits_is_read_however_it_lies(tmp_path: Path, planar: int) -> None:
    """Interleaved, or a plane a channel."""
    assert shown(tmp_path, page(RGB8, photometric=2, PLANAR=planar)).tolist() == RGB8.tolist()


def test_colour_of_sixteen_bits_is_read_interleaved_alone(tmp_path: Path) -> None:
    """Its high byte; plane by plane it is refused."""
    assert shown(tmp_path, page(RGB16, photometric=2)).reshape(-1).tolist() == [
        255,
        0,
        0,
        0,
        117,
        3,
    ]
    with pytest.raises(UnreadableImageError, match=r"RGB of 16\+16\+16 bits, channel by channel"):
        shown(tmp_path, page(RGB16, photometric=2, PLANAR=2))


@pytest.mark.parametrize(("extra", "expected"), [(0, 200), (1, 100), (2, 100)])
def test_a_fourth_channel_is_transparency_where_it_says_so(
    tmp_path: Path, extra: int, expected: int
) -> None:
    """Not told: left out. Associated: already laid over black. Else: multiplied."""
    stored = 100 if extra == 1 else 200
    pixels = np.array([[[stored] * 3 + [128]]], dtype=np.uint8)

    found = shown(tmp_path, page(pixels, photometric=2, EXTRA=extra))
    assert np.abs(found.astype(int) - expected).max() <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["i1", "i2", "i4", "u4", "f4", "f8", "u8"]),
    top=st.sampled_from([0, 1, 3, 100]),
    photometric=st.sampled_from([0, 1]),
)
def test_values_without_a_stated_range_are_refused_whatever_they_are(
    tmp_path: Path, kind: str, top: int, photometric: int
) -> None:
    """Signed, of 32 bits and floating-point: blank or not, the same refusal."""
    values = np.array([[0, top]]).astype(kind)
    with pytest.raises(UnreadableImageError, match=r"a\.tif holds .* range nothing states"):
        shown(tmp_path, page(values, photometric=photometric))


@pytest.mark.parametrize(
    ("pixels", "photometric", "name"),
    [
        (RGB8, 8, r"CIE L\*a\*b\*"),
        (RGB8, 6, "YCbCr"),
        (RAMP16, 3, "a palette"),
        (RAMP8, 32803, "a colour filter array"),
        (RGB8, 34892, "linear raw"),
        (RAMP8, 77, "photometric 77"),
        (np.zeros((1, 2, 2), dtype=np.uint16), 1, "grey"),
    ],
)
def test_what_readers_differ_on_is_refused(
    tmp_path: Path, pixels: Any, photometric: int, name: str
) -> None:
    """The layout is named, and what to convert to."""
    with pytest.raises(UnreadableImageError, match=rf"{name} of .* bits.*Convert it to PNG"):
        shown(tmp_path, page(pixels, photometric=photometric))


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_transparency_behind_the_grey_is_refused(tmp_path: Path, compression: str | None) -> None:
    """Plane by plane and packed, Pillow 12 makes black of it."""
    tifffile = pytest.importorskip("tifffile", reason="writes the file")
    planes = np.array([[[200, 100]], [[255, 128]]], dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        planes,
        photometric="minisblack",
        planarconfig="separate",
        extrasamples=["unassalpha"],
        compression=compression,
        metadata=None,
    )
    with pytest.raises(UnreadableImageError, match=r"grey of 8\+8 bits, channel by channel"):
        read_image(tmp_path / "a.tif")


def test_a_palette_is_read_by_its_high_bytes_or_refused(tmp_path: Path) -> None:
    """16-bit colours; those of writers that fill 8 bits alone are black to one reader."""
    palette = np.zeros((3, 256), dtype=np.uint16)
    palette[:, 1] = [0x1234, 0xFF00, 0x00FF]
    found = shown(
        tmp_path, page(np.array([[0, 1]], np.uint8), photometric=3, COLOURS=palette.ravel())
    )
    assert found.tolist() == [[[0, 0, 0], [0x12, 0xFF, 0]]]
    with pytest.raises(UnreadableImageError, match="palette of values below 256"):
        shown(
            tmp_path,
            page(np.array([[0, 1]], np.uint8), photometric=3, COLOURS=(palette.ravel() >> 8)),
        )


def test_colour_differences_under_jpeg_are_read(tmp_path: Path) -> None:
    """A TIFF that holds a JPEG of a red square is red."""
    Image.new("RGB", (32, 32), (200, 30, 30)).convert("YCbCr").save(
        tmp_path / "b.tif", compression="jpeg", quality=95
    )
    found = read_image(tmp_path / "b.tif").astype(int)
    assert np.abs(found - [200, 30, 30]).max() <= 6


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("pixels", [RAMP8, RAMP16, RGB8])
def test_compression_changes_nothing(tmp_path: Path, compression: str, pixels: Any) -> None:
    """The same pixels, packed."""
    Image.fromarray(pixels).save(tmp_path / "plain.tif")
    Image.fromarray(pixels).save(tmp_path / "packed.tif", compression=compression)
    assert np.array_equal(read_image(tmp_path / "plain.tif"), read_image(tmp_path / "packed.tif"))
