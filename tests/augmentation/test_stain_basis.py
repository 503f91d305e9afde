"""The colours of two dyes, and how they are found."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.augmentation import estimate_stain_basis
from prevalens.augmentation.stain_basis import STAIN_BASES, full_basis
from prevalens.exceptions import InvalidInputError

SMEARS = Path(__file__).parents[2].parent / "shared" / "data" / "wbc" / "images"


def dyed(first: np.ndarray, second: np.ndarray, basis: str) -> np.ndarray:
    """Return float32 images whose optical density is made of two dyes."""
    density = np.stack([first, second], axis=-1) @ full_basis(basis)[:2]
    return (256 * np.exp(-density) - 1).astype(np.float32)


def test_the_third_row_is_at_right_angles() -> None:
    """What is left of a density beside both dyes is not mixed into them."""
    rows = full_basis("romanowsky").astype(np.float64)

    np.testing.assert_allclose(rows[:2] @ rows[2], 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_known_dyes_are_found_again() -> None:
    """From images mixed of H&E with some pure pixels, both dyes come out within 3 degrees."""
    rng = np.random.default_rng(6)
    amounts = rng.uniform(0.6, 2.0, (4, 60, 60, 2)) * rng.choice(
        [[1, 0.02], [0.02, 1], [1, 1]], (4, 60, 60)
    )
    images = np.rint(dyed(amounts[..., 0], amounts[..., 1], "h_and_e").clip(0, 255))
    found = estimate_stain_basis(
        images.astype(np.uint8), background=np.full((4, 3), 255), minimum_density=0.02
    )
    cosines = (found * full_basis("h_and_e")[:2]).sum(axis=1)

    assert (cosines > np.cos(np.radians(3))).all()


def test_images_without_dye_are_refused() -> None:
    """White images say what to check."""
    with pytest.raises(InvalidInputError, match="Lower `minimum_density`"):
        estimate_stain_basis(np.full((2, 20, 20, 3), 255, np.uint8))


@pytest.mark.skipif(not SMEARS.is_dir(), reason="the real smears of ../shared/data are absent")
def test_the_romanowsky_basis_is_that_of_the_real_smears() -> None:
    """Estimated anew from the pixels inside each of 300 masks, both dyes agree to 0.002."""
    images, masks, light = [], [], []
    for path in sorted(SMEARS.glob("*.bmp")):
        pixels = np.asarray(Image.open(path).convert("RGB"))
        mask = np.asarray(Image.open(path.with_suffix(".png")).convert("L"))
        light.append(np.median(pixels[mask == 0], axis=0))
        images.append(pixels)
        masks.append(mask)
    found = [
        estimate_stain_basis([image], masks=[mask], background=[bright])
        for image, mask, bright in zip(images, masks, light, strict=True)
    ]
    middle = np.median(found, axis=0)
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)

    np.testing.assert_allclose(middle, STAIN_BASES["romanowsky"], atol=0.002)
