"""The colours of two dyes in optical density, and how they are found; pure.

Light through a dyed cell falls off by a factor per layer of dye (Beer and Lambert), so the
logarithm of the light, the optical density, is a sum over the dyes. Each dye is a unit vector of
what it takes from red, green and blue.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_number
from prevalens.exceptions import InvalidInputError

# Each row is what a dye takes from red, green and blue.
# Those of histology: haematoxylin and eosin as measured by Ruifrok & Johnston, "Quantification of
# histochemical staining by color deconvolution", Anal. Quant. Cytol. Histol. 23 (2001).
# Those of blood smears: azure and eosin of 300 leukocytes (data set 1 of Zheng et al., "Fast and
# robust segmentation of white blood cell images by self-supervised learning", Micron 107 (2018),
# a rapid Romanowsky-type stain), by `estimate_stain_basis` on the pixels inside each cell's mask;
# tests/augmentation/test_stain_basis.py derives it anew.
STAIN_BASES: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = (
    MappingProxyType(
        {
            "h_and_e": ((0.650, 0.704, 0.286), (0.072, 0.990, 0.105)),
            "romanowsky": ((0.683, 0.712, 0.160), (0.230, 0.966, 0.122)),
        }
    )
)


def full_basis(name: str) -> NDArray[np.float32]:
    """Return a basis with a third row at right angles to both dyes, for what is left over."""
    dyes = np.asarray(STAIN_BASES[name], dtype=np.float64)
    dyes /= np.linalg.norm(dyes, axis=1, keepdims=True)
    third = np.cross(*dyes)
    return np.vstack([dyes, third / np.linalg.norm(third)]).astype(np.float32)


def estimate_stain_basis(
    images: ArrayLike,
    *,
    masks: ArrayLike | None = None,
    background: ArrayLike | None = None,
    minimum_density: float = 0.15,
) -> NDArray[np.float64]:
    """Estimate the colours of two dyes: the extreme directions of each image, then the median.

    Args:
        images: uint8, `(n, height, width, 3)`.
        masks: Which pixels are stained cell, `(n, height, width)`; by default all.
        background: Light without a cell for each image, `(n, 3)`; by default the 95th percentile.
        minimum_density: Pixels below this optical density in some channel are left out.

    Returns:
        Two unit vectors as rows, `(2, 3)`, the one that takes more red first: the blue dye.

    Raises:
        InvalidInputError: no image has 100 stained pixels.

    References:
        Macenko et al., "A method for normalizing histology slides for quantitative analysis",
        ISBI 2009.

    Examples:
        >>> blue, red = np.array([0.8, 0.5, 0.3]), np.array([0.2, 0.9, 0.4])
        >>> amounts = np.random.default_rng(0).uniform(0.3, 1.0, (1, 64, 64, 1))
        >>> mixed = np.where(np.arange(64)[:, None] < 32, 1, 0)[None, :, :, None]
        >>> density = amounts * (mixed * blue + (1 - mixed) * red)
        >>> picture = np.clip(255 * 10**-density, 0, 255).astype(np.uint8)
        >>> basis = estimate_stain_basis(picture, background=[[255, 255, 255]])
        >>> basis.round(1).tolist(), (blue / np.linalg.norm(blue)).round(1).tolist()
        ([[0.8, 0.5, 0.3], [0.2, 0.9, 0.4]], [0.8, 0.5, 0.3])
    """
    check_number("minimum_density", minimum_density, low=0)
    found = []
    for row, image in enumerate(np.asarray(images)):
        pixels = image.reshape(-1, 3).astype(np.float64)
        light = np.percentile(pixels, 95, axis=0) if background is None else background[row]  # type: ignore[index]
        inside = slice(None) if masks is None else np.asarray(masks)[row].reshape(-1) > 0
        density = -np.log((pixels[inside] + 1) / (np.asarray(light) + 1))
        density = density[(density > minimum_density).all(axis=1)]
        if len(density) >= 100:
            found.append(_extremes(density))
    if not found:
        raise InvalidInputError(
            f"At least one image must have 100 pixels with an optical density above "
            f"{minimum_density:g} in every channel, got none. Lower `minimum_density`, or check "
            "that pixels go from 0 to 255."
        )
    middle = np.median(found, axis=0)
    return np.asarray(middle / np.linalg.norm(middle, axis=1, keepdims=True))


def _extremes(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 1st and 99th percentile direction in the plane of greatest variance."""
    _, vectors = np.linalg.eigh(np.cov(density.T))
    plane = vectors[:, [2, 1]]
    plane[:, 0] *= np.sign(plane[:, 0].sum())
    along = density @ plane
    angles = np.percentile(np.arctan2(along[:, 1], along[:, 0]), [1, 99])
    ends = np.stack([plane @ [np.cos(angle), np.sin(angle)] for angle in angles])
    ends /= np.linalg.norm(ends, axis=1, keepdims=True)
    return np.asarray(ends[np.argsort(-ends[:, 0])])
