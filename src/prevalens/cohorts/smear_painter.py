"""Paints one cell of a stained smear, from numbers that say what it looks like.

Lengths are micrometres, angles radians. A cell is painted on a fixed grid of `GRID` x `GRID` points
over `FIELD` micrometres, as optical densities (Beer-Lambert), and only then photographed: blurred,
resized to the asked pixel size, cut out on black and given sensor noise. So the same cell looks the
same at any `image_size`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from prevalens.cohorts.smear_planes import (
    FIELD,
    GRID,
    Outline,
    Plane,
    coverage,
    depth_inside,
    discs,
    notch,
    smooth_noise,
    wave,
)
from prevalens.typing import Image

FRAME = 25.6
_MARGIN = 0.18  # micrometres of stain outside the cut


@dataclass(frozen=True, kw_only=True)
class Smear:
    """How one patient's smear was stained and photographed.

    Attributes:
        nuclear_stain: Optical density of dense chromatin in red, green and blue.
        cytoplasmic_stain: Optical density of basophilic cytoplasm in red, green and blue.
        light: Red, green and blue of the empty background, 0 to 255.
        magnification: Size on the sensor, relative to 1.
        defocus: Standard deviation of the blur, in micrometres.
        noise: Standard deviation of the sensor's noise, in grey levels.
    """

    nuclear_stain: tuple[float, float, float]
    cytoplasmic_stain: tuple[float, float, float]
    light: tuple[float, float, float]
    magnification: float
    defocus: float
    noise: float


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one cell looks like under the microscope.

    Attributes:
        nucleus_diameter: Diameter of the disc of the nucleus' area, in micrometres.
        nuclear_share: Area of the nucleus over area of the cell, in (0, 1).
        clumping: 0 for fine, open chromatin, 1 for chromatin in dense blocks.
        nucleoli: Number of nucleoli that can be seen.
        irregularity: Relative amplitude of the nuclear contour's waves.
        cleft: Depth of the notch in the nuclear contour, as a share of its radius.
        vacuoles: Number of vacuoles in the cytoplasm.
        basophilia: Density of the cytoplasm, relative to 1.
        chromatin_density: Density of the nucleus, relative to 1.
    """

    nucleus_diameter: float
    nuclear_share: float
    clumping: float
    nucleoli: int
    irregularity: float
    cleft: float
    vacuoles: int = 0
    basophilia: float = 1.0
    chromatin_density: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PaintedCell:
    """A photograph and what is where in it.

    Attributes:
        image: Pixels, shape `(image_size, image_size, 3)`, 0 to 255, black outside the cell.
        nucleus: Whether each pixel is nucleus, shape `(image_size, image_size)`.
        cell: Whether each pixel is cell, shape `(image_size, image_size)`.
    """

    image: Image
    nucleus: NDArray[np.bool_]
    cell: NDArray[np.bool_]


def paint_cell(
    cell: Cell, smear: Smear, *, image_size: int, generator: np.random.Generator
) -> PaintedCell:
    """Paint a cell and photograph it.

    Args:
        cell: What the cell looks like.
        smear: How it was stained and photographed.
        image_size: Height and width of the photograph, in pixels.
        generator: Source of everything that `cell` leaves open: where the waves of the contour
            lie, the pattern of the chromatin, the noise.

    Returns:
        The photograph, with the cell in its middle, and its masks.
    """
    nucleus_radius = cell.nucleus_diameter / 2
    cell_radius = min(nucleus_radius / cell.nuclear_share**0.5, 0.45 * FIELD)
    slack = cell_radius - nucleus_radius
    distance = slack * generator.uniform(0.1, 0.75)
    heading = generator.uniform(0, 2 * np.pi)
    centre = (distance * np.cos(heading), distance * np.sin(heading))
    nucleus_edge = _nucleus_edge(cell, nucleus_radius, heading, generator)
    cell_edge = _cell_edge(cell_radius, nucleus_edge / np.float32(nucleus_radius), generator)
    body = depth_inside(cell_edge, (0.0, 0.0))
    # A nucleus lies inside its cell: the membrane is at most pressed against the cell's.
    nucleus = np.minimum(depth_inside(nucleus_edge, centre), body - np.float32(0.12))
    density = _chromatin(cell, nucleus, centre, generator)
    cytoplasm = _cytoplasm(cell, nucleus, centre, generator)
    return _photograph(
        density, cytoplasm, nucleus, body, smear, image_size=image_size, generator=generator
    )


