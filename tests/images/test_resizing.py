"""Resizing: three kernels, one picture to within one grey level."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.images import read_image, resizer_name, resizing

KERNELS = {"cykooz": "cykooz_resizer", "torch": "torch", "pillow": "PIL"}


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    sides=st.tuples(*[st.integers(1, 90)] * 4),
    channels=st.sampled_from([1, 3]),
)
def test_every_kernel_is_pillows_within_one_grey_level(
    kernel: str, seed: int, sides: tuple[int, ...], channels: int
) -> None:
    """Noise of any size, up and down, grey and colour."""
    pytest.importorskip(KERNELS[kernel], reason=f"{kernel} is not installed")
    pixels = np.random.default_rng(seed).integers(0, 256, (*sides[:2], channels), dtype=np.uint8)
    size = (sides[2], sides[3])

    ours = resizing._KERNELS[kernel][1](pixels, size)
    flat = pixels[:, :, 0] if channels == 1 else pixels
    theirs = Image.fromarray(flat).resize(size[::-1], Image.Resampling.BILINEAR)

    assert ours.dtype == np.uint8
    assert ours.shape == (*size, channels)
    apart = np.abs(ours.astype(int) - np.asarray(theirs).reshape(ours.shape))
    assert apart.max() <= 1


SAYS = """
import sys, os
from prevalens.images import resizer_name
first = resizer_name()
import numpy
print(first, "torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PREVALENS_RESIZER": "pillow"}, "pillow "),
        ({"PREVALENS_RESIZER": "pillow", "KERAS_BACKEND": "torch"}, "pillow "),
    ],
)
def test_the_environment_chooses(variables: dict[str, str], expected: str) -> None:
    """What is asked for is taken, and PyTorch is not imported for it."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | variables,
    )
    assert done.stdout.startswith(expected)
    assert done.stdout.strip().endswith("False")


def test_an_unknown_resizer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text lists those there are."""
    monkeypatch.setenv("PREVALENS_RESIZER", "pilow")
    resizing._resizer.cache_clear()
    with pytest.raises(ValueError, match=r"'pilow'.*Did you mean 'pillow'"):
        resizer_name()
    monkeypatch.undo()
    resizing._resizer.cache_clear()


def test_a_picture_of_the_size_asked_for_is_not_resized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes are those stored."""
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    monkeypatch.setattr("prevalens.images.decoding.resize", None)
    assert np.array_equal(read_image(tmp_path / "a.png", size=(8, 9)), pixels)
