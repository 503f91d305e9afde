"""Pictures of single images: what the model saw, small; or why there is none."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.exceptions import InvalidInputError
from prevalens.images import read_image
from prevalens.reports.pictures import thumbnail


def decoded(text: str | None) -> np.ndarray:
    """Return the pixels of a thumbnail."""
    assert text is not None
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def test_a_thumbnail_is_what_the_model_saw(tmp_path: Path) -> None:
    """A turned photograph, 16 bits and transparency: as `read_image` gives them."""
    wide = np.zeros((60, 120, 3), np.uint8)
    wide[:, :60] = 255
    turn = Image.Exif()
    turn[0x0112] = 6
    Image.fromarray(wide).save(tmp_path / "turned.jpg", exif=turn)
    Image.fromarray(np.full((64, 64), 3000, np.uint16)).save(tmp_path / "deep.png")
    clear = np.zeros((64, 64, 4), np.uint8)
    clear[..., :3] = 255
    Image.fromarray(clear).save(tmp_path / "clear.png")
    for name in ("turned.jpg", "deep.png", "clear.png"):
        shown, why = thumbnail(tmp_path / name, None)
        seen = read_image(tmp_path / name)

        assert why is None
        assert decoded(shown).shape[:2] == seen.shape[:2]
        assert abs(decoded(shown).mean() - seen.mean()) < 3


def test_a_large_picture_becomes_small(tmp_path: Path) -> None:
    """The longer side has 128 pixels."""
    Image.new("RGB", (400, 200), "red").save(tmp_path / "large.png")

    assert decoded(thumbnail(tmp_path / "large.png", None)[0]).shape == (64, 128, 3)


def test_a_picture_that_cannot_be_shown_says_why(tmp_path: Path) -> None:
    """Missing and broken files do not stop a report."""
    (tmp_path / "broken.png").write_bytes(b"no picture")

    assert thumbnail(tmp_path / "absent.png", None) == (None, "the file was not found")
    assert thumbnail(tmp_path / "broken.png", None) == (
        None,
        "the file cannot be read (UnreadableImageError)",
    )


def test_a_picture_of_ones_own_is_shown(tmp_path: Path) -> None:
    """What is drawn from the path is shown, twice as wide as high."""
    Image.new("RGB", (40, 40), (200, 30, 30)).save(tmp_path / "red.png")

    def twice(path: Path) -> np.ndarray:
        pixels = np.asarray(Image.open(path))
        return np.concatenate([pixels, 255 - pixels], axis=1)

    shown = decoded(thumbnail(tmp_path / "red.png", twice)[0])
    assert shown.shape == (40, 80, 3)
    np.testing.assert_allclose(shown[20, 70], (55, 225, 225), atol=6)
    assert thumbnail(tmp_path / "none.png", twice)[1] == "the file was not found"


def test_a_picture_that_is_no_image_is_refused(tmp_path: Path) -> None:
    """A map in place of pixels is an error that says what to answer."""
    Image.new("RGB", (4, 4)).save(tmp_path / "one.png")
    with pytest.raises(
        InvalidInputError, match=r"must answer uint8 .* got float64 of shape \(4, 4"
    ):
        thumbnail(tmp_path / "one.png", lambda path: np.zeros((4, 4)))