def _cell_edge(radius: float, nucleus: Outline, generator: np.random.Generator) -> Outline:
    """Return the cell's radius by angle: a thin rim of cytoplasm follows the nucleus it covers."""
    edge = 1 + np.float32(0.8) * (nucleus - 1)
    edge += wave(0.03, range(2, 4), 1.0, generator) + wave(0.012, range(4, 9), 1.0, generator)
    if generator.random() < 0.25:  # a bleb, or a side pressed flat by a neighbour
        height = generator.uniform(-0.12, 0.14)
        edge = edge + notch(generator.uniform(0, 2 * np.pi), height, generator.uniform(0.15, 0.4))
    return edge * np.float32(radius)


def _nucleus_edge(
    cell: Cell, radius: float, heading: float, generator: np.random.Generator
) -> Outline:
    edge = 1 + wave(0.035, range(2, 3), 1.0, generator)
    edge = edge + wave(cell.irregularity, range(3, 9), 0.7, generator)
    # The cleft faces the wider cytoplasm, as the hof does.
    where = heading + np.pi + generator.normal(0, 0.5)
    edge = edge - notch(where, cell.cleft, generator.uniform(0.12, 0.3))
    # The waves change the area a little; the disc of the asked diameter fixes it.
    return edge * np.float32(radius / np.sqrt(np.mean(edge**2)))


def _chromatin(
    cell: Cell, depth: Plane, centre: tuple[float, float], generator: np.random.Generator
) -> Plane:
    """Return the chromatin's density at each point, about 1 in the nucleus."""
    clumping = np.float32(cell.clumping)
    # Blocks with sharp borders and channels between them, on a fine and a broad grain.
    blocks = np.tanh(2.2 * smooth_noise(1.25, generator) + 1.0 * smooth_noise(0.6, generator))
    fine = 0.6 * smooth_noise(0.4, generator) + 0.6 * smooth_noise(0.8, generator)
    texture = (0.005 + 0.115 * clumping) * blocks + (0.06 - 0.03 * clumping) * fine
    texture += 0.03 * smooth_noise(4.0, generator)
    radius = cell.nucleus_diameter / 2
    dome = np.sqrt(np.clip(depth / np.float32(radius), 0.02, 1))
    density = 0.90 + 0.10 * dome + texture + np.float32(0.06) * clumping
    spots = []
    for _ in range(cell.nucleoli):
        away, turn = radius * generator.uniform(0.1, 0.6), generator.uniform(0, 2 * np.pi)
        size = generator.uniform(0.45, 0.95)
        spots.append((centre[0] + away * np.cos(turn), centre[1] + away * np.sin(turn), size))
    if spots:
        ring = discs([(x, y, size + 0.3) for x, y, size in spots], softness=0.5)
        density = density + 0.07 * ring - 0.26 * discs(spots, softness=0.5)
    return density * np.float32(cell.chromatin_density)


def _cytoplasm(
    cell: Cell,
    nucleus: Plane,
    centre: tuple[float, float],
    generator: np.random.Generator,
) -> Plane:
    """Return the cytoplasm's density at each point, about 1."""
    hof = np.exp(-np.clip(-nucleus, 0, None) / np.float32(0.6))
    density = (
        1 - 0.08 * hof + 0.04 * smooth_noise(1.1, generator) + 0.04 * smooth_noise(4.0, generator)
    )
    spots = []
    across, down = -centre[0], -centre[1]
    away = max(np.hypot(across, down), 0.1)
    reach = cell.nucleus_diameter / 2
    for _ in range(cell.vacuoles):
        turn = np.arctan2(down, across) + generator.normal(0, 0.9)
        far = reach + generator.uniform(0.0, 0.3 + away)
        x, y = centre[0] + far * np.cos(turn), centre[1] + far * np.sin(turn)
        spots.append((x, y, generator.uniform(0.25, 0.5)))
    if spots:
        density = density * (1 - 0.3 * discs(spots, softness=0.3))
    return density * np.float32(cell.basophilia)


