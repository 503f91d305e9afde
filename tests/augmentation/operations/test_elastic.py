"""Smooth displacements of cubic B-splines."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Elastic
from prevalens.augmentation.operations.elastic import GRID, displacements, spline_weights
from prevalens.exceptions import InvalidInputError, SaturationWarning


def test_equal_movements_move_everything_equally() -> None:
    """B-spline weights are a partition of 1, at the edges too."""
    field = displacements(np.full((1, GRID * GRID), 0.3, np.float32), height=9, width=13, xp=np)

    np.testing.assert_allclose(field, np.full((1, 9, 13), 0.3), rtol=1e-6)


def test_a_straight_slope_of_movements_is_kept() -> None:
    """Cubic B-splines reproduce lines: control point k at place k moves pixel x by its place."""
    movements = np.tile(np.arange(GRID, dtype=np.float32), (GRID, 1)).reshape(1, -1)
    field = displacements(movements, height=4, width=8, xp=np)
    places = (np.arange(8) + 0.5) / 8 * (GRID - 3) + 1

    np.testing.assert_allclose(field[0], np.tile(places, (4, 1)), rtol=1e-5)


def test_weights_of_one_pixel() -> None:
    """On a control point the weights are 1/6, 4/6, 1/6."""
    middle = spline_weights(1)[0]

    np.testing.assert_allclose(middle[2:5], [1 / 6, 4 / 6, 1 / 6], rtol=1e-6)


def test_what_may_fold_the_picture_warns() -> None:
    """Control points are 1/4 apart, so 0.12 is the limit; a negative strength is refused."""
    assert not Elastic(fraction=0.11).too_strong
    with pytest.warns(SaturationWarning, match="fold"):
        AugmentationPolicy([Elastic(fraction=0.2)])
    with pytest.raises(InvalidInputError, match="`fraction`"):
        Elastic(fraction=-0.1)
