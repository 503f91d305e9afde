"""Pages of TIFF files: the picture, and what stands beside it."""

import time
from pathlib import Path

import numpy as np
import pytest
from tiff_writer import page, tiff

from prevalens.exceptions import UnreadableImageError
from prevalens.images import read_image
from prevalens.images.tiff_pages import find_picture

PICTURE = np.arange(12, dtype=np.uint8).reshape(3, 4)


def wrote(tmp_path: Path, data: bytes) -> Path:
    """Write a file."""
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_page_is_read_in_each_order_and_size_of_words(
    tmp_path: Path, order: str, *, big: bool
) -> None:
    """Little and big endian, TIFF and BigTIFF."""
    path = wrote(tmp_path, tiff(page(PICTURE, order=order), order=order, big=big))

    with path.open("rb") as opened:
        found = find_picture(opened, "a.tif")
    assert (found.number, found.photometric, found.bits, found.kinds) == (0, 1, (8,), {1})
    if big and order == ">":
        with pytest.raises(UnreadableImageError, match="cannot be read for certain"):
            read_image(path)
        return
    assert np.array_equal(read_image(path, channels=1)[..., 0], PICTURE)


@pytest.mark.parametrize("beside", [{"SUBFILE": 1}, {"SUBFILE": 4}, {"SUBFILE": 5}])
@pytest.mark.parametrize("first", [False, True])
def test_smaller_copies_and_masks_are_passed_over(
    tmp_path: Path, beside: dict[str, int], *, first: bool
) -> None:
    """Whether they stand before the picture or after it."""
    other = page(np.full((2, 2), 200, dtype=np.uint8), **beside)
    pages = [other, page(PICTURE)] if first else [page(PICTURE), other]

    assert np.array_equal(read_image(wrote(tmp_path, tiff(*pages)), channels=1)[..., 0], PICTURE)


def test_several_pictures_are_refused(tmp_path: Path) -> None:
    """Two pages; one that stands for a stack, as ImageJ and tifffile write; and a volume."""
    for data in (
        tiff(page(PICTURE), page(PICTURE)),
        tiff(page(PICTURE, DESCRIPTION=b"ImageJ=1.53\nimages=7\nslices=7\n\0")),
        tiff(page(PICTURE, DESCRIPTION=b'{"shape": [7, 2, 4], "truncated": true}\0')),
        tiff(page(PICTURE, DEPTH=7)),
    ):
        with pytest.raises(UnreadableImageError, match=r"a\.tif holds several frames"):
            read_image(wrote(tmp_path, data))
    alone = tiff(page(PICTURE, DESCRIPTION=b"ImageJ=1.53\nimages=1\n\0"))
    assert np.array_equal(read_image(wrote(tmp_path, alone), channels=1)[..., 0], PICTURE)


def test_copies_alone_are_no_picture(tmp_path: Path) -> None:
    """A file of a thumbnail only is refused rather than its thumbnail shown."""
    with pytest.raises(UnreadableImageError, match="only smaller copies or masks"):
        read_image(wrote(tmp_path, tiff(page(PICTURE, SUBFILE=1))))


def test_many_frames_are_refused_at_once(tmp_path: Path) -> None:
    """20,000 pages, whether full or small, cost a tenth of a second, not minutes."""
    for tags, reason in (({}, "several frames"), ({"SUBFILE": 1}, "several frames")):
        path = wrote(tmp_path, tiff(*[page(PICTURE, **tags)] * 20_000))
        start = time.process_time()
        with pytest.raises(UnreadableImageError, match=reason):
            read_image(path)
        assert time.process_time() - start < 20


def test_pages_that_lead_back_end(tmp_path: Path) -> None:
    """A chain of pages that comes back to its first is one page."""
    data = bytearray(tiff(page(PICTURE)))
    count = int.from_bytes(data[8:10], "little")
    data[10 + 12 * count : 14 + 12 * count] = (8).to_bytes(4, "little")
    assert np.array_equal(read_image(wrote(tmp_path, bytes(data)), channels=1)[..., 0], PICTURE)


@pytest.mark.parametrize("length", [5, 8, 9, 40, 120])
def test_a_cut_file_is_damaged(tmp_path: Path, length: int) -> None:
    """Wherever it ends."""
    path = wrote(tmp_path, tiff(page(PICTURE))[:length])
    with pytest.raises(UnreadableImageError, match=r"a\.tif is damaged"):
        read_image(path)


def test_a_page_that_lacks_strips_is_damaged(tmp_path: Path) -> None:
    """What no strip holds would be shown black: 8 rows in strips of 4, of which one is named."""
    rows = np.arange(64, dtype=np.uint8).reshape(8, 8)
    whole = page(rows, ROWS=4)
    whole[273] = [rows[:4].tobytes(), rows[4:].tobytes()]
    assert np.array_equal(read_image(wrote(tmp_path, tiff(whole)), channels=1)[..., 0], rows)
    with pytest.raises(UnreadableImageError, match="lacks strips or tiles"):
        read_image(wrote(tmp_path, tiff(whole | {273: [rows[:4].tobytes()]})))
