"""Overlays: untouched where the map is 0, and written whole."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.exceptions import InvalidInputError
from prevalens.explanations import draw_overlay, mass_inside, save_overlay
from prevalens.explanations.overlay import enlarge

GREY = np.full((4, 6, 3), 100, dtype=np.uint8)


def test_a_map_of_zeros_leaves_the_image() -> None:
    """Nothing to say, nothing changed."""
    np.testing.assert_array_equal(draw_overlay(GREY, np.zeros((2, 3))), GREY)


def test_the_largest_value_gets_the_full_colour() -> None:
    """At opacity 1 the peak is pure red (for) and its negative pure blue (against)."""
    heat = np.zeros((4, 6))
    heat[1, 2], heat[3, 5] = 5, -5
    covered = draw_overlay(GREY, heat, opacity=1)

    assert covered[1, 2].tolist() == [214, 60, 40]
    assert covered[3, 5].tolist() == [50, 110, 220]
    assert covered[0, 0].tolist() == [100, 100, 100]


def test_a_limit_makes_images_comparable() -> None:
    """Half of the limit is half of the colour: (100 + 214) / 2 = 157."""
    covered = draw_overlay(GREY, np.full((4, 6), 2.0), limit=4, opacity=1)

    assert covered[0, 0].tolist() == [157, 80, 70]


def test_a_grey_image_is_coloured_too() -> None:
    """One channel in, three out."""
    assert draw_overlay(GREY[..., :1], np.ones((1, 1))).shape == (4, 6, 3)


def test_enlarging_keeps_a_flat_map_flat() -> None:
    """Interpolation between equals changes nothing."""
    np.testing.assert_allclose(enlarge(np.full((2, 2), 3.0), height=5, width=7), 3)


def test_the_file_holds_image_and_overlay_side_by_side(tmp_path: Path) -> None:
    """One PNG of twice the width, and nothing else in the folder."""
    save_overlay(tmp_path / "miss.png", GREY, np.ones((2, 2)))

    with Image.open(tmp_path / "miss.png") as picture:
        both = np.asarray(picture)
    np.testing.assert_array_equal(both[:, :6], GREY)
    np.testing.assert_array_equal(both[:, 6:], draw_overlay(GREY, np.ones((2, 2))))
    assert [path.name for path in tmp_path.iterdir()] == ["miss.png"]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_mass_on_a_mask_and_beside_it_adds_up(seed: int) -> None:
    """Any positive map: the shares inside and outside make 1, and a flat map scores chance."""
    random = np.random.default_rng(seed)
    heat, mask = random.uniform(0.1, 1, (5, 5)), random.random((10, 10)) < 0.4

    assert mass_inside(heat, mask) + mass_inside(heat, ~mask) == pytest.approx(1)
    assert mass_inside(np.ones((5, 5)), mask) == pytest.approx(mask.mean())


def test_a_map_with_nothing_positive_has_no_mass() -> None:
    """Undefined is not 0."""
    assert np.isnan(mass_inside(-np.ones((2, 2)), np.ones((2, 2))))


@pytest.mark.parametrize(
    ("image", "heat", "message"),
    [
        (GREY.astype(float), np.ones((2, 2)), "must be uint8"),
        (GREY[..., 0], np.ones((2, 2)), "must be uint8 of shape"),
        (GREY, np.ones((1, 2, 2)), "must be a plane"),
        (GREY, np.array([[np.nan]]), "finite numbers"),
    ],
)
def test_other_arrays_are_refused(image: np.ndarray, heat: np.ndarray, message: str) -> None:
    """Float images would be guessed at, maps with nan would paint nonsense."""
    with pytest.raises(InvalidInputError, match=message):
        draw_overlay(image, heat)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    """JPEG would smear the colours of the map."""
    with pytest.raises(InvalidInputError, match=r"Use '\.png'"):
        save_overlay(tmp_path / "miss.jpg", GREY, np.ones((2, 2)))


def test_a_mask_without_two_axes_is_refused() -> None:
    """A mask is one plane."""
    with pytest.raises(InvalidInputError, match="`mask` must have the axes"):
        mass_inside(np.ones((2, 2)), np.ones(4))
