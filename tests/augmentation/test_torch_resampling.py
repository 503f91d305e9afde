"""PyTorch's own interpolation gives the pictures of the gather."""

import importlib.util

import numpy as np
import pytest

from prevalens._optional import require
from prevalens.augmentation import AugmentationPolicy, Elastic, Flip, Rotation, Shift, Zoom
from prevalens.augmentation.pipeline import movement_of, places_of
from prevalens.augmentation.resampling import resample
from prevalens.augmentation.torch_resampling import can_sample, sample_on_torch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "mirror"])
@pytest.mark.parametrize("bent", [True, False])
def test_fill_modes_mean_the_same(fill: str, bent: bool) -> None:
    """Strong turns, zooms, shifts and bends agree within a hundredth of a grey level."""
    torch = require("torch", extra="torch")
    images = np.random.default_rng(4).integers(0, 256, (6, 9, 12, 3)).astype(np.uint8)
    bend = [Elastic(fraction=0.1)] if bent else []
    policy = AugmentationPolicy(
        [Flip(), Rotation(degrees=180), Zoom(factor=3), Shift(fraction=0.4), *bend]
    )
    drawn = policy.draw(6, seed=2, epoch=0)
    places = places_of(policy.operations, drawn, height=9, width=12, xp=np)
    movement = movement_of(policy.operations, drawn, height=9, width=12, xp=np)
    assert places is not None
    assert movement is not None
    matrices, field = movement
    wanted = resample(images, *places, fill=fill, fill_value=33.0, xp=np)
    result = sample_on_torch(
        torch.from_numpy(images),
        torch.from_numpy(matrices),
        None if field is None else tuple(torch.from_numpy(values) for values in field),
        fill=fill,
        fill_value=33.0,
    )

    np.testing.assert_allclose(result.numpy(), wanted, atol=0.02)


def test_what_it_cannot_do_is_left_to_the_gather() -> None:
    """No "wrap", and no picture of one row."""
    assert not can_sample(np.zeros((1, 4, 4, 3)), "wrap")
    assert not can_sample(np.zeros((1, 1, 4, 3)), "mirror")
    assert can_sample(np.zeros((1, 4, 4, 3)), "mirror")