def _photograph(
    chromatin: Plane,
    cytoplasm: Plane,
    nucleus: Plane,
    body: Plane,
    smear: Smear,
    *,
    image_size: int,
    generator: np.random.Generator,
) -> PaintedCell:
    # The segmentation that cut the cell out follows its edge only about, and frays it.
    slip = np.float32(generator.normal(0, 0.04)) + 0.07 * smooth_noise(1.2, generator)
    slip = slip + 0.045 * smooth_noise(0.35, generator)
    cut = body + slip
    # The two dyes settle unevenly: bluer along the membranes, redder in patches within.
    blue = 0.9 * np.exp(-np.clip(nucleus, 0, None) / np.float32(0.6)) + 0.7 * smooth_noise(
        3.5, generator
    )
    stain = np.array(smear.nuclear_stain, np.float32)
    # Where there is more chromatin, red and green lose more light than blue does.
    varied = (chromatin - 1)[..., None] * (stain * np.array([1.1, 0.8, 0.42], np.float32))
    density = stain + varied + blue[..., None] * np.array([0.09, 0.035, 0.0], np.float32)
    inside = coverage(nucleus, 0.25)[..., None]
    around = cytoplasm[..., None] * np.array(smear.cytoplasmic_stain, np.float32)
    density = inside * density + (1 - inside) * around
    # What the segmentation cuts away is stained too: the cut shows no background but by the blur.
    density *= coverage(cut + np.float32(_MARGIN), 0.3)[..., None]
    pixels = np.exp(-density) * np.array(smear.light, np.float32)
    sharp = Pillow.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    blurred = sharp.filter(ImageFilter.GaussianBlur(smear.defocus * GRID / FIELD))
    side = max(1, round(image_size * FIELD / FRAME * smear.magnification))
    part = _part(cut, side)
    depth = _enlarged(cut, side, part)
    kept = depth > 0
    # The resampling of the cut image darkens its outermost pixels.
    fade = np.clip(depth / np.float32(0.08), 0.2, 1)[..., None]
    resized = np.asarray(_resized(blurred, side, part, Pillow.Resampling.BICUBIC), np.float32)
    grain = generator.standard_normal((*kept.shape, 1), dtype=np.float32) * np.float32(smear.noise)
    noisy = np.clip(resized * fade + grain, 1, 255).astype(np.uint8) * kept[..., None]
    return PaintedCell(
        image=_placed(noisy, image_size),
        nucleus=_placed((_enlarged(nucleus, side, part) > 0) & kept, image_size),
        cell=_placed(kept, image_size),
    )


def _part(inside: Plane, side: int) -> tuple[int, int]:
    """Return where, of `side` pixels, the middle square that holds the cell begins and ends."""
    found = np.flatnonzero((inside > 0).any(axis=0) | (inside > 0).any(axis=1))
    edge = min(int(found[0]), GRID - 1 - int(found[-1])) - 1 if found.size else GRID // 2 - 1
    begin = max(0, edge * side // GRID)
    return begin, side - begin


def _resized(picture: Pillow.Image, side: int, part: tuple[int, int], how: int) -> Pillow.Image:
    """Return a part of the picture as it is at `side` pixels, without the rest of it."""
    begin, end = (edge * GRID / side for edge in part)
    size = (part[1] - part[0],) * 2
    return picture.resize(size, Pillow.Resampling(how), box=(begin, begin, end, end))


def _enlarged(plane: Plane, side: int, part: tuple[int, int]) -> Plane:
    return np.asarray(_resized(Pillow.fromarray(plane), side, part, Pillow.Resampling.BILINEAR))


def _placed(picture: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the picture in the middle of an empty square of `size` pixels, cut where larger."""
    side = len(picture)
    cut, pad = max(0, (side - size) // 2), max(0, (size - side) // 2)
    kept = picture[cut : cut + size, cut : cut + size]
    canvas = np.zeros((size, size, *picture.shape[2:]), dtype=picture.dtype)
    canvas[pad : pad + len(kept), pad : pad + len(kept)] = kept
    return canvas
