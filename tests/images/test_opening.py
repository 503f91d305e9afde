"""Addresses, and the gate of pictures."""

import os
from pathlib import Path

import pytest
from PIL import Image

from prevalens.exceptions import UnreadableImageError
from prevalens.images import read_image
from prevalens.images.opening import hash_file, open_picture, refuse_bomb, split_address


def test_a_part_comes_after_the_last_hash(tmp_path: Path) -> None:
    """Unless a file is called so."""
    assert split_address("a.npz#train/1") == ("a.npz", "train/1")
    assert split_address("a#b.npz#1") == ("a#b.npz", "1")
    assert split_address("a.png") == ("a.png", None)
    (tmp_path / "a#1").touch()
    assert split_address(str(tmp_path / "a#1")) == (str(tmp_path / "a#1"), None)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are of POSIX")
def test_a_pipe_under_a_pictures_name_is_refused_at_once(tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError, match=r"a\.png is no regular file"):
        read_image(tmp_path / "a.png")


def test_no_other_program_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostScript under a picture's name, for which Pillow alone would start Ghostscript."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    (tmp_path / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n")
    with pytest.raises(UnreadableImageError, match="no image in a readable format"):
        read_image(path)
    assert not (tmp_path / "started").exists()


def test_size_is_bounded_and_hashing_is_not(tmp_path: Path) -> None:
    """An empty file has a hash; a file of more bytes than asked is no picture."""
    (tmp_path / "a").write_bytes(b"")
    assert hash_file(tmp_path / "a").startswith("e3b0c442")
    (tmp_path / "a").write_bytes(bytes(11))
    with pytest.raises(UnreadableImageError, match="has 11 bytes"):
        open_picture(str(tmp_path / "a"), max_bytes=10)


def test_the_limit_of_pixels_is_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit is allowed; None is no limit."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12)
    refuse_bomb("a", 3, 4)
    with pytest.raises(UnreadableImageError, match="13 x 1; the limit is 12"):
        refuse_bomb("a", 13, 1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    refuse_bomb("a", 10**6, 10**6)
