"""Backbones by name, and classifiers on them."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.models.auc_margin_loss import AucMarginLoss
    from prevalens.models.averaging import average_classifiers
    from prevalens.models.class_balanced_loss import ClassBalancedLoss
    from prevalens.models.classifier import create_classifier
    from prevalens.models.classifier_card import ClassifierCard
    from prevalens.models.classifier_export import export_classifier
    from prevalens.models.classifier_file import load_classifier, save_classifier
    from prevalens.models.focal_loss import FocalLoss
    from prevalens.models.leukaemia_classifier import all_classifier
    from prevalens.models.loaded_classifier import Classifier
    from prevalens.models.logit_adjusted_loss import LogitAdjustedLoss
    from prevalens.models.registry import Preprocessing, backbone_names
    from prevalens.models.unfreezing import unfreeze

__all__ = [
    "AucMarginLoss",
    "ClassBalancedLoss",
    "Classifier",
    "ClassifierCard",
    "FocalLoss",
    "LogitAdjustedLoss",
    "Preprocessing",
    "all_classifier",
    "average_classifiers",
    "backbone_names",
    "create_classifier",
    "export_classifier",
    "load_classifier",
    "save_classifier",
    "unfreeze",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AucMarginLoss": "auc_margin_loss",
        "ClassBalancedLoss": "class_balanced_loss",
        "Classifier": "loaded_classifier",
        "ClassifierCard": "classifier_card",
        "FocalLoss": "focal_loss",
        "LogitAdjustedLoss": "logit_adjusted_loss",
        "Preprocessing": "registry",
        "all_classifier": "leukaemia_classifier",
        "average_classifiers": "averaging",
        "backbone_names": "registry",
        "create_classifier": "classifier",
        "export_classifier": "classifier_export",
        "load_classifier": "classifier_file",
        "save_classifier": "classifier_file",
        "unfreeze": "unfreezing",
    },
)
