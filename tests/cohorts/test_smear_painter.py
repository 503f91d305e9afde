"""One painted cell: its geometry, its colours, and that only its numbers decide them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from prevalens._seeding import generator
from prevalens.cohorts.smear_painter import FRAME, Cell, PaintedCell, Smear, paint_cell

SMEAR = Smear(
    nuclear_stain=(1.30, 2.15, 1.13),
    cytoplasmic_stain=(1.18, 1.72, 0.93),
    light=(236, 228, 232),
    magnification=1.0,
    defocus=0.15,
    noise=0.6,
)
CELL = Cell(
    nucleus_diameter=9.0,
    nuclear_share=0.6,
    clumping=0.3,
    nucleoli=0,
    irregularity=0.01,
    cleft=0.0,
)


def paint(cell: Cell = CELL, smear: Smear = SMEAR, size: int = 256, seed: int = 0) -> PaintedCell:
    """Paint one cell."""
    return paint_cell(cell, smear, image_size=size, generator=generator(seed, "test"))


def inner(drawn: PaintedCell) -> np.ndarray:
    """Return the pixels of the nucleus that lie off its edge, shape `(n_pixels, 3)`."""
    shrunk = Image.fromarray(drawn.nucleus).convert("L").filter(ImageFilter.MinFilter(15))
    return drawn.image[np.asarray(shrunk) > 0].astype(float)


@pytest.mark.parametrize("diameter", [7.0, 9.0, 12.0])
def test_the_nucleus_has_the_asked_area(diameter: float) -> None:
    """Its pixels cover pi d^2 / 4 square micrometres, within a tenth."""
    drawn = paint(replace(CELL, nucleus_diameter=diameter))
    pixel = FRAME / 256

    assert drawn.nucleus.sum() * pixel**2 == pytest.approx(np.pi * diameter**2 / 4, rel=0.1)


@pytest.mark.parametrize("share", [0.45, 0.6, 0.75])
def test_the_nucleus_takes_the_asked_share_of_the_cell(share: float) -> None:
    """Nucleus over cell is the asked share, within 15 %: the cut keeps a rim of background."""
    found = [paint(replace(CELL, nuclear_share=share), seed=k) for k in range(12)]
    shares = [drawn.nucleus.sum() / drawn.cell.sum() for drawn in found]

    assert np.mean(shares) == pytest.approx(share, rel=0.15)


CELLS = st.builds(
    Cell,
    nucleus_diameter=st.floats(5, 14),
    nuclear_share=st.floats(0.3, 0.95),
    clumping=st.floats(0, 1),
    nucleoli=st.integers(0, 4),
    irregularity=st.floats(0, 0.03),
    cleft=st.floats(0, 0.5),
    vacuoles=st.integers(0, 3),
)


@given(CELLS, st.floats(0.7, 1.6), st.integers(16, 96), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_any_cell_is_whole(cell: Cell, magnification: float, size: int, seed: int) -> None:
    """The image has its size, is black outside the cell and nowhere inside, nucleus in cell."""
    drawn = paint(cell, replace(SMEAR, magnification=magnification), size, seed)

    assert drawn.image.shape == (size, size, 3)
    assert drawn.image.dtype == np.uint8
    assert not drawn.image[~drawn.cell].any()
    assert drawn.image[drawn.cell].all()
    assert not (drawn.nucleus & ~drawn.cell).any()
    assert drawn.nucleus.any()


def test_the_nucleus_is_purple_and_darker_than_the_blue_cytoplasm() -> None:
    """Romanowsky: purple chromatin (green least), blue cytoplasm (blue most)."""
    drawn = paint()
    nucleus = drawn.image[drawn.nucleus].mean(axis=0)
    cytoplasm = drawn.image[drawn.cell & ~drawn.nucleus].mean(axis=0)

    assert nucleus[1] < nucleus[0] < nucleus[2]
    assert cytoplasm[2] > max(cytoplasm[0], cytoplasm[1])
    assert (nucleus < cytoplasm).all()


def test_magnification_enlarges_the_cell_and_nothing_else() -> None:
    """Twice the area at a magnification of the root of two."""
    small, large = paint(), paint(smear=replace(SMEAR, magnification=2**0.5))

    assert large.cell.sum() / small.cell.sum() == pytest.approx(2, rel=0.03)


def test_defocus_blurs() -> None:
    """A larger defocus leaves less difference between neighbouring pixels of the nucleus."""

    def roughness(defocus: float) -> float:
        drawn = paint(smear=replace(SMEAR, defocus=defocus, noise=0))
        steps = np.diff(drawn.image.astype(float).mean(axis=2), axis=1)
        return float(np.abs(steps[drawn.nucleus[:, 1:] & drawn.nucleus[:, :-1]]).mean())

    assert roughness(0.1) > 1.5 * roughness(0.5)


def test_nucleoli_are_light_spots_in_the_nucleus() -> None:
    """With nucleoli the lightest of the nucleus, off its edge, is lighter than without."""

    def lightest(nucleoli: int) -> float:
        light = []
        for seed in range(8):
            drawn = paint(replace(CELL, nucleoli=nucleoli, clumping=0), seed=seed)
            light.append(np.quantile(inner(drawn)[:, 1], 0.98))
        return float(np.mean(light))

    assert lightest(4) > 1.1 * lightest(0)


def test_clumped_chromatin_varies_more() -> None:
    """Dense blocks beside light channels: a larger spread of grey within the nucleus."""

    def spread(clumping: float) -> float:
        cell = replace(CELL, clumping=clumping)
        smear = replace(SMEAR, defocus=0.3, noise=0)
        found = [paint(cell, smear, seed=seed) for seed in range(6)]
        return float(np.mean([inner(drawn).mean(axis=1).std() for drawn in found]))

    assert spread(1.0) > 1.3 * spread(0.0)
