"""Progressive JPEG files that were cut and closed are told from whole ones."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from prevalens.images.jpeg_scans import lacks_scans

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
END = b"\xff\xd9"


def saved(mode: str, **settings: object) -> bytes:
    """Return a JPEG file of noise."""
    file = io.BytesIO()
    Image.fromarray(NOISE).convert(mode).save(file, "JPEG", **settings)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("settings", [{}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_whole_files_lack_nothing(
    mode: str, settings: dict[str, int], *, progressive: bool
) -> None:
    """Of any number of components, with restarts too, and with a second picture behind the end."""
    whole = saved(mode, progressive=progressive, quality=90, **settings)
    assert not lacks_scans(whole)
    assert not lacks_scans(whole + saved("RGB", progressive=True)[:400])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_file_that_lost_any_scan_is_told(mode: str) -> None:
    """Closed before each of its scans but the first; Pillow decodes it without an error."""
    whole = saved(mode, progressive=True)
    places = [k for k in range(len(whole)) if whole[k : k + 2] == b"\xff\xda"]
    assert len(places) > 4
    for place in places[1:]:
        Image.open(io.BytesIO(whole[:place] + END)).load()
        assert lacks_scans(whole[:place] + END)


def test_a_thumbnail_in_front_is_not_looked_at() -> None:
    """A cut progressive file inside another segment says nothing of the picture."""
    inner = saved("L", progressive=True)[:300]
    whole = saved("RGB", progressive=True)
    segment = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    assert not lacks_scans(whole[:2] + segment + whole[2:])


@given(st.binary(max_size=60), st.integers(0, 700))
def test_no_bytes_are_an_error(noise: bytes, place: int) -> None:
    """Whatever stands in a file, an answer comes."""
    whole = saved("RGB", progressive=True)
    assert lacks_scans(whole[:place] + noise + whole[place:]) in {True, False}
    assert lacks_scans(b"\xff\xd8" + noise) in {True, False}
