"""Planes of numbers over a smear's grid: outlines, depths, smooth noise, discs.

Lengths are micrometres, angles radians; the grid has `GRID` x `GRID` points over `FIELD`.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

GRID = 160
FIELD = 20.0
_ANGLES = 512

Plane = NDArray[np.float32]  # (GRID, GRID)
Outline = NDArray[np.float32]  # radius by angle, (_ANGLES,)


@cache
def grid() -> tuple[Plane, Plane]:
    """Return how far right and how far down of the middle each point lies."""
    steps = ((np.arange(GRID) + 0.5) / GRID - 0.5) * FIELD
    across, down = np.meshgrid(steps, steps)
    return across.astype(np.float32), down.astype(np.float32)


def wave(amplitude: float, orders: range, fall: float, generator: np.random.Generator) -> Outline:
    """Return a random wave of cosines of several orders, higher ones lower by the power `fall`."""
    angles = np.arange(_ANGLES, dtype=np.float32) * np.float32(2 * np.pi / _ANGLES)
    heights = np.zeros(_ANGLES, dtype=np.float32)
    for order in orders:
        height = amplitude * generator.normal() * (orders[0] / order) ** fall
        heights += np.float32(height) * np.cos(order * angles + generator.uniform(0, 2 * np.pi))
    return heights


def notch(where: float, depth: float, width: float) -> Outline:
    """Return a dent of this depth and width at one angle."""
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    apart = (angles - where + np.pi) % (2 * np.pi) - np.pi
    return (depth * np.exp(-0.5 * (apart / width) ** 2)).astype(np.float32)


def depth_inside(edge: Outline, centre: tuple[float, float]) -> Plane:
    """Return how far inside the edge each point lies, along its ray; negative outside."""
    across, down = grid()
    x, y = across - np.float32(centre[0]), down - np.float32(centre[1])
    turn = np.arctan2(y, x) * np.float32(_ANGLES / (2 * np.pi))
    reach = np.take(edge, turn.astype(np.int32) % _ANGLES)
    return reach - np.sqrt(x * x + y * y)


def coverage(depth: Plane, softness: float) -> Plane:
    """Return the share of each point that is inside, with an edge of the given softness."""
    return np.clip(depth / np.float32(softness) + np.float32(0.5), 0, 1)


def smooth_noise(size: float, generator: np.random.Generator) -> Plane:
    """Return smooth noise of about unit deviation with patches of `size` micrometres."""
    cells = max(3, round(FIELD / size))
    coarse = generator.standard_normal((cells, cells), dtype=np.float32)
    smooth = Pillow.fromarray(coarse).resize((GRID, GRID), Pillow.Resampling.BICUBIC)
    return np.asarray(smooth) * np.float32(1.35)


def discs(centres: list[tuple[float, float, float]], *, softness: float) -> Plane:
    """Return discs `(x, y, radius)` as one plane of cover."""
    across, down = grid()
    covered = np.zeros((GRID, GRID), dtype=np.float32)
    for x, y, radius in centres:
        away = np.hypot(across - np.float32(x), down - np.float32(y))
        np.maximum(covered, coverage(np.float32(radius) - away, softness), out=covered)
    return covered
