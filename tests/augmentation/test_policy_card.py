"""A policy in a notebook: its operations, and copies of drawn pictures that differ."""

import numpy as np

from prevalens.augmentation import AugmentationPolicy, Flip, Rotation, presets
from prevalens.augmentation.policy_card import drawn_pictures


def test_the_drawn_pictures_show_every_turn() -> None:
    """No flip and no quarter turn leaves one as it is."""
    for picture in drawn_pictures():
        turns = [np.rot90(picture, k) for k in (1, 2, 3)]
        for changed in [picture[::-1], picture[:, ::-1], *turns]:
            assert not np.array_equal(changed, picture)


def test_a_policy_shows_its_sheet_and_its_operations() -> None:
    """Every preset, and a policy with a chance for each class."""
    for policy in (presets.blood_smear(), AugmentationPolicy([Flip(probability=(0.2, 0.9))])):
        page = policy._repr_html_()
        assert page.count("<img") == 1
        assert all(f">{operation.name}<" in page for operation in policy.operations)


def test_settings_are_told() -> None:
    """The range of an operation is there to be read."""
    assert "degrees=(-15.0, 15.0)" in AugmentationPolicy([Rotation(degrees=15)])._repr_html_()
