"""PyTorch's own interpolation gives the pictures of the gather."""

import importlib.util

import numpy as np
import pytest

from prevalens._optional import require
from prevalens.augmentation.resampling import resample
from prevalens.augmentation.torch_resampling import can_sample, sample_on_torch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "mirror"])
def test_fill_modes_mean_the_same(fill: str) -> None:
    """Places up to a picture beyond each edge, within a hundredth of a grey level of the gather."""
    torch = require("torch", extra="torch")
    rng = np.random.default_rng(4)
    images = rng.integers(0, 256, (3, 9, 12, 3)).astype(np.uint8)
    x = rng.uniform(-12, 23, (3, 9, 12)).astype(np.float32)
    y = rng.uniform(-9, 17, (3, 9, 12)).astype(np.float32)
    wanted = resample(images, x, y, fill=fill, fill_value=33.0, xp=np)
    result = sample_on_torch(
        *(torch.from_numpy(values) for values in (images, x, y)), fill=fill, fill_value=33.0
    )

    np.testing.assert_allclose(result.numpy(), wanted, atol=0.01)


def test_what_it_cannot_do_is_left_to_the_gather() -> None:
    """No "wrap", and no picture of one row."""
    assert not can_sample(np.zeros((1, 4, 4, 3)), "wrap")
    assert not can_sample(np.zeros((1, 1, 4, 3)), "mirror")
    assert can_sample(np.zeros((1, 4, 4, 3)), "mirror")
