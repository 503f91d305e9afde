"""Backbones by name, and classifiers on them."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

__all__ = []

__getattr__ = lazy_names(
    __name__,
    {},
)
