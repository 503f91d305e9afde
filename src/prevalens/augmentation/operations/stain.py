"""Stronger and weaker dyes; pure."""

import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_choice, check_number
from prevalens.augmentation.array_calls import constant, mix_channels, product
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.optical_density import (
    WHITE,
    density_of,
    level_of,
    level_of_planes,
    light_of_planes,
    present_in,
    without_black,
)
from prevalens.augmentation.ranges import Parameter
from prevalens.augmentation.stain_basis import STAIN_BASES, full_basis


class Stain(PixelOperation, frozen=True, kw_only=True):
    """Let each dye be stronger or weaker, in optical density, where dyes add up.

    Args:
        basis: "romanowsky" for blood and marrow smears (azure, eosin), or "h_and_e" for
            histology (haematoxylin, eosin).
        scale: Reach `r` of the factor `1 - r` to `1 + r` on the amount of each dye, 0 to 1.
        offset: Reach of the amount of each dye added everywhere, in optical density, 0 to 5.
        probability: Chance of a change, 0 to 1.

    References:
        Tellez et al., "Whole-slide mitosis detection in H&E breast histology using PHH3 as a
        reference to train distilled stain-invariant convolutional networks", IEEE TMI 2018.

    Examples:
        >>> Stain(basis="romanowsky", scale=0.3).needs_colour
        True
    """

    order: ClassVar[float] = 110
    needs_colour: ClassVar[bool] = True

    basis: str = "romanowsky"
    scale: float = 0.2
    offset: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("basis", self.basis, STAIN_BASES)
        self._keep(scale=check_number("scale", self.scale, low=0, high=1))
        self._keep(offset=check_number("offset", self.offset, low=0, high=5))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor on, and the addition to, each of the two dyes."""
        return (
            Parameter("stain_scale", 1 - self.scale, 1 + self.scale, identity=1.0, size=2),
            Parameter("stain_offset", -self.offset, self.offset, size=2),
        )

    @property
    def too_strong(self) -> str:
        """Say when a dye can vanish."""
        return "a dye may vanish, and with it what it shows" * (self.scale > 0.75)

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Change the dyes by one 3x3 matrix and one offset per image, in optical density."""
        dyes, undo = _dyes(self.basis)
        beside = sampled["stain_scale"]
        scale = xp.concatenate([beside, xp.ones_like(beside[:, :1])], axis=1)
        dyes_there, undo_there = constant(dyes, beside, xp), constant(undo, beside, xp)
        matrix = xp.matmul(undo_there[None] * scale[:, None, :], dyes_there[None])
        offset = xp.matmul(sampled["stain_offset"], dyes_there[:2])
        density = mix_channels(density_of(pictures, xp=xp), matrix, xp)
        return without_black(level_of(density + offset[:, None, None, :], xp=xp), pictures, xp=xp)

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Do the same to the planes of one picture, the matrix from the left."""
        dyes, undo = _dyes(self.basis)
        matrix = (undo * np.append(sampled["stain_scale"][0], np.float32(1))) @ dyes
        offset = sampled["stain_offset"][0] @ dyes[:2]
        rest = math.log(WHITE) * (1 - matrix.sum(axis=0)) - offset
        present = present_in(planes)
        light = light_of_planes(planes, library=library)
        light = product(matrix.T, light.reshape(3, -1)).reshape(planes.shape)
        light += rest.astype(np.float32)[:, None, None]
        levels = level_of_planes(light, library=library)
        levels *= present
        return levels


@functools.cache
def _dyes(basis: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the rows of a basis, and the matrix from densities to amounts."""
    dyes = full_basis(basis)
    return dyes, np.linalg.inv(dyes).astype(np.float32)
