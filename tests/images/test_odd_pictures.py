"""Pictures that can be read and still show little."""

from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_dicom
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import find_odd_pictures

WHOLE = np.add.outer(np.arange(64), np.arange(64) * 3).astype(np.uint8)


def wrote(folder: Path, **pictures: np.ndarray) -> list[Path]:
    """Write grey pictures as PNG, by name."""
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in pictures]


def test_what_stands_out_is_listed_by_its_kind(tmp_path: Path) -> None:
    """A whole one, a blank one, one cut at three quarters and filled up, and a mask."""
    cut = WHOLE.copy()
    cut[48:] = 128
    noise = np.random.default_rng(0).integers(200, 202, WHOLE.shape, dtype=np.uint8)
    paths = wrote(
        tmp_path,
        whole=WHOLE,
        white=np.full_like(WHOLE, 255),
        noise=noise,
        cut=cut,
        mask=np.where(WHOLE > 100, 255, 0).astype(np.uint8),
    )

    found = find_odd_pictures(paths)

    assert found.blank.tolist() == [1, 2]
    assert found.flat_tails.tolist() == [3]
    assert found.few_levels.tolist() == [4]
    assert not found.ok
    assert "- 1 flat from some row to the bottom, as cut files are: " in str(found)
    assert "5 pictures looked at: look at these." in str(found)
    assert str(found).endswith("see reference/findings.html#finding-odd-picture.")
    assert find_odd_pictures(paths[:1]).ok
    assert str(find_odd_pictures(paths[:1])) == "1 pictures looked at: nothing stands out."


def test_a_progressive_jpeg_that_was_cut_and_closed_is_listed(tmp_path: Path) -> None:
    """It decodes without an error, coarse all over."""
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    Image.fromarray(WHOLE).save(whole, progressive=True)
    data = whole.read_bytes()
    cut.write_bytes(data[: data.rindex(b"\xff\xda")] + b"\xff\xd9")
    found = find_odd_pictures([whole, cut])

    assert found.unfinished.tolist() == [1]
    assert not found.ok
    assert "- 1 progressive JPEG without all scans, as cut files are: " in str(found)
    assert find_odd_pictures([whole]).ok


@pytest.mark.parametrize(("first", "tail", "is_cut"), [(60, 4, True), (62, 2, False)])
def test_a_tail_counts_from_a_twentieth(
    tmp_path: Path, first: int, tail: int, *, is_cut: bool
) -> None:
    """4 of 64 rows are 6 %, 2 are 3 %."""
    picture = WHOLE.copy()
    picture[first:] = 128
    assert len(picture[first:]) == tail
    assert bool(len(find_odd_pictures(wrote(tmp_path, a=picture)).flat_tails)) == is_cut


def test_a_frame_all_round_is_no_tail(tmp_path: Path) -> None:
    """Black above and below, as of an eye's fundus."""
    framed = WHOLE.copy()
    framed[:8] = framed[-8:] = 0
    assert find_odd_pictures(wrote(tmp_path, a=framed)).ok


def test_mixed_polarity_and_depth_of_dicom_are_told(tmp_path: Path) -> None:
    """One cohort of both is allowed, and worth a look."""
    values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    paths = [
        write_dicom(tmp_path / "a.dcm", values),
        write_dicom(tmp_path / "b.dcm", values, PhotometricInterpretation="MONOCHROME1"),
        write_dicom(tmp_path / "c.dcm", values * 16, bits=16),
        *wrote(tmp_path, whole=WHOLE),
    ]

    found = find_odd_pictures(paths)

    assert {key: rows.tolist() for key, rows in found.polarities.items()} == {
        "MONOCHROME1": [1],
        "MONOCHROME2": [0, 2],
    }
    assert {key: rows.tolist() for key, rows in found.depths.items()} == {12: [0, 1], 16: [2]}
    assert "- more than one polarity (MONOCHROME1: 1, MONOCHROME2: 2)" in str(found)
    assert "- more than one bit depth (12: 2, 16: 1)" in str(found)


def test_what_cannot_be_read_is_an_error_here(tmp_path: Path) -> None:
    """All such files are named, and none is an odd picture."""
    (tmp_path / "a.png").write_bytes(b"no picture at all")
    with pytest.raises(UnreadableImageError, match=r"a\.png is no image"):
        find_odd_pictures([tmp_path / "a.png"])
