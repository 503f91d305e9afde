"""Pillow's formats: what they mean beyond the common cases, and what is refused."""

import io
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from prevalens.exceptions import DataWarning, UnreadableImageError
from prevalens.images import FileReader, PillowReader, read_image


def saved(path: Path, pixels: Any, **options: Any) -> Path:
    """Save an array as Pillow does."""
    Image.fromarray(np.asarray(pixels)).save(path, **options)
    return path


def png(
    path: Path, depth: int, colour: int, rows: list[bytes], *parts: tuple[bytes, bytes]
) -> Path:
    """Write a PNG by hand: bits, kind of colour, rows as stored, and further parts."""
    width = {(1, 0): 8, (2, 0): 4, (4, 0): 2, (8, 0): 1, (16, 0): 0.5, (16, 2): 1 / 6}[
        depth, colour
    ]
    size = struct.pack(">II", int(len(rows[0]) * width), len(rows))
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    all_parts = [
        (b"IHDR", size + bytes([depth, colour, 0, 0, 0])),
        *parts,
        (b"IDAT", data),
        (b"IEND", b""),
    ]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in all_parts
        )
    )
    return path


def test_twelve_bits_in_a_sixteen_bit_file_are_stated(tmp_path: Path) -> None:
    """With bits=12 0, 2048 and 4095 are 0, 128 and 255; without it 0, 8 and 16."""
    path = saved(tmp_path / "a.png", np.array([[0, 2048, 4095]], dtype=np.uint16))

    assert read_image(path, channels=1, reader=PillowReader(bits=12)).ravel().tolist() == [
        0,
        128,
        255,
    ]
    assert read_image(path, channels=1).ravel().tolist() == [0, 8, 16]
    with pytest.raises(UnreadableImageError, match="up to 4095, and bits=10 allows 1023"):
        read_image(path, reader=FileReader(bits=10))


def test_bits_of_a_wide_colour_file_are_refused(tmp_path: Path) -> None:
    """Of 16-bit colour the high byte is read, which leaves 12 bits dark."""
    path = png(tmp_path / "a.png", 16, 2, [struct.pack(">3H", 0x1234, 0x00FF, 0xFF00)])

    assert read_image(path).tolist() == [[[0x12, 0, 0xFF]]]
    with pytest.raises(UnreadableImageError, match="colours of 16 bits"):
        read_image(path, reader=PillowReader(bits=12))


@pytest.mark.parametrize(
    ("depth", "row", "expected"), [(2, b"\x1b", [0, 85, 170, 255]), (4, b"\x0f", [0, 255])]
)
def test_few_bits_fill_the_range(
    tmp_path: Path, depth: int, row: bytes, expected: list[int]
) -> None:
    """Two bits are 0, 85, 170, 255; four are multiples of 17."""
    path = png(tmp_path / "a.png", depth, 0, [row])

    assert read_image(path, channels=1).ravel().tolist() == expected


def test_few_levels_of_sixteen_bits_are_warned_of_once_a_folder(tmp_path: Path) -> None:
    """A camera's 12 bits in a PNG of 16 are 17 grey levels, until `bits=12` says so."""
    rows = [struct.pack(">64H", *range(start, start + 64)) for start in range(0, 4096, 64)]
    path = png(tmp_path / "a.png", 16, 0, rows)

    with pytest.warns(DataWarning, match=r"holds 4096 grey values, of which 17 are left.*`bits=`"):
        read_image(path, channels=1)
    assert len(np.unique(read_image(path, channels=1))) == 17  # said once a folder
    full = read_image(path, channels=1, reader=PillowReader(bits=12))
    assert len(np.unique(full)) == 256


def test_gamma_and_unknown_parts_change_nothing(tmp_path: Path) -> None:
    """A 16-bit PNG that states a gamma is read by its values."""
    rows = [struct.pack(">2H", 0, 32896)]
    path = png(tmp_path / "a.png", 16, 0, rows, (b"gAMA", struct.pack(">I", 100000)))

    assert read_image(path, channels=1).ravel().tolist() == [0, 128]


