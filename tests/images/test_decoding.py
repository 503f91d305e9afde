"""Decoding: what each kind of file means, and what is refused."""

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images import read_image, read_images

HEIGHT, WIDTH = 2, 3


def saved(path: Path, mode: str, pixels: Any, **options: Any) -> Path:
    """Save pixels of a mode; the array has the mode's own layout."""
    array = np.array(pixels)
    Image.frombytes(mode, (array.shape[1], array.shape[0]), array.tobytes()).save(path, **options)
    return path


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    """An 8-bit grey value stands in all three channels, as stored."""
    path = saved(tmp_path / "a.png", "L", np.array([[0, 7, 255], [1, 2, 3]], dtype=np.uint8))

    pixels = read_image(path)

    assert pixels.dtype == np.uint8
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels[0].tolist() == [[0, 0, 0], [7, 7, 7], [255, 255, 255]]


def test_colour_becomes_grey_by_the_luma_of_bt601(tmp_path: Path) -> None:
    """0.299 red + 0.587 green + 0.114 blue: pure green 200 is 117."""
    path = saved(tmp_path / "a.png", "RGB", np.full((2, 3, 3), [0, 200, 0], dtype=np.uint8))

    grey = read_image(path, channels=1)

    assert grey.shape == (HEIGHT, WIDTH, 1)
    assert set(grey.ravel().tolist()) == {117}


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_sixteen_bits_go_linearly_to_eight(tmp_path: Path, suffix: str) -> None:
    """0, 128, 129, 257, 32896 and 65535 of 65535 are 0, 0, 1, 1, 128 and 255 of 255."""
    values = np.array([[0, 128, 129], [257, 32896, 65535]], dtype=np.uint16)
    path = tmp_path / f"a{suffix}"
    if suffix == ".pgm":
        path.write_bytes(b"P5 3 2 65535\n" + values.astype(">u2").tobytes())
    else:
        Image.fromarray(values).save(path)

    assert read_image(path, channels=1)[..., 0].tolist() == [[0, 0, 1], [1, 128, 255]]


def test_a_dark_sixteen_bit_image_is_not_stretched(tmp_path: Path) -> None:
    """Values up to 2570 of 65535 stay as dark as 10 of 255."""
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[0, 2570]], dtype=np.uint16)).save(path)

    assert read_image(path, channels=1).max() == 10


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    """A bitmap's 0 and 1 are 0 and 255."""
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[True, False]])).save(path)

    assert read_image(path, channels=1)[..., 0].tolist() == [[255, 0]]


def test_a_palette_gives_its_colours(tmp_path: Path) -> None:
    """A palette image means its palette's colours, not its indices."""
    picture = Image.new("P", (1, 1), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.save(tmp_path / "a.png")

    assert read_image(tmp_path / "a.png").tolist() == [[[10, 20, 30]]]


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("RGBA", [200, 100, 50, 0], [0, 0, 0]),
        ("RGBA", [200, 100, 50, 255], [200, 100, 50]),
        ("RGBA", [200, 100, 50, 51], [40, 20, 10]),
        ("LA", [200, 51], [40, 40, 40]),
    ],
)
def test_transparency_is_laid_over_black(
    tmp_path: Path, mode: str, pixel: list[int], expected: list[int]
) -> None:
    """A value v at opacity a becomes v x a / 255."""
    path = saved(tmp_path / "a.png", mode, np.array([[pixel]], dtype=np.uint8))

    assert read_image(path).tolist() == [[expected]]


def test_a_transparent_palette_colour_is_black(tmp_path: Path) -> None:
    """A palette entry marked transparent shows the black below it."""
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([90, 90, 90, 10, 20, 30])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png", transparency=0)

    assert read_image(tmp_path / "a.png").tolist() == [[[0, 0, 0], [10, 20, 30]]]


