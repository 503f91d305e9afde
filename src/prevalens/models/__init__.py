"""Backbones by name, and classifiers on them."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.models.all_classifier import all_classifier
    from prevalens.models.classifier import create_classifier
    from prevalens.models.heads import output_bias
    from prevalens.models.registry import (
        Backbone,
        Preprocessing,
        backbone_names,
        find_backbone,
    )

__all__ = [
    "Backbone",
    "Preprocessing",
    "all_classifier",
    "backbone_names",
    "create_classifier",
    "find_backbone",
    "output_bias",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Backbone": "registry",
        "Preprocessing": "registry",
        "all_classifier": "all_classifier",
        "backbone_names": "registry",
        "create_classifier": "classifier",
        "find_backbone": "registry",
        "output_bias": "heads",
    },
)
