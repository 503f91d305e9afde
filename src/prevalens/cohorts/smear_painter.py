"""Paints one cell of a stained smear, from numbers that say what it looks like.

Lengths are micrometres, angles radians. A cell is painted on a fixed grid of `GRID` x `GRID` points
over `FIELD` micrometres, as optical densities (Beer-Lambert), and only then photographed: blurred,
resized to the asked pixel size, cut out on black and given sensor noise. So the same cell looks the
same at any `image_size`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from prevalens.typing import Image

GRID = 160
FIELD = 20.0
FRAME = 25.6
_ANGLES = 512

Plane = NDArray[np.float32]  # (GRID, GRID)


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
    cell_edge = _cell_edge(cell_radius, generator)
    slack = cell_radius - nucleus_radius
    distance = slack * generator.uniform(0.1, 0.75)
    heading = generator.uniform(0, 2 * np.pi)
    centre = (distance * np.cos(heading), distance * np.sin(heading))
    nucleus_edge = _nucleus_edge(cell, nucleus_radius, heading, generator)
    body = _depth(cell_edge, (0.0, 0.0))
    # A nucleus lies inside its cell: the membrane is at most pressed against the cell's.
    nucleus = np.minimum(_depth(nucleus_edge, centre), body - np.float32(0.12))
    density = _chromatin(cell, nucleus, centre, generator)
    cytoplasm = _cytoplasm(cell, body, nucleus, centre, generator)
    return _photograph(
        density, cytoplasm, nucleus, body, smear, image_size=image_size, generator=generator
    )


@cache
def _grid() -> tuple[Plane, Plane]:
    steps = ((np.arange(GRID) + 0.5) / GRID - 0.5) * FIELD
    across, down = np.meshgrid(steps, steps)
    return across.astype(np.float32), down.astype(np.float32)


def _wave(
    amplitude: float, orders: range, fall: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    angles = np.arange(_ANGLES, dtype=np.float32) * np.float32(2 * np.pi / _ANGLES)
    wave = np.zeros(_ANGLES, dtype=np.float32)
    for order in orders:
        height = amplitude * generator.normal() * (orders[0] / order) ** fall
        wave += np.float32(height) * np.cos(order * angles + generator.uniform(0, 2 * np.pi))
    return wave


def _notch(where: float, depth: float, width: float) -> NDArray[np.float32]:
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    apart = (angles - where + np.pi) % (2 * np.pi) - np.pi
    return (depth * np.exp(-0.5 * (apart / width) ** 2)).astype(np.float32)


def _cell_edge(radius: float, generator: np.random.Generator) -> NDArray[np.float32]:
    edge = 1 + _wave(0.045, range(2, 4), 1.0, generator) + _wave(0.010, range(4, 9), 1.5, generator)
    if generator.random() < 0.25:  # a bleb, or a side pressed flat by a neighbour
        height = generator.uniform(-0.12, 0.14)
        edge = edge + _notch(generator.uniform(0, 2 * np.pi), height, generator.uniform(0.15, 0.4))
    return edge * np.float32(radius)


def _nucleus_edge(
    cell: Cell, radius: float, heading: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    edge = 1 + _wave(0.035, range(2, 3), 1.0, generator)
    edge = edge + _wave(cell.irregularity, range(3, 9), 0.7, generator)
    # The cleft faces the wider cytoplasm, as the hof does.
    where = heading + np.pi + generator.normal(0, 0.5)
    edge = edge - _notch(where, cell.cleft, generator.uniform(0.12, 0.3))
    # The waves change the area a little; the disc of the asked diameter fixes it.
    return edge * np.float32(radius / np.sqrt(np.mean(edge**2)))


def _depth(edge: NDArray[np.float32], centre: tuple[float, float]) -> Plane:
    """Return how far inside the edge each point lies, along its ray; negative outside."""
    across, down = _grid()
    x, y = across - np.float32(centre[0]), down - np.float32(centre[1])
    turn = np.arctan2(y, x) * np.float32(_ANGLES / (2 * np.pi))
    reach = np.take(edge, turn.astype(np.int32) % _ANGLES)
    return reach - np.sqrt(x * x + y * y)


def _cover(depth: Plane, softness: float) -> Plane:
    """Return the share of each point that is inside, with an edge of the given softness."""
    return np.clip(depth / np.float32(softness) + np.float32(0.5), 0, 1)


def _noise(size: float, generator: np.random.Generator) -> Plane:
    """Return smooth noise of about unit deviation with patches of `size` micrometres."""
    cells = max(3, round(FIELD / size))
    coarse = generator.standard_normal((cells, cells), dtype=np.float32)
    smooth = Pillow.fromarray(coarse).resize((GRID, GRID), Pillow.Resampling.BICUBIC)
    return np.asarray(smooth) * np.float32(1.35)


def _spots(centres: list[tuple[float, float, float]], *, softness: float) -> Plane:
    """Return discs `(x, y, radius)` as one plane of cover."""
    across, down = _grid()
    cover = np.zeros((GRID, GRID), dtype=np.float32)
    for x, y, radius in centres:
        away = np.hypot(across - np.float32(x), down - np.float32(y))
        np.maximum(cover, _cover(np.float32(radius) - away, softness), out=cover)
    return cover


def _chromatin(
    cell: Cell, depth: Plane, centre: tuple[float, float], generator: np.random.Generator
) -> Plane:
    """Return the nucleus' optical density, 0 outside."""
    clumping = np.float32(cell.clumping)
    # Blocks with sharp borders and channels between them, on a fine and a broad grain.
    blocks = np.tanh(2.2 * _noise(1.25, generator) + 1.0 * _noise(0.6, generator))
    fine = 0.6 * _noise(0.4, generator) + 0.6 * _noise(0.8, generator)
    texture = (0.02 + 0.21 * clumping) * blocks + (0.10 - 0.06 * clumping) * fine
    texture += 0.06 * _noise(4.0, generator)
    radius = cell.nucleus_diameter / 2
    dome = np.sqrt(np.clip(depth / np.float32(radius), 0.02, 1))
    rim = np.exp(-(((depth - np.float32(0.3)) / np.float32(0.3)) ** 2))
    density = (0.72 + 0.28 * dome) * (1 + texture) + (0.14 + 0.10 * clumping) * rim
    density += np.float32(0.16) * clumping
    spots = []
    for _ in range(cell.nucleoli):
        away, turn = radius * generator.uniform(0.1, 0.6), generator.uniform(0, 2 * np.pi)
        size = generator.uniform(0.45, 0.95)
        spots.append((centre[0] + away * np.cos(turn), centre[1] + away * np.sin(turn), size))
    if spots:
        ring = _spots([(x, y, size + 0.3) for x, y, size in spots], softness=0.5)
        density = density * (1 + 0.14 * ring) * (1 - 0.46 * _spots(spots, softness=0.5))
    return density * np.float32(cell.chromatin_density) * _cover(depth, 0.25)


