"""Classify imbalanced medical images with Keras 3, and report what holds for new patients.

The stages, in the order data flows; each is imported on first use, so that
`import prevalens` stays light and loads no Keras:

- `prevalens.images`: what one image is.
- `prevalens.cohorts`: who is in the study.
- `prevalens.splits`: who is trained on, and who is held out.
- `prevalens.batches`: what the model sees in one epoch.
- `prevalens.augmentation`: which changes leave the diagnosis alone.
- `prevalens.models`: backbones by name.
- `prevalens.features`: what a frozen network sees of an image.
- `prevalens.callbacks`: what happens between epochs.
- `prevalens.predictions`: what the model said.
- `prevalens.explanations`: where it looked.
- `prevalens.decisions`: when to call it disease.
- `prevalens.metrics`: numbers from labels and scores.
- `prevalens.reports`: what a reader of the study gets.
- `prevalens.studies`: a whole study from the pieces above.
"""

from typing import TYPE_CHECKING

from prevalens._keras_registration import register_with_keras
from prevalens._lazy import root_name

if TYPE_CHECKING:
    from prevalens import (
        augmentation,
        batches,
        callbacks,
        cohorts,
        decisions,
        explanations,
        features,
        images,
        metrics,
        models,
        predictions,
        reports,
        splits,
        studies,
    )
    from prevalens._versions import show_versions, versions

    __version__: str

__all__ = [
    "__version__",
    "augmentation",
    "batches",
    "callbacks",
    "cohorts",
    "decisions",
    "explanations",
    "features",
    "images",
    "metrics",
    "models",
    "predictions",
    "reports",
    "show_versions",
    "splits",
    "studies",
    "versions",
]

# So that a saved model is read whichever stage was imported first.
register_with_keras()


def __getattr__(name: str) -> object:
    return root_name(name)


def __dir__() -> list[str]:
    return sorted(__all__)
