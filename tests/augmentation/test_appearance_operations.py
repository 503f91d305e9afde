"""Ranges, names and warnings of the operations that change the look."""

import pytest

from prevalens.augmentation import (
    AugmentationPolicy,
    Blur,
    Dust,
    Exposure,
    Gamma,
    Illumination,
    Jpeg,
    Noise,
    Stain,
    WhiteBalance,
)
from prevalens.augmentation.operation import Operation
from prevalens.exceptions import InvalidInputError, SaturationWarning


def test_one_factor_goes_both_ways() -> None:
    """1.25 means from 0.8 to 1.25."""
    assert Exposure(factor=1.25).factor == (0.8, 1.25)
    assert Gamma(factor=(0.9, 1)).factor == (0.9, 1.0)
    assert WhiteBalance(factor=1.25).parameters()[0].size == 3


@pytest.mark.parametrize(
    "operation",
    [
        Illumination(gradient=0, vignette=0),
        Dust(darkness=0),
        Blur(defocus=0, motion=0),
        Noise(shot=0, read=0),
        Stain(scale=0, offset=0),
        Gamma(factor=1),
        Dust(probability=0),
    ],
)
def test_places_and_angles_alone_change_nothing(operation: Operation) -> None:
    """An operation without strength is known to be idle, whatever else it draws."""
    assert operation.changes_nothing


@pytest.mark.parametrize(
    "operation",
    [
        Stain(scale=0.9),
        Exposure(factor=4),
        WhiteBalance(factor=(0.1, 1)),
        Noise(read=(0, 100)),
    ],
)
def test_what_saturates_warns(operation: Operation) -> None:
    """Strengths that lose a dye, a colour or the picture say so when a policy takes them."""
    with pytest.warns(SaturationWarning, match="Narrow its range"):
        AugmentationPolicy([operation])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Stain(basis="giemsa"), "'romanowsky'"),
        (lambda: Stain(scale=2), "`scale`"),
        (lambda: Dust(specks=0), "`specks`"),
        (lambda: Dust(radius=0), "`radius`"),
        (lambda: Blur(defocus=(0, 99)), "`defocus`"),
        (lambda: Jpeg(quality=(0, 50)), "`quality`"),
        (lambda: Illumination(vignette=(0.5, 0.2)), "`vignette`"),
        (lambda: Noise(shot=-1), "`shot`"),
    ],
)
def test_senseless_settings_are_refused(make: object, text: str) -> None:
    """The text names the setting, or what there is."""
    with pytest.raises(InvalidInputError, match=text):
        make()  # type: ignore[operator]


def test_the_kernel_reaches_as_far_as_it_may_blur() -> None:
    """Radius 1.5 and half a line of 4 end within 3.5 + half a pixel: 4 pixels."""
    assert Blur(defocus=(0, 1.5), motion=(0, 4)).reach == 4
    assert Blur(defocus=(0, 0.4), motion=0).reach == 1
