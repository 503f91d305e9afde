"""What the model sees in one epoch: classes balanced for training, every row for the rest.

Class weights depend on labels alone and live in `prevalens.cohorts`.
"""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.batches.combined_labels import label_combinations
    from prevalens.batches.image_dataset import ImageDataset
    from prevalens.batches.oversampled_dataset import OversampledDataset
    from prevalens.batches.oversampling import OversamplingPlan
    from prevalens.batches.sharding import join_shards
    from prevalens.batches.undersampled_dataset import UndersampledDataset
    from prevalens.batches.undersampling import UndersamplingPlan

__all__ = [
    "ImageDataset",
    "OversampledDataset",
    "OversamplingPlan",
    "UndersampledDataset",
    "UndersamplingPlan",
    "join_shards",
    "label_combinations",
]

__getattr__ = lazy_names(
    __name__,
    {
        "ImageDataset": "image_dataset",
        "OversampledDataset": "oversampled_dataset",
        "OversamplingPlan": "oversampling",
        "UndersampledDataset": "undersampled_dataset",
        "UndersamplingPlan": "undersampling",
        "join_shards": "sharding",
        "label_combinations": "combined_labels",
    },
)
