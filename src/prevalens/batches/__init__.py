"""What the model sees in one epoch: undersampled for training, every row for the rest.

Class weights depend on labels alone and live in `prevalens.cohorts`.
"""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.batches.image_dataset import ImageDataset
    from prevalens.batches.sharding import join_shards
    from prevalens.batches.undersampled_dataset import UndersampledDataset
    from prevalens.batches.undersampling import UndersamplingPlan

__all__ = [
    "ImageDataset",
    "UndersampledDataset",
    "UndersamplingPlan",
    "join_shards",
]

__getattr__ = lazy_names(
    __name__,
    {
        "ImageDataset": "image_dataset",
        "UndersampledDataset": "undersampled_dataset",
        "UndersamplingPlan": "undersampling",
        "join_shards": "sharding",
    },
)
