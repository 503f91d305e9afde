"""From parameters to pictures, in numpy."""

import numpy as np
import pytest

from prevalens.augmentation import Exposure, Flip, Stain, WhiteBalance
from prevalens.augmentation.elastic import GRID
from prevalens.augmentation.picture import appearance_of, places_of
from prevalens.exceptions import InvalidInputError


def test_an_elastic_field_joins_the_places_of_the_matrix() -> None:
    """Control points that all move by 0.25 of a width of 8 shift the reading by 2 pixels."""
    movements = np.full((1, GRID * GRID), 0.25, np.float32)
    drawn = {"elastic_x": movements, "elastic_y": np.zeros_like(movements)}
    places = places_of(drawn, height=4, width=8, xp=np)

    assert places is not None
    np.testing.assert_allclose(places[0][0, 1], np.arange(8) + 2, atol=1e-5)
    np.testing.assert_allclose(places[1][0, :, 3], np.arange(4), atol=1e-5)


def test_nothing_moved_is_none() -> None:
    """Light alone needs no interpolation."""
    assert places_of({"exposure": np.ones(1)}, height=4, width=4, xp=np) is None


def test_geometry_alone_leaves_the_look() -> None:
    """The very images come back, in their own type."""
    images = np.zeros((1, 2, 2, 3), np.uint8)

    assert appearance_of(images, {}, {"flip": Flip()}, xp=np) is images


def test_pictures_stay_within_0_to_255() -> None:
    """Twice the light of 200 is white."""
    images = np.full((1, 2, 2, 3), 200, np.uint8)
    drawn = {"exposure": np.asarray([2.0], np.float32)}

    assert (appearance_of(images, drawn, {"exposure": Exposure()}, xp=np) == 255).all()


def test_dyes_need_colour() -> None:
    """Stain and white balance of a grey picture are refused by name."""
    with pytest.raises(InvalidInputError, match=r"stain, white_balance.*1 channels"):
        appearance_of(
            np.zeros((1, 2, 2, 1), np.uint8),
            {},
            {"stain": Stain(), "white_balance": WhiteBalance()},
            xp=np,
        )
