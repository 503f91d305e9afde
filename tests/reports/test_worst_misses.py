"""The surest misses come first, with a picture or the reason why there is none."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports.worst_misses import worst_misses


def told(root: Path, names: list[str]) -> Predictions:
    """As many missed positives as names, with rising scores, and one that is found."""
    return Predictions(
        labels=[1] * (len(names) + 1),
        scores=[*(0.01 * (k + 1) for k in range(len(names))), 0.9],
        patients=None,
        images=[*names, "found.png"],
        root=root,
    )


def test_the_lowest_scores_come_first() -> None:
    """Of the positives below the threshold, the surest misses; negatives and finds are none."""
    predictions = Predictions(
        labels=[1, 1, 0, 1, 1], scores=[0.4, 0.1, 0.0, 0.5, 0.3], patients=list("abcde")
    )
    found = worst_misses(predictions, threshold=0.5, limit=2)

    assert [(miss["row"], miss["patient"], miss["score"]) for miss in found] == [
        (1, "b", 0.1),
        (4, "e", 0.3),
    ]
    assert found[0]["no_thumbnail"] == "no image file is named"
    assert worst_misses(predictions, threshold=0.5, limit=0) == []


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16", "RGBA", "P", "1"])
def test_pictures_of_every_mode_become_small_jpegs(tmp_path: Path, mode: str) -> None:
    """Colour, grey, 16-bit, transparent, palette and binary files fit in 128 pixels."""
    if mode == "I;16":
        picture = Image.fromarray(np.arange(40_000, dtype=np.uint16).reshape(200, 200))
    else:
        picture = Image.new("RGB", (400, 200), "red").convert(mode)
    picture.save(tmp_path / "miss.png")
    (miss,) = worst_misses(told(tmp_path, ["miss.png"]), threshold=0.5, limit=9)
    shown = Image.open(io.BytesIO(base64.b64decode(miss["thumbnail"])))

    assert max(shown.size) == 128
    assert miss["no_thumbnail"] is None
    if mode == "I;16":
        assert np.ptp(np.asarray(shown)) > 200, "the whole range is shown, not clipped"


def test_a_picture_that_cannot_be_shown_says_why(tmp_path: Path) -> None:
    """Missing, broken and cut files do not stop a report."""
    (tmp_path / "broken.png").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    cut = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(cut[: len(cut) // 2])
    predictions = told(tmp_path, ["absent.png", "broken.png", "cut.png"])
    reasons = [m["no_thumbnail"] for m in worst_misses(predictions, threshold=0.5, limit=9)]

    assert reasons[0] == "the file was not found"
    assert all("cannot be read" in reason for reason in reasons[1:])


def test_a_picture_of_ones_own_is_shown(tmp_path: Path) -> None:
    """What is drawn from the path is shown, twice as wide as high; a missing file stays one."""
    Image.new("RGB", (40, 40), (200, 30, 30)).save(tmp_path / "red.png")

    def twice(path: Path) -> np.ndarray:
        pixels = np.asarray(Image.open(path))
        return np.concatenate([pixels, 255 - pixels], axis=1)

    shown, missing = worst_misses(
        told(tmp_path, ["red.png", "none.png"]), threshold=0.5, limit=5, picture=twice
    )
    with Image.open(io.BytesIO(base64.b64decode(shown["thumbnail"]))) as picture:
        assert picture.size == (80, 40)
        np.testing.assert_allclose(picture.getpixel((10, 20)), (200, 30, 30), atol=6)
        np.testing.assert_allclose(picture.getpixel((70, 20)), (55, 225, 225), atol=6)
    assert missing["no_thumbnail"] == "the file was not found"


def test_a_picture_that_is_no_image_is_refused(tmp_path: Path) -> None:
    """A map in place of pixels is an error that says what to answer."""
    Image.new("RGB", (4, 4)).save(tmp_path / "one.png")
    with pytest.raises(
        InvalidInputError, match=r"must answer uint8 .* got float64 of shape \(4, 4"
    ):
        worst_misses(
            told(tmp_path, ["one.png"]),
            threshold=0.5,
            limit=1,
            picture=lambda path: np.zeros((4, 4)),
        )


def test_a_huge_picture_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its header is enough to say so."""
    monkeypatch.setattr("prevalens.reports.worst_misses._LARGEST", 20 * 10 - 1)
    Image.new("RGB", (20, 10)).save(tmp_path / "miss.png")
    (miss,) = worst_misses(told(tmp_path, ["miss.png"]), threshold=0.5, limit=9)

    assert miss["thumbnail"] is None
    assert miss["no_thumbnail"] == "the file is too large (20 x 10 pixels)"
