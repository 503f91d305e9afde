"""Policies by modality, each with its reference; pure."""

from prevalens.augmentation.geometric_operations import Flip, Rotation, Shift
from prevalens.augmentation.policy import AugmentationPolicy


def brief() -> AugmentationPolicy:
    """Rotation, flip and shift: the three that the project's brief names."""
    return AugmentationPolicy(
        [Flip(), Rotation(degrees=20), Shift(fraction=0.1)],
        fill="nearest",
        name="brief",
        reference="Rotation, flipping and shifting as in the study design of this library's "
        "reference example, the C-NMC 2019 classifier.",
    )
