"""What a frozen network sees of each image, and small heads on it."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.features.extraction import extract_features
    from prevalens.features.feature_head import (
        CrossFittedHead,
        FeatureHead,
        cross_fit_head,
        fit_head,
    )
    from prevalens.features.feature_store import FeatureStore
    from prevalens.features.image_features import ImageFeatures

__all__ = [
    "CrossFittedHead",
    "FeatureHead",
    "FeatureStore",
    "ImageFeatures",
    "cross_fit_head",
    "extract_features",
    "fit_head",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CrossFittedHead": "feature_head",
        "FeatureHead": "feature_head",
        "FeatureStore": "feature_store",
        "ImageFeatures": "image_features",
        "cross_fit_head": "feature_head",
        "extract_features": "extraction",
        "fit_head": "feature_head",
    },
)
