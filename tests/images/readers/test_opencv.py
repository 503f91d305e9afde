"""OpenCV where it decodes as Pillow does, Pillow elsewhere."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import FileReader, OpencvReader, PillowReader, read_image
from prevalens.images.readers import opencv

pytest.importorskip("cv2", reason="the extra `fast` is not installed")

OPENCV = FileReader(decoder="opencv")
CELLS = Path(__file__).parents[3].parent / "shared" / "data" / "wbc" / "images"


def scene(mode: str = "RGB") -> Image.Image:
    """Return a 61x47 picture of smooth colours with a sharp edge."""
    down, across = np.mgrid[0:47, 0:61].astype(float)
    bands = [120 + 100 * np.sin(down / 9), 120 + 100 * np.cos(across / 7), 4 * across]
    pixels = np.stack(bands, axis=2).clip(0, 255).astype(np.uint8)
    pixels[10:20, 10:30] = (200, 30, 90)
    return Image.fromarray(pixels).convert(mode)


FILES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bmp colour": ("RGB", "bmp", {}),
    "bmp grey": ("L", "bmp", {}),
    "bmp palette": ("P", "bmp", {}),
    "png colour": ("RGB", "png", {}),
    "png grey": ("L", "png", {}),
    "png transparent": ("RGBA", "png", {}),
    "png transparent grey": ("LA", "png", {}),
    "png colour key": ("RGB", "png", {"transparency": (200, 30, 90)}),
    "png palette": ("P", "png", {}),
    "png one bit": ("1", "png", {}),
    "png 16 bit": ("I;16", "png", {}),
    "png turned": (
        "RGB",
        "png",
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"},
    ),
    "jpeg colour": ("RGB", "jpeg", {"quality": 95}),
    "jpeg halved colour": ("RGB", "jpeg", {"quality": 80, "subsampling": 2}),
    "jpeg progressive": ("RGB", "jpeg", {"progressive": True}),
    "jpeg grey": ("L", "jpeg", {}),
    "jpeg four inks": ("CMYK", "jpeg", {}),
    "jpeg turned": (
        "RGB",
        "jpeg",
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"},
    ),
    "tiff": ("RGB", "tiff", {}),
    "webp": ("RGB", "webp", {"lossless": True}),
}
TAKEN = {
    "bmp colour",
    "png colour",
    "png grey",
    "jpeg colour",
    "jpeg halved colour",
    "jpeg progressive",
    "jpeg grey",
}


@pytest.mark.filterwarnings("ignore:.* grey values, of which")  # 8 bits in a file of 16
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("size", [None, (30, 40), (90, 70)])
def test_every_kind_of_file_means_what_pillow_makes_of_it(
    tmp_path: Path, kind: str, size: tuple[int, int] | None
) -> None:
    """The pixels are Pillow's; for JPEG within 1 of 255 on average."""
    mode, suffix, options = FILES[kind]
    path = tmp_path / f"picture.{suffix}"
    scene(mode).save(path, **options)
    ours, theirs = (read_image(path, size=size, reader=reader) for reader in (OPENCV, None))
    assert (opencv._decode(path.read_bytes()) is not None) == (kind in TAKEN)
    assert ours.shape == theirs.shape
    difference = np.abs(ours.astype(int) - theirs.astype(int))
    assert difference.mean() <= (1 if suffix == "jpeg" else 0)


@pytest.mark.parametrize("suffix", ["bmp", "png", "jpeg"])
def test_a_cut_file_is_an_error_at_every_length(tmp_path: Path, suffix: str) -> None:
    """A file that lost its end is refused by name; only what lost mere padding is shown."""
    buffer = io.BytesIO()
    scene().save(buffer, suffix)
    data = buffer.getvalue()
    path = tmp_path / f"cut.{suffix}"
    refused = 0
    for length in np.linspace(0, len(data) - 1, 25).astype(int).tolist():
        path.write_bytes(data[:length])
        try:
            image = read_image(path, reader=OPENCV)
        except UnreadableImageError as error:
            refused += 1
            assert "cut." in str(error)  # noqa: PT017
        else:
            assert np.array_equal(image, np.asarray(scene())), "half an image was shown"
    assert refused >= 23


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), suffix=st.sampled_from(["bmp", "png", "jpeg"]))
def test_changed_bytes_are_an_error_or_an_image(
    tmp_path: Path, data: st.DataObject, suffix: str
) -> None:
    """Whatever bytes are changed: an error that names the file, or pixels of a sane size."""
    buffer = io.BytesIO()
    scene().save(buffer, suffix)
    changed = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"changed.{suffix}"
    path.write_bytes(bytes(changed))
    try:
        image = read_image(path, size=16, reader=OPENCV)
    except UnreadableImageError as error:
        assert "changed." in str(error)  # noqa: PT017
    else:
        assert image.shape == (16, 16, 3)


def test_grey_is_left_to_pillow(tmp_path: Path) -> None:
    """One channel is Pillow's luma."""
    scene().save(tmp_path / "a.png")
    ours = read_image(tmp_path / "a.png", channels=1, reader=OPENCV)
    assert np.array_equal(ours, read_image(tmp_path / "a.png", channels=1))


@pytest.mark.skipif(not CELLS.is_dir(), reason="the real smears are not beside the repository")
def test_real_smears_are_the_same() -> None:
    """Forty real cells as BMP come out equal to the last bit."""
    for path in sorted(CELLS.glob("*.bmp"))[:40]:
        ours, theirs = (read_image(path, size=96, reader=reader) for reader in (OPENCV, None))
        assert np.array_equal(ours, theirs)


def test_files_that_opencv_cannot_judge_go_to_pillow(tmp_path: Path) -> None:
    """One that is absent, and a JPEG whose header ends before its picture begins."""
    with pytest.raises(UnreadableImageError, match=r"a\.png does not exist"):
        read_image(tmp_path / "a.png", reader=OPENCV)
    comment = b"\xff\xfe" + (100).to_bytes(2, "big") + b"x" * 98
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8" + comment + b"\0" * 40 + b"\xff\xd9")
    assert opencv._decode((tmp_path / "b.jpg").read_bytes()) is None
    with pytest.raises(UnreadableImageError, match=r"b\.jpg"):
        read_image(tmp_path / "b.jpg", reader=OPENCV)


def test_the_decoder_is_told_with_its_version() -> None:
    """Kept pixels are those of a decoder; Pillow resizes in both."""
    assert OpencvReader().name.startswith("opencv ")
    assert OpencvReader(bits=12).name.endswith(PillowReader(bits=12).name)


@pytest.mark.parametrize("claim", [b"\xff\xff\xff\xff", b"\0\xff\0\0"])
def test_a_part_that_claims_more_than_the_file_holds_is_left_to_pillow(
    tmp_path: Path, claim: bytes
) -> None:
    """OpenCV would set 4 GB aside for a PNG of 500 bytes that says its next part is that long."""
    scene().save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    first = data.index(b"IDAT") - 4
    assert opencv._plain_png(data)
    assert not opencv._plain_png(data[:first] + claim + data[first + 4 :])
