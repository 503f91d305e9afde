"""Where the model looked."""

from prevalens._lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
