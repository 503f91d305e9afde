"""Which changes leave the diagnosis alone."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.augmentation.geometric_operations import (
        Flip,
        QuarterTurn,
        Rotation,
        Shear,
        Shift,
        Zoom,
    )
    from prevalens.augmentation.policy import AugmentationPolicy
    from prevalens.augmentation.random_augmentation import RandomAugmentation

__all__ = [
    "AugmentationPolicy",
    "Flip",
    "QuarterTurn",
    "RandomAugmentation",
    "Rotation",
    "Shear",
    "Shift",
    "Zoom",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AugmentationPolicy": "policy",
        "Flip": "geometric_operations",
        "QuarterTurn": "geometric_operations",
        "RandomAugmentation": "random_augmentation",
        "Rotation": "geometric_operations",
        "Shear": "geometric_operations",
        "Shift": "geometric_operations",
        "Zoom": "geometric_operations",
    },
)
