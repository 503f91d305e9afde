"""Which changes leave the diagnosis alone."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.augmentation import presets
    from prevalens.augmentation.host_augmentation import augment_on_host
    from prevalens.augmentation.operations.blur import Blur
    from prevalens.augmentation.operations.dust import Dust
    from prevalens.augmentation.operations.elastic import Elastic
    from prevalens.augmentation.operations.exposure import Exposure
    from prevalens.augmentation.operations.flip import Flip
    from prevalens.augmentation.operations.gamma import Gamma
    from prevalens.augmentation.operations.illumination import Illumination
    from prevalens.augmentation.operations.jpeg import Jpeg
    from prevalens.augmentation.operations.noise import Noise
    from prevalens.augmentation.operations.quarter_turn import QuarterTurn
    from prevalens.augmentation.operations.rotation import Rotation
    from prevalens.augmentation.operations.shear import Shear
    from prevalens.augmentation.operations.shift import Shift
    from prevalens.augmentation.operations.stain import Stain
    from prevalens.augmentation.operations.white_balance import WhiteBalance
    from prevalens.augmentation.operations.zoom import Zoom
    from prevalens.augmentation.policy import AugmentationPolicy
    from prevalens.augmentation.random_augmentation import RandomAugmentation
    from prevalens.augmentation.stain_basis import estimate_stain_basis

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
        "Blur": "operations.blur",
        "Dust": "operations.dust",
        "Elastic": "operations.elastic",
        "Exposure": "operations.exposure",
        "Flip": "operations.flip",
        "Gamma": "operations.gamma",
        "Illumination": "operations.illumination",
        "Jpeg": "operations.jpeg",
        "Noise": "operations.noise",
        "QuarterTurn": "operations.quarter_turn",
        "RandomAugmentation": "random_augmentation",
        "Rotation": "operations.rotation",
        "Shear": "operations.shear",
        "Shift": "operations.shift",
        "Stain": "operations.stain",
        "WhiteBalance": "operations.white_balance",
        "Zoom": "operations.zoom",
        "augment_on_host": "host_augmentation",
        "estimate_stain_basis": "stain_basis",
        "presets": "presets",
    },
)
