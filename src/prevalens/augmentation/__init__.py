"""Which changes leave the diagnosis alone."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.augmentation import presets
    from prevalens.augmentation.appearance_operations import (
        Blur,
        Dust,
        Exposure,
        Gamma,
        Illumination,
        Jpeg,
        Noise,
        Stain,
        WhiteBalance,
    )
    from prevalens.augmentation.elastic import Elastic
    from prevalens.augmentation.geometric_operations import (
        Flip,
        QuarterTurn,
        Rotation,
        Shear,
        Shift,
        Zoom,
    )
    from prevalens.augmentation.host_augmentation import augment_on_host
    from prevalens.augmentation.policy import AugmentationPolicy
    from prevalens.augmentation.random_augmentation import RandomAugmentation
    from prevalens.augmentation.stain import estimate_stain_basis

__all__ = [
    "AugmentationPolicy",
    "Blur",
    "Dust",
    "Elastic",
    "Exposure",
    "Flip",
    "Gamma",
    "Illumination",
    "Jpeg",
    "Noise",
    "QuarterTurn",
    "RandomAugmentation",
    "Rotation",
    "Shear",
    "Shift",
    "Stain",
    "WhiteBalance",
    "Zoom",
    "augment_on_host",
    "estimate_stain_basis",
    "presets",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AugmentationPolicy": "policy",
        "Blur": "appearance_operations",
        "Dust": "appearance_operations",
        "Elastic": "elastic",
        "Exposure": "appearance_operations",
        "Flip": "geometric_operations",
        "Gamma": "appearance_operations",
        "Illumination": "appearance_operations",
        "Jpeg": "appearance_operations",
        "Noise": "appearance_operations",
        "QuarterTurn": "geometric_operations",
        "RandomAugmentation": "random_augmentation",
        "Rotation": "geometric_operations",
        "Shear": "geometric_operations",
        "Shift": "geometric_operations",
        "Stain": "appearance_operations",
        "WhiteBalance": "appearance_operations",
        "Zoom": "geometric_operations",
        "augment_on_host": "host_augmentation",
        "estimate_stain_basis": "stain",
        "presets": "presets",
    },
)
