"""What a frozen network sees of each image, and small heads on it."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.features.cross_fitted_head import CrossFittedHead, cross_fit_head
    from prevalens.features.extraction import extract_features
    from prevalens.features.feature_head import FeatureHead, fit_head
    from prevalens.features.feature_store import FeatureStore
    from prevalens.features.image_features import ImageFeatures
    from prevalens.features.label_errors import LabelErrors, find_label_errors
    from prevalens.features.learning_curve import LearningCurve, compute_learning_curve
    from prevalens.features.similar_images import SimilarImages, find_similar_images

__all__ = [
    "CrossFittedHead",
    "FeatureHead",
    "FeatureStore",
    "ImageFeatures",
    "LabelErrors",
    "LearningCurve",
    "SimilarImages",
    "compute_learning_curve",
    "cross_fit_head",
    "extract_features",
    "find_label_errors",
    "find_similar_images",
    "fit_head",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CrossFittedHead": "cross_fitted_head",
        "FeatureHead": "feature_head",
        "FeatureStore": "feature_store",
        "ImageFeatures": "image_features",
        "LabelErrors": "label_errors",
        "LearningCurve": "learning_curve",
        "SimilarImages": "similar_images",
        "compute_learning_curve": "learning_curve",
        "cross_fit_head": "cross_fitted_head",
        "extract_features": "extraction",
        "find_label_errors": "label_errors",
        "find_similar_images": "similar_images",
        "fit_head": "feature_head",
    },
)
