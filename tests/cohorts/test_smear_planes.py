"""Planes over the grid of a smear: areas, depths and deviations that a hand can compute."""

import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.cohorts.smear_planes import (
    FIELD,
    GRID,
    coverage,
    depth_inside,
    discs,
    notch,
    smooth_noise,
    wave,
)

POINT = (FIELD / GRID) ** 2  # square micrometres


def test_depth_in_a_disc_is_its_radius_less_the_distance() -> None:
    """Positive over the area of the disc, and deepest in its middle."""
    depth = depth_inside(np.full(512, 5, np.float32), (1.0, -2.0))

    assert (depth > 0).sum() * POINT == pytest.approx(np.pi * 25, rel=0.01)
    assert depth.max() == pytest.approx(5, abs=0.1)
    down, across = np.unravel_index(int(depth.argmax()), depth.shape)
    assert (across + 0.5) * FIELD / GRID - FIELD / 2 == pytest.approx(1, abs=0.13)
    assert (down + 0.5) * FIELD / GRID - FIELD / 2 == pytest.approx(-2, abs=0.13)


def test_coverage_is_half_on_the_edge() -> None:
    """From 0 outside to 1 inside over the softness."""
    found = coverage(np.array([-1, -0.1, 0, 0.1, 1], np.float32), 0.4)

    np.testing.assert_allclose(found, [0, 0.25, 0.5, 0.75, 1], atol=1e-6)


def test_discs_cover_their_area_once() -> None:
    """Two discs on one place count once, a third adds its own area."""
    found = discs([(0, 0, 2), (0, 0, 2), (6, 0, 1)], softness=0.2)

    assert found.max() == 1
    assert found.sum() * POINT == pytest.approx(np.pi * (4 + 1), rel=0.02)


def test_a_notch_is_deepest_where_it_is_put_also_across_the_seam() -> None:
    """At angle 0 both ends of the outline are in it."""
    found = notch(0.0, 0.3, 0.2)

    assert found[0] == pytest.approx(0.3)
    assert found[1] == pytest.approx(found[-1])
    assert found[256] < 1e-6


def test_a_wave_has_its_orders_alone() -> None:
    """Fourier: nothing but the asked orders, so the mean is 0."""
    spectrum = np.abs(np.fft.rfft(wave(0.1, range(3, 6), 1.0, generator(0, "test"))))

    assert set(np.flatnonzero(spectrum > 1e-3).tolist()) == {3, 4, 5}


@pytest.mark.parametrize("size", [0.4, 1.25])
def test_noise_has_about_unit_deviation_and_patches_of_its_size(size: float) -> None:
    """Neighbours one patch apart hardly agree, neighbours a tenth of it apart nearly do."""
    plane = np.stack([smooth_noise(size, generator(seed, "test")) for seed in range(8)])
    near, far = (max(1, round(size * share * GRID / FIELD)) for share in (0.1, 2))

    def agreement(step: int) -> float:
        return float(np.corrcoef(plane[..., step:].ravel(), plane[..., :-step].ravel())[0, 1])

    assert plane.std() == pytest.approx(1, abs=0.25)
    assert agreement(near) > 0.8
    assert abs(agreement(far)) < 0.15
