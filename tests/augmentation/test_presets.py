"""The named policies."""

import pytest

from prevalens.augmentation import AugmentationPolicy, presets


@pytest.mark.parametrize("name", ["brief", "blood_smear", "histology", "chest_xray"])
def test_each_preset_names_itself_and_its_reference(name: str) -> None:
    """A report can cite what was done; the record comes back equal."""
    policy = getattr(presets, name)()

    assert policy.name == name
    assert len(policy.reference) > 20
    assert AugmentationPolicy.from_dict(policy.to_dict()) == policy


def test_the_brief_names_three() -> None:
    """Rotation, flip and shift, and nothing else."""
    assert {each.name for each in presets.brief().operations} == {"rotation", "flip", "shift"}


def test_an_xray_is_never_mirrored() -> None:
    """A flip or a quarter turn would put the heart elsewhere."""
    names = presets.chest_xray().by_name

    assert not {"flip", "quarter_turn"} & names.keys()
