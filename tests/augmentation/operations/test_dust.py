"""Specks on the lens."""

import numpy as np
import pytest

from prevalens.augmentation import Dust
from prevalens.exceptions import InvalidInputError


def dusty(places: list[tuple[float, float]], n: int) -> np.ndarray:
    """Return a flat picture of 101x101 pixels of 100 under specks of a tenth of its width."""
    x, y = np.asarray(places, np.float32).T / 101
    values = {"x": x, "y": y, "radius": [10 / 101] * n, "darkness": [0.4] * n}
    sampled = {f"dust_{name}": np.asarray([v], np.float32) for name, v in values.items()}
    if n == 1:
        sampled = {name: values[:, 0] for name, values in sampled.items()}
    flat = np.full((1, 101, 101, 1), 100, np.float32)
    return np.asarray(Dust(specks=n).change(flat, sampled, xp=np))[0, ..., 0]


def test_dust_darkens_where_it_lies() -> None:
    """In the middle of a speck 40 % of the light go, at its radius half of that, far off none."""
    result = dusty([(50, 50)], 1)

    np.testing.assert_allclose(
        [result[50, 50], result[50, 60], result[0, 0]], [60, 80, 100], atol=0.01
    )


def test_specks_one_over_another_multiply() -> None:
    """Two at one place leave 0.6 * 0.6 of the light; the second one alone 0.6."""
    assert abs(dusty([(50, 50), (50, 50)], 2)[50, 50] - 36) < 0.01
    assert abs(dusty([(0, 0), (100, 90)], 2)[90, 100] - 60) < 0.01


def test_settings() -> None:
    """Places and sizes alone change nothing; no speck and no size are refused."""
    assert Dust(darkness=0).changes_nothing
    assert Dust(probability=0).changes_nothing
    with pytest.raises(InvalidInputError, match="`specks`"):
        Dust(specks=0)
    with pytest.raises(InvalidInputError, match="`radius`"):
        Dust(radius=0)