def test_cmyk_becomes_colour(tmp_path: Path) -> None:
    """No ink is white; full cyan takes the red away."""
    pixels = np.array([[[0, 0, 0, 0], [255, 0, 0, 0]]], dtype=np.uint8)
    path = saved(tmp_path / "a.tif", "CMYK", pixels)

    assert read_image(path).tolist() == [[[255, 255, 255], [0, 255, 255]]]


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    """Orientation 6 says the stored left column is the top row of the picture, turned."""
    stored = np.array([[10, 20, 30], [40, 50, 60]], dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)

    assert read_image(tmp_path / "a.png", channels=1)[..., 0].tolist() == [
        [40, 10],
        [50, 20],
        [60, 30],
    ]


def test_size_is_height_then_width(tmp_path: Path) -> None:
    """`(4, 5)` gives four rows of five; one number gives a square."""
    path = saved(tmp_path / "a.png", "L", np.full((20, 10), 9, dtype=np.uint8))

    assert read_image(path, size=(4, 5)).shape == (4, 5, 3)
    assert read_image(path, size=6).shape == (6, 6, 3)
    assert set(read_image(path, size=6).ravel().tolist()) == {9}


@pytest.mark.parametrize("size", [0, -3, 2.5, (4,), (4, 5, 6), "8", (4, 0)])
def test_a_bad_size_is_named(tmp_path: Path, size: Any) -> None:
    """A size that is not one or two positive whole numbers is refused."""
    with pytest.raises(InvalidInputError, match="`size`"):
        read_image(tmp_path / "a.png", size=size)


def test_bad_channels_are_named(tmp_path: Path) -> None:
    """Only 1 and 3 channels exist."""
    with pytest.raises(InvalidInputError, match=r"1 .grey. or 3 .colour., got 4"):
        read_image(tmp_path / "a.png", channels=4)


