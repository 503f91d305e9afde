"""Dyes add up in optical density."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Stain
from prevalens.augmentation.stain_basis import STAIN_BASES, full_basis
from prevalens.exceptions import InvalidInputError, SaturationWarning


def dyed(first: np.ndarray, second: np.ndarray, basis: str) -> np.ndarray:
    """Return float32 images whose optical density is made of two dyes."""
    density = np.stack([first, second], axis=-1) @ full_basis(basis)[:2]
    return (256 * np.exp(-density) - 1).astype(np.float32)


def changed(
    images: np.ndarray, scale: list[float], offset: list[float], *, basis: str, way: str
) -> np.ndarray:
    """Return one image changed by the formula of the layer, or by that of the host."""
    operation = Stain(basis=basis)
    sampled = {
        "stain_scale": np.asarray([scale], np.float32),
        "stain_offset": np.asarray([offset], np.float32),
    }
    if way == "layer":
        return np.asarray(operation.change(images, sampled, xp=np))
    library = pytest.importorskip("cv2") if way == "opencv" else None
    planes = np.array(images[0].transpose(2, 0, 1), order="C")
    result = operation.change_on_host(planes, sampled, library=library)
    return result.transpose(1, 2, 0)[None]


WAYS = pytest.mark.parametrize("way", ["layer", "opencv", "numpy"])


@WAYS
@pytest.mark.parametrize("basis", sorted(STAIN_BASES))
def test_a_factor_on_a_dye_is_more_of_that_dye(basis: str, way: str) -> None:
    """Amounts 0.8 and 0.3 times 1.5 and 0.5, plus 0.1 and 0, are 1.3 and 0.15."""
    before = dyed(np.full((1, 2, 2), 0.8), np.full((1, 2, 2), 0.3), basis)
    wanted = dyed(np.full((1, 2, 2), 1.3), np.full((1, 2, 2), 0.15), basis)
    after = changed(before, [1.5, 0.5], [0.1, 0], basis=basis, way=way)

    np.testing.assert_allclose(after, wanted, atol=0.01)


@WAYS
def test_white_stays_white_and_the_identity_changes_nothing(way: str) -> None:
    """Where there is no dye, a factor has nothing to act on."""
    white = np.full((1, 2, 2, 3), 255, np.float32)
    image = np.random.default_rng(0).uniform(1, 255, (1, 3, 3, 3)).astype(np.float32)
    more = changed(white.copy(), [1.5, 1.5], [0, 0], basis="h_and_e", way=way)
    same = changed(image.copy(), [1, 1], [0, 0], basis="h_and_e", way=way)

    np.testing.assert_allclose(more, 255, atol=1e-3)
    np.testing.assert_allclose(same, image, atol=1e-2)


@WAYS
def test_black_stays_black(way: str) -> None:
    """Cells that were cut out onto black keep the ground, however weak the dyes become."""
    black = np.zeros((1, 2, 2, 3), np.float32)
    result = changed(black, [0.5, 0.5], [0.1, 0.1], basis="romanowsky", way=way)

    assert (result == 0).all()


def test_senseless_settings_are_refused() -> None:
    """The text names the setting, or the bases that there are."""
    with pytest.raises(InvalidInputError, match="'romanowsky'"):
        Stain(basis="giemsa")
    with pytest.raises(InvalidInputError, match="`scale`"):
        Stain(scale=2)
    with pytest.raises(InvalidInputError, match="`offset`"):
        Stain(offset=float("inf"))
    assert Stain(scale=0, offset=0).changes_nothing


def test_a_dye_that_may_vanish_warns() -> None:
    """A factor down to 0.1 of the dye says so when a policy takes it."""
    with pytest.warns(SaturationWarning, match="vanish.*Narrow its range"):
        AugmentationPolicy([Stain(scale=0.9)])
