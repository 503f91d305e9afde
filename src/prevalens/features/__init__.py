"""What a frozen network sees of each image, and small heads on it."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
