"""Dyes add up in optical density."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.augmentation import estimate_stain_basis
from prevalens.augmentation.stain import STAIN_BASES, change_colours, full_basis
from prevalens.exceptions import InvalidInputError

SMEARS = Path(__file__).parents[2].parent / "shared" / "data" / "wbc" / "images"


def dyed(first: np.ndarray, second: np.ndarray, basis: str) -> np.ndarray:
    """Return float32 images whose optical density is made of two dyes."""
    density = np.stack([first, second], axis=-1) @ full_basis(basis)[:2]
    return (256 * np.exp(-density) - 1).astype(np.float32)


def stain(scale: list[float], offset: list[float]) -> dict[str, np.ndarray]:
    """Return the parameters of one image."""
    return {
        "stain_scale": np.asarray([scale], np.float32),
        "stain_offset": np.asarray([offset], np.float32),
    }


@pytest.mark.parametrize("basis", sorted(STAIN_BASES))
def test_a_factor_on_a_dye_is_more_of_that_dye(basis: str) -> None:
    """Amounts 0.8 and 0.3 times 1.5 and 0.5, plus 0.1 and 0, are 1.3 and 0.15."""
    before = dyed(np.full((1, 2, 2), 0.8), np.full((1, 2, 2), 0.3), basis)
    wanted = dyed(np.full((1, 2, 2), 1.3), np.full((1, 2, 2), 0.15), basis)
    after = change_colours(before, stain([1.5, 0.5], [0.1, 0]), basis=basis, xp=np)

    np.testing.assert_allclose(after, wanted, atol=0.01)


def test_white_stays_white_and_the_identity_changes_nothing() -> None:
    """Where there is no dye, a factor has nothing to act on."""
    white = np.full((1, 2, 2, 3), 255, np.float32)
    image = np.random.default_rng(0).uniform(0, 255, (1, 3, 3, 3)).astype(np.float32)
    more = change_colours(white, stain([1.5, 1.5], [0, 0]), basis="h_and_e", xp=np)
    same = change_colours(image, stain([1, 1], [0, 0]), basis="h_and_e", xp=np)

    np.testing.assert_allclose(more, 255, atol=1e-3)
    np.testing.assert_allclose(same, image, atol=1e-2)


def test_black_stays_black() -> None:
    """Cells that were cut out onto black keep the ground, however weak the dyes become."""
    black = np.zeros((1, 2, 2, 3), np.float32)
    result = change_colours(black, stain([0.5, 0.5], [0.1, 0.1]), basis="romanowsky", xp=np)

    assert (result == 0).all()


def test_gamma_multiplies_every_density() -> None:
    """A pixel at 1/4 of the light has 1/16 of it at gamma 2; grey images work too."""
    quarter = np.full((1, 1, 1, 1), 63, np.float32)  # (63 + 1) / 256 = 1/4
    result = change_colours(quarter, {"gamma": np.asarray([2.0])}, basis="", xp=np)

    np.testing.assert_allclose(result, 256 / 16 - 1, atol=1e-4)


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
