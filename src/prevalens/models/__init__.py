"""Backbones by name, and classifiers on them."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.models.all_classifier import all_classifier
    from prevalens.models.classifier import create_classifier
    from prevalens.models.classifier_export import export_classifier
    from prevalens.models.classifier_file import (
        Answer,
        Classifier,
        ClassifierCard,
        load_classifier,
        save_classifier,
    )
    from prevalens.models.heads import output_bias
    from prevalens.models.logit_adjusted_loss import LogitAdjustedLoss
    from prevalens.models.registry import (
        Backbone,
        Preprocessing,
        backbone_names,
        find_backbone,
    )
    from prevalens.models.unfreezing import unfreeze

__all__ = [
    "Answer",
    "Backbone",
    "Classifier",
    "ClassifierCard",
    "LogitAdjustedLoss",
    "Preprocessing",
    "all_classifier",
    "backbone_names",
    "create_classifier",
    "export_classifier",
    "find_backbone",
    "load_classifier",
    "output_bias",
    "save_classifier",
    "unfreeze",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Answer": "classifier_file",
        "Backbone": "registry",
        "Classifier": "classifier_file",
        "ClassifierCard": "classifier_file",
        "LogitAdjustedLoss": "logit_adjusted_loss",
        "Preprocessing": "registry",
        "all_classifier": "all_classifier",
        "backbone_names": "registry",
        "create_classifier": "classifier",
        "export_classifier": "classifier_export",
        "find_backbone": "registry",
        "load_classifier": "classifier_file",
        "output_bias": "heads",
        "save_classifier": "classifier_file",
        "unfreeze": "unfreezing",
    },
)