def damaged_files(folder: Path) -> dict[str, Path]:
    """Write one file of each kind that must be refused, by the reason it is refused for."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40)).astype(np.uint8))
    files = {"does not exist": folder / "missing.png", "is a folder": folder / "folder.png"}
    (folder / "folder.png").mkdir()
    files["is empty"] = folder / "empty.png"
    files["is empty"].write_bytes(b"")
    files["no image in a readable format"] = folder / "text.png"
    files["no image in a readable format"].write_text("no image at all")
    picture.save(folder / "whole.bmp")
    files["is damaged"] = folder / "cut.bmp"
    files["is damaged"].write_bytes((folder / "whole.bmp").read_bytes()[:-700])
    files["holds several frames"] = folder / "film.gif"
    picture.save(files["holds several frames"], save_all=True, append_images=[picture.rotate(90)])
    files["floating-point"] = folder / "float.tif"
    Image.fromarray(np.zeros((2, 2), dtype=np.float32)).save(files["floating-point"])
    files["32-bit signed pixels"] = folder / "integer.tif"
    Image.fromarray(np.array([[-5, 70000]], dtype=np.int32)).save(files["32-bit signed pixels"])
    return files


def test_each_unreadable_file_is_named_with_its_reason(tmp_path: Path) -> None:
    """Missing, empty, cut, foreign and many-framed files are refused by name."""
    for reason, path in damaged_files(tmp_path).items():
        with pytest.raises(UnreadableImageError, match=reason) as caught:
            read_image(path)
        assert path.name in str(caught.value)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """A bitmap of 60 bytes that claims 40000 x 40000 pixels is refused by its header."""
    header = struct.pack("<IiiHHIIiiII", 40, 40000, 40000, 1, 24, 0, 0, 0, 0, 0, 0)
    path = tmp_path / "bomb.bmp"
    path.write_bytes(b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + header + bytes(6))

    with pytest.raises(UnreadableImageError, match=r"bomb\.bmp claims too many pixels"):
        read_image(path)


def test_a_picture_a_little_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow itself only warns up to twice the limit; here the limit is a limit."""
    path = saved(tmp_path / "a.png", "L", np.zeros((10, 11), dtype=np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)

    with (
        pytest.raises(UnreadableImageError, match=r"a\.png .*11 x 10; the limit is 100"),
        pytest.warns(Image.DecompressionBombWarning),
    ):
        read_image(path)


def test_reading_many_names_every_bad_file(tmp_path: Path) -> None:
    """One error lists all unreadable files, and counts them."""
    good = saved(tmp_path / "good.png", "L", np.zeros((4, 4), dtype=np.uint8))
    bad = list(damaged_files(tmp_path).values())

    with pytest.raises(UnreadableImageError, match="8 of 9 files") as caught:
        read_images([good, *bad], size=8)

    for path in bad:
        assert path.name in str(caught.value)
    assert "good.png" not in str(caught.value)


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_many_images_come_in_order_whatever_the_workers(tmp_path: Path, n_jobs: int | None) -> None:
    """Row k of the array is file k, for any number of workers."""
    paths = [
        saved(tmp_path / f"{k}.png", "L", np.full((3, 3), k, dtype=np.uint8)) for k in range(20)
    ]

    read = read_images(paths, size=(2, 5), channels=1, n_jobs=n_jobs, progress=True)

    assert read.shape == (20, 2, 5, 1)
    assert read[:, 0, 0, 0].tolist() == list(range(20))


def test_no_files_give_no_images() -> None:
    """An empty list is an array of no images, of the size asked for."""
    assert read_images([], size=(4, 5)).shape == (0, 4, 5, 3)


def is_read_or_refused_by_name(path: Path) -> bool:
    """Return whether a file gives pixels, or the one error there is, naming it."""
    try:
        return read_image(path).ndim == 3
    except UnreadableImageError as error:
        return os.fspath(path) in str(error)


HEADS = [b"", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF89a", b"\xff\xd8\xff\xe0", b"II*\x00", b"MM\x00*"]
HEADS += [b"P5 4 4 255\n", b"RIFF\x20\x00\x00\x00WEBPVP8 ", bytes(128) + b"DICM", b"8BPS", b"%!PS"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=200))
def test_arbitrary_bytes_are_an_image_or_unreadable(
    tmp_path: Path, head: bytes, tail: bytes
) -> None:
    """Bytes of any kind give pixels or UnreadableImageError, never another exception."""
    path = tmp_path / "bytes.png"
    path.write_bytes(head + tail)

    assert is_read_or_refused_by_name(path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    suffix=st.sampled_from([".png", ".bmp", ".jpg", ".tif", ".gif", ".webp"]),
    data=st.data(),
)
def test_a_bent_image_is_an_image_or_unreadable(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    """A real file with some bytes changed and an end cut off is read or refused by name."""
    path = tmp_path / f"bent{suffix}"
    Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)).save(path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    assert is_read_or_refused_by_name(path)


def test_images_of_one_array_need_a_size(tmp_path: Path) -> None:
    """Without one they could not be stacked."""
    with pytest.raises(InvalidInputError, match="need one `size`, got None"):
        read_images([tmp_path / "a.png"], size=None)


PEAK = """
import os, sys
from PIL import Image
from prevalens.images import read_image

folder, side = sys.argv[1], 6000  # each array above the 32 MiB that malloc may keep
if not os.fork():  # writing takes memory too, which would hide that of reading
    Image.new("RGBA", (side, side)).save(f"{folder}/clear.png")
    Image.new("I;16", (side, side)).save(f"{folder}/deep.png")
    Image.new("RGB", (side, side)).save(f"{folder}/plain.png")
    os._exit(0)
os.wait()
Image.new("RGB", (8, 8)).save(f"{folder}/small.png")
def peak():  # of this program alone; getrusage's would be inherited from the one that started it
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
for name in sys.argv[2:]:
    read_image(f"{folder}/small.png")
    before = peak()
    read_image(f"{folder}/{name}.png")
    print((peak() - before) / side**2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted differently")
@pytest.mark.parametrize("name", ["clear", "deep", "plain"])
def test_a_picture_takes_less_than_eleven_bytes_a_pixel(tmp_path: Path, name: str) -> None:
    """At the limit of 89 million pixels reading one stays below 1 GB, whatever its kind."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path), name],
        check=True,
        capture_output=True,
        text=True,
    )
    assert 2 < float(done.stdout) < 11
