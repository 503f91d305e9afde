"""What one image is: decoding, fingerprints, a cache of pixels."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
