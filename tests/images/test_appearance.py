"""Appearance: the outside of a file, measured by hand."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import read_appearance, read_appearances


def framed(path: Path) -> Path:
    """Save 100 x 300 pixels: red top row, green bottom row, blue left column, white right, grey."""
    pixels = np.full((100, 300, 3), 100, dtype=np.uint8)
    pixels[:, :3] = [0, 0, 255]
    pixels[:, -3:] = [255, 255, 255]
    pixels[0] = [255, 0, 0]
    pixels[-1] = [0, 255, 0]
    Image.fromarray(pixels).save(path)
    return path


def test_size_mode_and_border_of_a_framed_picture(tmp_path: Path) -> None:
    """The border is one row of 100 and three columns of 300; corners belong to the rows."""
    path = framed(tmp_path / "a.png")
    seen = read_appearance(path)

    assert (seen.width, seen.height, seen.mode) == (300, 100, "PNG RGB")
    assert seen.n_bytes == path.stat().st_size
    assert seen.border[:6].tolist() == [255, 0, 0, 0, 255, 0]
    assert seen.border[6:9].tolist() == [2.55, 2.55, 0.98 * 255]
    assert seen.thumbnail.shape == (256,)


def test_brightness_is_the_mean_of_all_values(tmp_path: Path) -> None:
    """Half black and half 200 is 100; the thumbnail shows both halves."""
    pixels = np.zeros((32, 32), dtype=np.uint8)
    pixels[:16] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")

    seen = read_appearance(tmp_path / "a.png")

    assert seen.brightness == 100
    assert seen.mode == "PNG L"
    assert seen.thumbnail[:16].tolist() == [200] * 16
    assert seen.thumbnail[-16:].tolist() == [0] * 16


def test_many_are_measured_in_order_and_bad_ones_named(tmp_path: Path) -> None:
    """Order is that of the paths; every missing file is named."""
    path = framed(tmp_path / "a.png")

    assert [seen.width for seen in read_appearances([path, path])] == [300, 300]
    with pytest.raises(UnreadableImageError, match=r"2 of 3(.|\n)*one(.|\n)*two"):
        read_appearances([path, tmp_path / "one", tmp_path / "two"])