def _cytoplasm(
    cell: Cell,
    body: Plane,
    nucleus: Plane,
    centre: tuple[float, float],
    generator: np.random.Generator,
) -> Plane:
    """Return the cytoplasm's optical density over the whole cell, 0 outside."""
    edge = np.exp(-np.clip(body, 0, None) / np.float32(0.9))
    membrane = np.exp(-(((body - np.float32(0.25)) / np.float32(0.22)) ** 2))
    hof = np.exp(-np.clip(-nucleus, 0, None) / np.float32(0.6))
    density = 0.62 + 0.38 * edge + 0.22 * membrane - 0.18 * hof
    density = density + 0.07 * _noise(1.1, generator) + 0.1 * _noise(4.0, generator)
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
        density = density * (1 - 0.7 * _spots(spots, softness=0.3))
    return density * np.float32(cell.basophilia) * _cover(body, 0.3)


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
    covered = _cover(nucleus, 0.25)
    # The two dyes settle unevenly: bluer along the membranes, redder in patches within.
    blue = 0.9 * np.exp(-np.clip(nucleus, 0, None) / np.float32(0.9)) + 0.3 * _noise(3.5, generator)
    hue = blue[..., None] * np.array([0.16, 0.04, -0.04], np.float32)
    density = chromatin[..., None] * (np.array(smear.nuclear_stain, np.float32) + hue)
    density = density + (cytoplasm * (1 - 0.75 * covered))[..., None] * np.array(
        smear.cytoplasmic_stain, np.float32
    )
    pixels = np.exp(-density) * np.array(smear.light, np.float32)
    sharp = Pillow.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    blurred = sharp.filter(ImageFilter.GaussianBlur(smear.defocus * GRID / FIELD))
    side = max(1, round(image_size * FIELD / FRAME * smear.magnification))
    resized = np.asarray(blurred.resize((side, side), Pillow.Resampling.BICUBIC), dtype=np.float32)
    # The segmentation that cut the cell out follows its edge only about, and mostly outside it.
    slip = np.float32(generator.normal(0.10, 0.08)) + 0.10 * _noise(2.0, generator)
    slip = slip + 0.03 * _noise(0.35, generator)
    kept = _enlarged(body + slip, side) > 0
    grain = generator.standard_normal((side, side, 1), dtype=np.float32) * np.float32(smear.noise)
    noisy = np.clip(resized + grain, 1, 255).astype(np.uint8) * kept[..., None]
    return PaintedCell(
        image=_centred(noisy, image_size),
        nucleus=_centred((_enlarged(nucleus, side) > 0) & kept, image_size),
        cell=_centred(kept, image_size),
    )


def _enlarged(plane: Plane, side: int) -> Plane:
    return np.asarray(Pillow.fromarray(plane).resize((side, side), Pillow.Resampling.BILINEAR))


def _centred(picture: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the picture in the middle of an empty square of `size` pixels, cut where larger."""
    side = len(picture)
    cut, pad = max(0, (side - size) // 2), max(0, (size - side) // 2)
    kept = picture[cut : cut + size, cut : cut + size]
    canvas = np.zeros((size, size, *picture.shape[2:]), dtype=picture.dtype)
    canvas[pad : pad + len(kept), pad : pad + len(kept)] = kept
    return canvas
