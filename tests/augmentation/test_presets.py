"""The named policies."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, augment_on_host, presets


@pytest.mark.parametrize("name", presets.PRESETS)
def test_each_preset_names_itself_and_its_reference(name: str) -> None:
    """A report can cite what was done; the record comes back equal."""
    policy = getattr(presets, name)()

    assert policy.name == name
    assert len(policy.reference) > 20
    assert AugmentationPolicy.from_dict(policy.to_dict()) == policy


def test_the_brief_names_three() -> None:
    """Rotation, flip and shift, and nothing else."""
    assert {each.name for each in presets.flip_rotate_shift().operations} == {
        "rotation",
        "flip",
        "shift",
    }


def test_an_xray_is_never_mirrored() -> None:
    """A flip or a quarter turn would put the heart elsewhere."""
    names = presets.chest_xray().by_name

    assert not {"flip", "quarter_turn"} & names.keys()


def test_the_black_ground_of_cut_out_cells_stays_black() -> None:
    """Around a grey square on black, far beyond its reach, every pixel of 20 copies is 0."""
    image = np.zeros((1, 64, 64, 3), np.uint8)
    image[:, 26:38, 26:38] = (150, 110, 160)
    policy = presets.blood_smear(cut_out=True)
    copies = np.repeat(image, 20, axis=0)
    changed = augment_on_host(policy, copies, policy.draw(20, seed=0, epoch=0))
    y, x = np.mgrid[:64, :64] - 31.5

    assert (changed[:, np.hypot(x, y) > 26] == 0).all()
    assert (changed[:, 31, 31] > 50).all()