def test_a_transparent_grey_of_sixteen_bits_is_black(tmp_path: Path) -> None:
    """The colour key 40000 shows the black below it, as it does of 8 bits."""
    rows = [struct.pack(">2H", 40000, 40001)]
    path = png(tmp_path / "a.png", 16, 0, rows, (b"tRNS", struct.pack(">H", 40000)))

    assert read_image(path, channels=1).ravel().tolist() == [0, 156]


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_one_frame_is_a_picture_and_two_are_refused(tmp_path: Path, suffix: str) -> None:
    """Animated GIF, PNG and WebP; a file of one frame is read."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("black", "white")]
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[:1][1:])
    assert read_image(path).max() == 0
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImageError, match="holds several frames"):
        read_image(path)


def test_inks_of_a_photograph_are_not_inverted_twice(tmp_path: Path) -> None:
    """A CMYK JPEG as Adobe writes it: no ink is white, black ink is black."""
    pixels = np.zeros((16, 32, 4), dtype=np.uint8)
    pixels[:, 16:, 3] = 255
    Image.fromarray(pixels, "CMYK").save(tmp_path / "a.jpg", quality=100)

    shown = read_image(tmp_path / "a.jpg")
    assert shown[:, :12].min() >= 250
    assert shown[:, 20:].max() <= 5


def test_a_profile_changes_no_pixel(tmp_path: Path) -> None:
    """A colour profile is not applied, and does not break reading."""
    path = saved(
        tmp_path / "a.png", np.full((2, 2, 3), [200, 100, 50], np.uint8), icc_profile=b"x" * 200
    )

    assert read_image(path)[0, 0].tolist() == [200, 100, 50]


def cut_jpeg(path: Path) -> Path:
    """Write a JPEG that lost its second half."""
    held = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(held, "JPEG")
    path.write_bytes(held.getvalue()[: len(held.getvalue()) // 2])
    return path


def test_what_others_set_for_cut_files_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Pillow told to be lenient a cut file is an error still, and Pillow stays lenient."""
    path = cut_jpeg(tmp_path / "a.jpg")
    whole = saved(tmp_path / "b.png", np.zeros((400, 400, 3), dtype=np.uint8))
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)

    def read_many() -> None:
        for _ in range(20):
            read_image(whole)
            with pytest.raises(UnreadableImageError, match=r"a\.jpg is damaged"):
                read_image(path)

    threads = [threading.Thread(target=read_many) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ImageFile.LOAD_TRUNCATED_IMAGES
    assert Image.open(path).resize((8, 8)).size == (8, 8)


def test_a_damaged_picture_is_refused_by_name(tmp_path: Path) -> None:
    """Bytes that are no picture, read by this reader alone."""
    (tmp_path / "a.png").write_bytes(b"no picture at all")
    with pytest.raises(UnreadableImageError, match=r"a\.png is no image"):
        PillowReader().read(str(tmp_path / "a.png"))


def test_its_name_states_what_changes_pixels() -> None:
    """The version, and the bits."""
    assert PillowReader().name.startswith("pillow ")
    assert PillowReader(bits=12).name == PillowReader().name + " bits=12"


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("a.bmp", (4, 54, 3), {}),  # rows of 164 bytes
        ("a.tif", (46, 40, 3), {"compression": "tiff_lzw"}),  # its page stands at byte 7416
    ],
)
@pytest.mark.filterwarnings("error::prevalens.exceptions.DataWarning")
def test_a_place_in_the_file_is_not_taken_for_bits(
    tmp_path: Path, name: str, shape: tuple[int, int, int], options: dict[str, str]
) -> None:
    """Colours of 8 bits are read with bits=12, and dark ones without a warning of 16 bits."""
    pixels = np.random.default_rng(46).integers(0, 256, shape).astype(np.uint8)
    path = saved(tmp_path / name, pixels, **options)
    with Image.open(path) as picture:
        assert "16" in str(picture.tile[0])
    np.testing.assert_array_equal(read_image(path, reader=PillowReader(bits=12)), pixels)

    dark = saved(tmp_path / f"dark-{name}", pixels // 32, **options)
    np.testing.assert_array_equal(read_image(dark), pixels // 32)


def test_wide_colours_are_the_same_from_ppm(tmp_path: Path) -> None:
    """The high byte, as of PNG and TIFF: 0x12FF is 0x12, which rounding would make 0x13."""
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6\n1 1\n65535\n" + struct.pack(">3H", 0x12FF, 0x00FF, 0xFF00))

    assert read_image(path).tolist() == [[[0x12, 0, 0xFF]]]
    with pytest.raises(UnreadableImageError, match="colours of 16 bits"):
        read_image(path, reader=PillowReader(bits=12))


@pytest.mark.parametrize("bits", [None, 12])
def test_the_range_that_a_pgm_file_states_is_its_range(tmp_path: Path, bits: int | None) -> None:
    """Of a maximum of 1023, 0, 512 and 1023 are 0, 128 and 255, whatever `bits` says of others."""
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5\n3 1\n1023\n" + struct.pack(">3H", 0, 512, 1023))

    found = read_image(path, channels=1, reader=PillowReader(bits=bits))
    assert found.ravel().tolist() == [0, 128, 255]
